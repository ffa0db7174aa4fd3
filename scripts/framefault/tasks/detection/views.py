"""Pictures with boxes, as detectors are trained on them."""

import numpy as np
import torch
from torch import nn

from framefault.seeds import rng


class TrainingPictures:
    """Pictures, some of them flipped; every draw is keyed by (model, picture, epoch).

    An epoch sees all pictures once, or as many random batches as the recipe's `batches` says.
    """

    memory_format = torch.channels_last

    def __init__(self, pictures, recipe, key):
        self.pictures, self.key, self.flip = pictures, key, recipe["flip"]
        self.batch_size, self.most = recipe["batch_size"], recipe.get("batches")

    def batches(self, epoch):
        """Positions of each batch of an epoch."""
        order = rng("order", *self.key, epoch).permutation(len(self.pictures))
        starts = range(0, len(order), self.batch_size)[: self.most]
        return [order[start : start + self.batch_size] for start in starts]

    def collect(self, epoch, batch):
        """One batch: uint8 pictures (H, W, 3), and targets as of `Detector.losses`."""
        views, targets = [], []
        for index in batch:
            pixels, boxes, labels = self.pictures.open(index)
            if rng("view", *self.key, epoch, int(index)).random() < self.flip:
                pixels, boxes = flipped(pixels, boxes)
            views.append(torch.from_numpy(np.array(pixels)))
            # Class 0 of a detector is the background.
            targets.append({"boxes": torch.tensor(boxes), "labels": torch.tensor(labels) + 1})
        return views, targets

    def as_input(self, views):
        return [as_picture(pixels) for pixels in views]

    def normalise(self, pictures):
        return pictures  # the network does it


def flipped(pixels, boxes):
    """A picture and its boxes, left and right exchanged."""
    x1, y1, x2, y2 = boxes.T
    width = pixels.shape[1]
    return pixels[:, ::-1], np.stack([width - x2, y1, width - x1, y2], axis=1)


def as_picture(pixels):
    """Float (3, H, W) from 0 to 1, of uint8 pixels (H, W, 3)."""
    return pixels.permute(2, 0, 1).float() / 255


class DetectionLoss(nn.Module):
    """The sum of a detector's losses; it does not tell how often a class was right."""

    def __init__(self, model):
        super().__init__()
        self.losses = model.losses

    def forward(self, seen, targets):
        loss = sum(self.losses(seen, targets).values())
        return loss, loss.new_empty(0)
