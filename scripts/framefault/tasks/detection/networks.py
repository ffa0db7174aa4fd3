"""Faster R-CNN of torchvision, and a small one for data sets made at run time."""

from collections import OrderedDict

import torch
from torch import nn
from torchvision.models.detection import FasterRCNN
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.backbone_utils import resnet_fpn_backbone
from torchvision.models.detection.faster_rcnn import FastRCNNPredictor, TwoMLPHead
from torchvision.models.detection.transform import resize_boxes
from torchvision.ops import Conv2dNormActivation, MultiScaleRoIAlign

from framefault.training.weights import load_strictly

HIDDEN, POOLED = 128, 5  # of the small network's second stage: units, and cells of a region
BODY, LAST = "backbone.body.", "roi_heads.box_predictor."


class Detector(FasterRCNN):
    """Faster R-CNN as the training loop needs it.

    In evaluation it is torchvision's. In training, calling it gives what the backbone sees, and
    `losses` takes that and the targets: the backbone may compute in bfloat16, but boxes may not,
    which would round them to several pixels.
    """

    def forward(self, pictures):
        if not self.training:
            return super().forward(pictures)
        sizes = [picture.shape[-2:] for picture in pictures]
        images, _ = self.transform(pictures)
        features = self.backbone(images.tensors)
        if isinstance(features, torch.Tensor):
            features = {"0": features}
        return sizes, images, OrderedDict((name, each.float()) for name, each in features.items())

    def losses(self, seen, targets):
        """{name: loss} of `seen`, the outputs for some pictures.

        A target is {boxes: float (n, 4), x1 y1 x2 y2 in pixels of its picture, labels: int64 (n,),
        from 1}.
        """
        sizes, images, features = seen
        scaled = [
            {"boxes": resize_boxes(target["boxes"], old, new), "labels": target["labels"]}
            for target, old, new in zip(targets, sizes, images.image_sizes, strict=True)
        ]
        proposals, first = self.rpn(images, features, scaled)
        _, second = self.roi_heads(features, proposals, images.image_sizes, scaled)
        return first | second


def build(network, classes):
    """An untrained detector of so many classes; it adds the background.

    `network` is {name: resnet50} or {name: resnet101}, or {name: small, width}, which is for
    pictures of about 96x72 pixels. Pictures are floats (3, H, W) from 0 to 1.

    The paper trains with maskrcnn-benchmark and names neither C4 nor FPN for ResNet-50: these are
    FPN, the only one there is for ResNet-101. torchvision's ResNets have the stride of a block in
    the 3x3 convolution and see RGB from 0 to 1; those of maskrcnn-benchmark have it in the 1x1
    convolution and see BGR from 0 to 255. As there, batch normalisation is frozen, and so are the
    stem and the first of four stages.
    """
    if network["name"] == "small":
        return small(classes, network["width"])
    backbone = resnet_fpn_backbone(backbone_name=network["name"], weights=None, trainable_layers=3)
    return Detector(backbone, classes + 1)


def small(classes, width):
    """Five convolutions down to an eighth of the picture, then Faster R-CNN's two stages."""
    channels, strides = (3, width, 2 * width, 2 * width, 4 * width, 4 * width), (2, 2, 1, 2, 1)
    backbone = nn.Sequential(
        *(Conv2dNormActivation(*channels[i : i + 2], 3, strides[i]) for i in range(len(strides)))
    )
    backbone.out_channels = channels[-1]
    return Detector(
        backbone,
        min_size=72,
        max_size=128,
        size_divisible=8,
        rpn_anchor_generator=AnchorGenerator(((28, 40, 56),), ((1.0,),)),
        rpn_batch_size_per_image=64,
        rpn_pre_nms_top_n_train=200,
        rpn_pre_nms_top_n_test=100,
        rpn_post_nms_top_n_train=100,
        rpn_post_nms_top_n_test=50,
        box_roi_pool=MultiScaleRoIAlign(["0"], POOLED, 1),
        box_head=TwoMLPHead(channels[-1] * POOLED**2, HIDDEN),
        box_predictor=FastRCNNPredictor(HIDDEN, classes + 1),
        box_batch_size_per_image=16,
    )


def start_from(model, state, path):
    """Load the weights `state` of the file `path`: a detector's, or a classifier's of its backbone.

    Of a detector, the last layers may differ in the number of classes; a classifier's last layer
    is left out. Raises UserError for weights that do not fit.
    """
    own = model.state_dict()
    if any(name.startswith(LAST) for name in state):
        differing = {
            name: tensor
            for name, tensor in own.items()
            if name.startswith(LAST) and name in state and tensor.shape != state[name].shape
        }
        state = state | differing
    else:
        # Frozen normalisation counts no batches.
        body = {
            f"{BODY}{name}": tensor
            for name, tensor in state.items()
            if not name.startswith("fc.") and not name.endswith("num_batches_tracked")
        }
        rest = {name: tensor for name, tensor in own.items() if not name.startswith(BODY)}
        state = rest | body
    load_strictly(model, state, path)
