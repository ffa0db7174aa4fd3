"""FairMOT's network, and a small one with the same heads for data sets made at run time."""

import torch.nn.functional as F
from torch import nn
from torchvision.models.resnet import BasicBlock
from torchvision.ops import Conv2dNormActivation

from framefault.tasks.tracking.heads import Network
from framefault.training.weights import load_strictly


class Small(Network):
    """Residual blocks at strides 8 and 16, added to a map at stride 4."""

    def __init__(self, width, sizes=4, identity=32):
        super().__init__(2 * width, width, sizes, identity)
        self.stem = Conv2dNormActivation(3, width, 5, 2)
        self.fine = Conv2dNormActivation(width, 2 * width, 3, 2)
        self.middle = stage(2 * width, 4 * width, 1)
        self.coarse = stage(4 * width, 6 * width, 2)
        self.from_coarse = Conv2dNormActivation(6 * width, 4 * width, 1)
        self.from_middle = Conv2dNormActivation(4 * width, 2 * width, 1)
        self.merge = Conv2dNormActivation(2 * width, 2 * width, 3)

    def features(self, x):
        fine = self.fine(self.stem(x))
        middle = self.middle(fine)
        middle = middle + enlarged(self.from_coarse(self.coarse(middle)))
        return self.merge(fine + enlarged(self.from_middle(middle)))


def stage(inputs, outputs, blocks):
    """Half the size, then residual blocks."""
    blocks = [BasicBlock(outputs, outputs) for _ in range(blocks)]
    return nn.Sequential(Conv2dNormActivation(inputs, outputs, 3, 2), *blocks)


def enlarged(x):
    return F.interpolate(x, scale_factor=2)


def build(network, state=None, path=None):
    """The network that the settings ask for, with the weights `state` of the file `path`, if any.

    `network` is {backbone: small, width, identity} or {backbone: dla34}. The sizes of the heads
    for boxes and identity are those of the state: published weights have several. Raises UserError
    for weights that do not fit.
    """
    sizes, identity = heads_of(state or {}, network.get("identity", 128))
    if network["backbone"] == "dla34":
        from framefault.tasks.tracking.dla import DLA34

        model = DLA34(sizes, identity)
    else:
        model = Small(network["width"], sizes, identity)
    if state is not None:
        # Old files lack the counters of batch normalisation, which nothing here reads.
        counters = {
            name: tensor
            for name, tensor in model.state_dict().items()
            if name.endswith("num_batches_tracked")
        }
        load_strictly(model, counters | state, path)
    return model


def heads_of(state, identity):
    """Channels of wh and id in a state, else 4 and `identity`."""
    sizes, features = (
        state[f"{head}.2.bias"].numel() if f"{head}.2.bias" in state else None
        for head in ("wh", "id")
    )
    return sizes if sizes == 2 else 4, features or identity
