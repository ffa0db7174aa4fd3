"""Training of image classifiers: from scratch, with noise, adversarially, or fine-tuned."""

import math

import numpy as np
import torch
import torch.nn.functional as F
from torch.optim.lr_scheduler import LambdaLR, ReduceLROnPlateau

from framefault.cli import log
from framefault.device import autocast, set_up
from framefault.pmk.pictures import resize_and_crop
from framefault.pmk.registry import short_side
from framefault.seeds import rng
from framefault.training import make_scheduler, prefetched

# ILSVRC's, on the 0-255 scale: what networks trained here see.
MEAN = [123.675, 116.28, 103.53]
STD = [58.395, 57.12, 57.375]


def normalised(pixels, mean, std, device, channels="RGB"):
    """Network input (N, 3, H, W) of uint8 pixels (N, H, W, 3)."""
    x = torch.from_numpy(np.array(pixels)).to(device).permute(0, 3, 1, 2).float()
    return normalise(x.flip(1) if channels == "BGR" else x, mean, std)


def normalise(x, mean, std):
    mean, std = (x.new_tensor(values).view(1, 3, 1, 1) for values in (mean, std))
    return (x - mean) / std


def fit(model, views, recipe, device, checkpoint, attack=None, held_out=(), workers=1):
    """Train `model` in place; returns the history, one dictionary per epoch.

    `attack(model, x, labels)` may replace the 0-255 inputs of a batch. `held_out` are indices of
    images whose loss the plateau schedule follows.
    """
    set_up(device)
    model.to(device, memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(
        model.parameters(),
        lr=recipe["learning_rate"],
        momentum=recipe["momentum"],
        weight_decay=recipe["weight_decay"],
    )
    batches = math.ceil(len(views.indices) / recipe["batch_size"])
    scheduler = make_scheduler(optimizer, recipe, batches)
    history = checkpoint.restore(model, optimizer, scheduler)
    for epoch in range(len(history), recipe["epochs"]):
        rate = optimizer.param_groups[0]["lr"]
        loss, accuracy = train_epoch(
            model, views, epoch, optimizer, scheduler, device, attack, workers
        )
        row = {"epoch": epoch + 1, "learning_rate": rate, "loss": loss, "accuracy": accuracy}
        if len(held_out):
            row["validation_loss"] = mean_loss(model, views.images, held_out, recipe, device)
        if isinstance(scheduler, ReduceLROnPlateau):
            scheduler.step(row["validation_loss"])
        history.append(row)
        checkpoint.save(model, optimizer, scheduler, history)
        log.info(
            "epoch %d of %d: loss %.3f, accuracy %.3f", epoch + 1, recipe["epochs"], loss, accuracy
        )
    return history


def train_epoch(model, views, epoch, optimizer, scheduler, device, attack, workers):
    """One pass over the views: (mean loss, accuracy)."""
    model.train()
    # Dropout and attacks draw from torch; seeded here, a resumed training draws the same.
    torch.manual_seed(int(rng("epoch", *views.key, epoch).integers(2**62)))
    total, seen = np.zeros(2), 0
    tasks = prefetched(views.batches(epoch), lambda batch: views.collect(epoch, batch), workers)
    for pixels, labels in tasks:
        x = normalised(pixels, [0] * 3, [1] * 3, device)
        labels = torch.from_numpy(labels).to(device)
        if attack:
            x = attack(model, x, labels)
        with autocast(device):
            logits = model(normalise(x, MEAN, STD))
        loss = F.cross_entropy(logits.float(), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if isinstance(scheduler, LambdaLR):
            scheduler.step()
        right = (logits.argmax(1) == labels).sum().item()
        total += loss.item() * len(labels), right
        seen += len(labels)
    loss, accuracy = (total / seen).tolist()
    return loss, accuracy


def attack_linf(epsilon, step, steps):
    """Projected gradient descent in the l-inf ball of `epsilon` (0-255 scale) from a random start.

    The batch is replaced by its perturbed version, as in adversarial training of Madry et al.
    and Xie et al. (2018).
    """

    def attack(model, x, labels):
        moved = (x + epsilon * (2 * torch.rand_like(x) - 1)).clamp(0, 255)
        for _ in range(steps):
            moved.requires_grad_()
            with autocast(x.device):
                logits = model(normalise(moved, MEAN, STD))
            (slope,) = torch.autograd.grad(F.cross_entropy(logits.float(), labels), moved)
            moved = moved.detach() + step * slope.sign()
            moved = torch.minimum(torch.maximum(moved, x - epsilon), x + epsilon).clamp(0, 255)
        return moved.detach()

    return attack


@torch.inference_mode()
def mean_loss(model, images, indices, recipe, device):
    """Mean cross-entropy on centre crops of some images."""
    model.eval()
    size, total = recipe["size"], 0.0
    for start in range(0, len(indices), 64):
        batch = indices[start : start + 64]
        crops = [resize_and_crop(images.open(i), short_side(size), size) for i in batch]
        with autocast(device):
            logits = model(normalised(np.stack(crops), MEAN, STD, device))
        labels = torch.from_numpy(images.labels[batch]).to(device)
        total += F.cross_entropy(logits.float(), labels, reduction="sum").item()
    return total / len(indices)


@torch.inference_mode()
def logits_of(model, pixels, mean, std, device, channels="RGB", batch_size=64):
    """float32 (N, outputs) of cached pictures (N, H, W, 3)."""
    set_up(device)
    model.to(device, memory_format=torch.channels_last).eval()
    found = []
    for start in range(0, len(pixels), batch_size):
        x = normalised(pixels[start : start + batch_size], mean, std, device, channels)
        with autocast(device):
            found.append(model(x).float().cpu().numpy())
    return np.concatenate(found)
