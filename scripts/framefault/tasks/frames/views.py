"""Pictures as image classifiers are trained, attacked and validated on them."""

import numpy as np
import torch
import torch.nn.functional as F

from framefault.seeds import rng
from framefault.tasks.frames.images import random_crop
from framefault.tasks.frames.inputs import USUAL
from framefault.tasks.frames.pictures import resize_and_crop
from framefault.tasks.frames.registry import short_side
from framefault.training.device import autocast


class Views:
    """Random training views of some images: every draw keyed by (model, image, epoch).

    `change(pixels, draw)` may replace a view.
    """

    memory_format = torch.channels_last

    def __init__(self, images, indices, recipe, key, change=None, sees=USUAL):
        self.images, self.indices, self.key, self.change = images, indices, key, change
        self.size, self.area, self.flip = recipe["size"], recipe["crop_area"], recipe["flip"]
        self.batch_size = recipe["batch_size"]
        self.as_input, self.normalise = sees.as_input, sees.normalise

    def batches(self, epoch):
        """Indices of each batch of an epoch."""
        order = rng("order", *self.key, epoch).permutation(self.indices)
        return [order[i : i + self.batch_size] for i in range(0, len(order), self.batch_size)]

    def collect(self, epoch, batch):
        """One batch as uint8 views (N, size, size, 3), and labels."""
        views = []
        for index in batch:
            draw = rng("view", *self.key, epoch, int(index))
            view = random_crop(self.images.open(index), self.size, self.area, self.flip, draw)
            views.append(self.change(view, draw) if self.change else view)
        return torch.from_numpy(np.stack(views)), torch.from_numpy(self.images.labels[batch])


def attack_linf(epsilon, step, steps, sees=USUAL):
    """Projected gradient descent in the l-inf ball of `epsilon` (0-255 scale) from a random start.

    A `perturb` function for `training.fit`: the batch is replaced by its perturbed version, as in
    adversarial training of Madry et al. and Xie et al. (2018).
    """

    def attack(model, x, labels, *_):
        moved = (x + epsilon * (2 * torch.rand_like(x) - 1)).clamp(0, 255)
        for _ in range(steps):
            moved.requires_grad_()
            with autocast(x.device):
                logits = model(sees.normalise(moved))
            (slope,) = torch.autograd.grad(F.cross_entropy(logits.float(), labels), moved)
            moved = moved.detach() + step * slope.sign()
            moved = torch.minimum(torch.maximum(moved, x - epsilon), x + epsilon).clamp(0, 255)
        return moved.detach()

    return attack


def validation(images, indices, size, device, sees=USUAL, batch_size=64):
    """A `validate` function for `training.fit`, on centre crops of some images."""

    @torch.inference_mode()
    def validate(model):
        model.eval()
        total = 0.0
        for start in range(0, len(indices), batch_size):
            batch = indices[start : start + batch_size]
            crops = [resize_and_crop(images.open(i), short_side(size), size) for i in batch]
            pixels = torch.from_numpy(np.stack(crops)).to(device)
            with autocast(device):
                logits = model(sees.normalise(sees.as_input(pixels)))
            labels = torch.from_numpy(images.labels[batch]).to(device)
            total += F.cross_entropy(logits.float(), labels, reduction="sum").item()
        return {"validation_loss": total / len(indices)}

    return validate
