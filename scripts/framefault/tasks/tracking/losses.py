"""What FairMOT learns: centres, boxes and identities, weighed by their uncertainty."""

import math

import torch
import torch.nn.functional as F
from torch import nn

from framefault.tasks.tracking.heatmaps import STRIDE

OVERLAP = 0.7  # IoU that a box moved by the Gaussian's radius still has


class TrackingLoss(nn.Module):
    """FairMOT's loss. Its own parameters are trained along and are no part of the network.

    Called with a network's maps and the objects (N, M, 5) of the pictures: identity, a number from
    0, and x1 y1 x2 y2 in pixels of the input; rows of identity -1 are empty. Gives the loss, and
    of each object whether its identity was told right. `size_weight` is that of the boxes' sides,
    in cells, and `uncertainty` that of detection and of identity before training, as logarithms;
    FairMOT's own values are those for large pictures and long trainings.
    """

    def __init__(self, features, identities, size_weight=0.1, uncertainty=(-1.85, -1.05)):
        super().__init__()
        self.size_weight = size_weight
        self.classifier = nn.Linear(features, identities)
        # FairMOT counts identities from 1 and one too many: its ln(count - 1) is defined for one.
        self.scale = math.sqrt(2) * math.log(identities + 1)
        self.detection, self.identity = (
            nn.Parameter(torch.tensor(float(value))) for value in uncertainty
        )

    def forward(self, maps, objects):
        picture, slot = (objects[..., 0] >= 0).nonzero(as_tuple=True)
        identities = objects[picture, slot, 0].long()
        boxes = objects[picture, slot, 1:] / STRIDE
        height, width = maps["hm"].shape[-2:]
        centres = (boxes[:, :2] + boxes[:, 2:]) / 2
        # An object whose centre is outside is learned at the nearest cell.
        centres = centres.clamp(boxes.new_zeros(2), boxes.new_tensor([width - 1, height - 1]))
        cells = centres.floor()
        heat = heat_maps(picture, cells, boxes, maps["hm"].shape)
        cell = (cells[:, 1] * width + cells[:, 0]).long()
        sizes, offsets, features = (
            maps[head].float().flatten(2)[picture, :, cell] for head in ("wh", "reg", "id")
        )
        ways = torch.cat([centres - boxes[:, :2], boxes[:, 2:] - centres], 1)
        if sizes.shape[1] == 2:
            ways = boxes[:, 2:] - boxes[:, :2]
        detection = (
            focal(maps["hm"], heat) + mean_distance(offsets, centres - cells)
            + self.size_weight * mean_distance(sizes, ways)
        )  # fmt: skip
        logits = self.classifier(self.scale * F.normalize(features))
        identity = F.cross_entropy(logits, identities, reduction="sum") / max(1, len(identities))
        loss = (-self.detection).exp() * detection + (-self.identity).exp() * identity
        loss = (loss + self.detection + self.identity) / 2
        return loss, logits.argmax(1) == identities


def focal(logits, heat):
    """CenterNet's focal loss of centres (N, 1, H, W), per object."""
    p = logits.float().sigmoid().clamp(1e-4, 1 - 1e-4)
    centre = heat == 1
    hit = p.log() * (1 - p) ** 2 * centre
    miss = (1 - p).log() * p**2 * (1 - heat) ** 4
    return -(hit + miss).sum() / centre.sum().clamp(min=1)


def mean_distance(found, wanted):
    """Mean absolute difference, 0 where there is nothing."""
    return F.l1_loss(found, wanted, reduction="sum") / max(1, wanted.numel())


def heat_maps(picture, cells, boxes, shape):
    """CenterNet's targets (N, 1, H, W): 1 in the cell of a centre, a Gaussian around it.

    Of each object: its picture (P), the cell x y (P, 2) of its centre, its box (P, 4) in cells.
    """
    count, _, height, width = shape
    w, h = (boxes[:, 2:] - boxes[:, :2]).ceil().unbind(1)
    radius = reach(w, h)[:, None, None]
    across = (torch.arange(width, device=boxes.device) - cells[:, :1])[:, None, :]
    down = (torch.arange(height, device=boxes.device) - cells[:, 1:])[:, :, None]
    bells = torch.exp(-(across**2 + down**2) / (2 * ((2 * radius + 1) / 6) ** 2))
    bells = bells * (across.abs() <= radius) * (down.abs() <= radius)
    heat = torch.zeros(count, height, width, device=boxes.device)
    return heat.scatter_reduce(0, picture[:, None, None].expand_as(bells), bells, "amax")[:, None]


def reach(width, height):
    """CenterNet's radius of the Gaussian of a box, in whole cells.

    Of its three cases the least, which is always the last.
    """
    half, area = OVERLAP * (width + height), width * height
    root = (4 * half**2 + 16 * OVERLAP * (1 - OVERLAP) * area).sqrt()
    return ((root - 2 * half) / 2).floor()
