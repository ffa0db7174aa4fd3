"""Clips as R3D is fine-tuned and validated on them (paper A, F.2)."""

import numpy as np
import torch
import torch.nn.functional as F

from framefault.seeds import rng
from framefault.tasks.recognition.batches import stack_by_side, subtract_mean, to_batch
from framefault.tasks.recognition.segments import (
    centre_crop,
    corner_crop,
    even_segments,
    random_segment,
)
from framefault.training.device import autocast


class TrainingClips:
    """Random training segments of a data set: which clip version, when and where to crop.

    `pick(index, draw)` gives the frames to train on; it is where a defence can corrupt them.
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
        """One batch as uint8 crops (T, side, side, 3), of mixed sides, flipped, and labels."""
        crops = []
        for position in positions:
            key = (self.dataset, self.names[position], epoch, self.seed)
            frames = self.pick(self.indices[position], rng("defence", *key))
            draw = rng("crop", *key)
            crop = corner_crop(random_segment(frames, self.length, draw), self.scales, draw)
            crops.append(crop[:, :, ::-1] if draw.random() < self.flip else crop)
        return stack_by_side(crops), torch.from_numpy(self.labels[positions])

    def as_input(self, stacks, device):
        """Float clips (N, 3, T, size, size), 0-255, of the crops of one batch."""
        return to_batch(stacks, self.size, device)


def validation(clips, indices, labels, length, size, device, batch_size=64):
    """A `validate` function for `training.fit`, over up to three even segments of each clip."""

    @torch.inference_mode()
    def validate(model):
        model.eval()
        segments, targets = [], []
        losses, hits = [], 0
        for position, index in enumerate(indices):
            frames = clips[index]
            frames = centre_crop(frames, min(frames.shape[1:3]))
            for segment in even_segments(frames, length, 3):
                segments.append(segment)
                targets.append(labels[position])
            if len(segments) >= batch_size or position == len(indices) - 1:
                batch = to_batch(stack_by_side(segments), size, device)
                target = torch.tensor(targets, device=device)
                with autocast(device):
                    logits = model(subtract_mean(batch)).float()
                losses += F.cross_entropy(logits, target, reduction="none").tolist()
                hits += int((logits.argmax(1) == target).sum())
                segments, targets = [], []
        return {
            "validation_loss": float(np.mean(losses)),
            "validation_accuracy": hits / len(losses),
        }

    return validate
