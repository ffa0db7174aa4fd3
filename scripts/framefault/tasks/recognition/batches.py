"""From cached uint8 crops to the float batches a network sees."""

import numpy as np
import torch
import torch.nn.functional as F

from framefault.tasks.recognition.segments import MEAN


def stack_by_side(crops):
    """Crops of equal side in one array: [(positions, uint8 (n, T, side, side, 3))]."""
    sides = np.array([crop.shape[1] for crop in crops])
    stacks = []
    for side in np.unique(sides):
        positions = np.flatnonzero(sides == side)
        stacks.append((positions, torch.from_numpy(np.stack([crops[i] for i in positions]))))
    return stacks


def to_batch(stacks, size, device):
    """Float clips (N, 3, T, size, size) on the device, 0-255, from the stacks of one batch.

    Resizing there, on whole batches, keeps the loader's work down to copying bytes.
    """
    count = sum(len(positions) for positions, _ in stacks)
    length = stacks[0][1].shape[1]
    batch = torch.empty(count, length, 3, size, size, device=device)
    for positions, pixels in stacks:
        if device.type == "cuda":
            pixels = pixels.pin_memory()
        pixels = pixels.to(device, non_blocking=True).flatten(0, 1).permute(0, 3, 1, 2).float()
        if pixels.shape[-1] != size:
            pixels = F.interpolate(pixels, (size, size), mode="bilinear", antialias=True)
        batch[torch.from_numpy(positions).to(device)] = pixels.unflatten(0, (-1, length))
    return batch.transpose(1, 2).contiguous(memory_format=torch.channels_last_3d)


def subtract_mean(clips):
    return clips - torch.tensor(MEAN, device=clips.device).view(1, 3, 1, 1, 1)
