"""Clips as R3D is fine-tuned and validated on them (paper A, F.2)."""

import numpy as np
import torch
import torch.nn.functional as F

from framefault.seeds import rng
from framefault.tasks.recognition.batches import stack_by_side, subtract_mean, to_batch
from framefault.tasks.recognition.segments import (
    corner_box,
    even_segments,
    random_segment,
)
from framefault.training.device import autocast
from framefault.training.prefetch import prefetched
from framefault.video.pictures import Part, centre_box, stacked


class TrainingClips:
    """Random training segments of a data set: which clip version, when and where to crop.

    `pick(index, draw)` gives the Pictures to train on; it is where a defence can corrupt them.
    Every draw is keyed by (data set, clip, epoch, seed): all defences see the same crops.
    """

    memory_format = torch.channels_last_3d
    normalise = staticmethod(subtract_mean)

    def __init__(self, clips, indices, pick, dataset, seed, recipe, length, size):
        self.names = [clips.accounts[i]["clip"] for i in indices]
        self.indices, self.pick = indices, pick
        classes = clips.classes
        self.labels = np.array([classes.index(clips.accounts[i]["label"]) for i in indices])
        self.dataset, self.seed = self.key = dataset, seed
        self.length, self.size = length, size
        self.scales, self.flip = recipe["crop_scales"], recipe["flip"]
        self.batch_size = recipe["batch_size"]

    def batches(self, epoch):
        """Positions of each batch of an epoch."""
        order = rng("order", self.dataset, epoch, self.seed).permutation(len(self.indices))
        return [order[i : i + self.batch_size] for i in range(0, len(order), self.batch_size)]

    def collect(self, epoch, positions):
        """One batch as crops of mixed sides, as of `stack_by_side`, and labels."""
        crops, flipped = [], []
        for position in positions:
            key = (self.dataset, self.names[position], epoch, self.seed)
            frames = self.pick(self.indices[position], rng("defence", *key))
            draw = rng("crop", *key)
            segment = random_segment(np.arange(len(frames)), self.length, draw)
            box = corner_box(*frames.shape[1:3], self.scales, draw)
            crops.append(Part(frames, segment, box))
            flipped.append(draw.random() < self.flip)
        return stack_by_side(crops, flipped, stacked), torch.from_numpy(self.labels[positions])

    def as_input(self, stacks):
        """Float clips (N, 3, T, size, size), 0-255, of the crops of one batch."""
        return to_batch(stacks, self.size)


def validation(clips, indices, labels, length, size, device, batch_size=64, workers=1):
    """A `validate` function for `training.fit`, over up to three even segments of each clip."""
    numbers = [len(even_segments(np.arange(clips.length(index)), length, 3)) for index in indices]

    def collect(positions):
        """Segments of some clips in stacks, and their labels."""
        segments = []
        for position in positions:
            frames = clips[indices[position]]
            box = centre_box(*frames.shape[1:3], min(frames.shape[1:3]))
            for segment in even_segments(np.arange(len(frames)), length, 3):
                segments.append(Part(frames, segment, box))
        repeats = [numbers[position] for position in positions]
        targets = np.repeat([labels[position] for position in positions], repeats)
        return stack_by_side(segments, stack=stacked), torch.from_numpy(targets)

    @torch.inference_mode()
    def validate(model):
        model.eval()
        losses, hits = [], []
        for stacks, target in prefetched(groups(numbers, batch_size), collect, workers, device):
            with autocast(device):
                logits = model(subtract_mean(to_batch(stacks, size))).float()
            losses.append(F.cross_entropy(logits, target, reduction="none"))
            hits.append(logits.argmax(1) == target)
        losses = torch.cat(losses).tolist()
        return {
            "validation_loss": float(np.mean(losses)),
            "validation_accuracy": int(torch.cat(hits).sum()) / len(losses),
        }

    return validate


def groups(numbers, least):
    """Positions in lists, in order, whose `numbers` add up to `least` or just more each."""
    found, total = [[]], 0
    for position, number in enumerate(numbers):
        if total >= least:
            found.append([])
            total = 0
        found[-1].append(position)
        total += number
    return found
