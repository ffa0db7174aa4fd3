"""What FairMOT asks of every cell of a map: is here an object's centre, how large, where, who?"""

from torch import nn

HEADS = ("hm", "wh", "id", "reg")
RARE = -2.19  # logit of a centre before training: one cell in ten


class Network(nn.Module):
    """FairMOT's four heads on the `features` that a subclass makes of pictures.

    Input: float (N, 3, H, W), 0 to 1, sides multiples of 32. Output: maps (N, channels, H / 4,
    W / 4): hm, logits of centres; wh, the ways from the centre to left, top, right and bottom, or
    width and height; id, features of identity; reg, the centre's place in its cell.
    """

    def __init__(self, channels, hidden, sizes, identity):
        super().__init__()
        for name, outputs in zip(HEADS, (1, sizes, identity, 2), strict=True):
            setattr(self, name, head(channels, hidden, outputs))
        nn.init.constant_(self.hm[2].bias, RARE)

    def forward(self, x):
        x = self.features(x)
        return {name: getattr(self, name)(x) for name in HEADS}


def head(channels, hidden, outputs):
    layers = nn.Sequential(
        nn.Conv2d(channels, hidden, 3, padding=1),
        nn.ReLU(inplace=True),
        nn.Conv2d(hidden, outputs, 1),
    )
    for layer in (layers[0], layers[2]):
        nn.init.zeros_(layer.bias)
    return layers
