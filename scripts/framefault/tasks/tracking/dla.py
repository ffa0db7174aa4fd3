"""DLA-34 with deformable convolutions, FairMOT's backbone.

Names and shapes of the parameters are FairMOT's, so that its published weights load strictly.
"""

import importlib

import torch
from torch import nn
from torchvision.ops import deform_conv2d

from framefault.errors import UserError
from framefault.tasks.tracking.heads import Network

CHANNELS = (64, 128, 256, 512)  # at strides 4, 8, 16 and 32


class DeformableConv(nn.Module):
    """3x3 convolution whose taps are moved and weighted by the input (DCNv2)."""

    def __init__(self, inputs, outputs):
        super().__init__()
        plain = nn.Conv2d(inputs, outputs, 3)
        self.weight, self.bias = plain.weight, nn.Parameter(torch.zeros_like(plain.bias))
        self.conv_offset_mask = nn.Conv2d(inputs, 27, 3, padding=1)
        for parameter in self.conv_offset_mask.parameters():
            nn.init.zeros_(parameter)

    def forward(self, x):
        # The way of each of the nine taps, down and right, and then their weights.
        offsets, weights = self.conv_offset_mask(x).split([18, 9], 1)
        return deform_conv2d(x, offsets, self.weight, self.bias, padding=1, mask=weights.sigmoid())


class DeformableLayer(nn.Module):
    """Deformable convolution, batch normalisation, ReLU."""

    def __init__(self, inputs, outputs):
        super().__init__()
        self.actf = nn.Sequential(nn.BatchNorm2d(outputs), nn.ReLU(inplace=True))
        self.conv = DeformableConv(inputs, outputs)

    def forward(self, x):
        return self.actf(self.conv(x))


class Aggregation(nn.Module):
    """Maps of several sizes, finest first, each merged into the one before it (IDA).

    `strides` are relative to the first map. Gives the maps, of one size now: the last holds all.
    """

    def __init__(self, inputs, outputs, strides):
        super().__init__()
        for number, (channels, stride) in enumerate(zip(inputs, strides, strict=True), 1):
            setattr(self, f"proj_{number}", DeformableLayer(channels, outputs))
            setattr(self, f"up_{number}", bilinear(outputs, stride))
            setattr(self, f"node_{number}", DeformableLayer(outputs, outputs))

    def forward(self, maps):
        merged = [maps[0]]
        for number, each in enumerate(maps[1:], 1):
            project, enlarge, node = (
                getattr(self, f"{part}_{number}") for part in ("proj", "up", "node")
            )
            merged.append(node(enlarge(project(each)) + merged[-1]))
        return merged


def bilinear(channels, factor):
    """Enlarges each channel for itself; trained from bilinear interpolation on."""
    layer = nn.ConvTranspose2d(
        channels, channels, 2 * factor, factor, factor // 2, groups=channels, bias=False
    )
    slope = 1 - (torch.arange(2 * factor) - factor + 0.5).abs() / factor
    with torch.no_grad():
        layer.weight.copy_((slope[:, None] * slope).expand_as(layer.weight))
    return layer


class IterativeAggregation(nn.Module):
    """Aggregates the coarsest two, three and four maps. Gives four maps, finest first."""

    def __init__(self):
        super().__init__()
        for number, first in enumerate((2, 1, 0)):
            # After the rounds before, all coarser maps are like the first of these.
            coarser = [CHANNELS[first + 1]] * (3 - first)
            setattr(self, f"ida_{number}", Aggregation(coarser, CHANNELS[first], [2] * (3 - first)))

    def forward(self, maps):
        maps, finest = list(maps), [maps[-1]]
        for number, first in enumerate((2, 1, 0)):
            maps[first:] = getattr(self, f"ida_{number}")(maps[first:])
            finest.insert(0, maps[-1])
        return finest


class DLA34(Network):
    """FairMOT's network: heads of 256 channels on DLA-34."""

    def __init__(self, sizes=4, identity=128):
        super().__init__(CHANNELS[0], 256, sizes, identity)
        self.base = base()
        self.dla_up = IterativeAggregation()
        self.ida_up = Aggregation(CHANNELS[1:3], CHANNELS[0], [2, 4])

    def features(self, x):
        maps = self.base.forward_intermediates(x, len(CHANNELS), intermediates_only=True)
        return self.ida_up(self.dla_up(maps)[:3])[-1]


def base():
    """timm's DLA-34, with what published weights hold beside what they use."""
    try:
        timm = importlib.import_module("timm")
    except ImportError as error:
        raise UserError(
            "FairMOT's backbone dla34 needs timm; install it with: pip install -r envs/models.txt"
        ) from error
    network = timm.create_model("dla34")
    for level, inputs, outputs in (("level3", 64, 128), ("level4", 128, 256)):
        project = nn.Sequential(nn.Conv2d(inputs, outputs, 1, bias=False), nn.BatchNorm2d(outputs))
        getattr(network, level).project = project
    return network
