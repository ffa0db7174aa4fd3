"""From cached uint8 crops to the float batches a network sees."""

from functools import cache

import numpy as np
import torch
import torch.nn.functional as F

from framefault.tasks.recognition.segments import MEAN


def stack_by_side(crops, flipped=None, stack=np.stack):
    """Crops of equal side in one array: [(positions, uint8 (n, T, side, side, 3), flip (n,))].

    `stack` makes the array of some: of arrays, or `pictures.stacked` of Parts. `flipped` says of
    each crop whether it is to be mirrored, which is left to `to_batch`. Where none of a stack is,
    its flip is None.
    """
    sides = np.array([crop.shape[1] for crop in crops])
    flipped = np.zeros(len(crops), bool) if flipped is None else np.array(flipped)
    stacks = []
    for side in np.unique(sides):
        positions = np.flatnonzero(sides == side)
        pixels = stack([crops[position] for position in positions])
        flip = flipped[positions]
        flip = torch.from_numpy(flip) if flip.any() else None
        stacks.append((torch.from_numpy(positions), torch.from_numpy(pixels), flip))
    return stacks


def to_batch(stacks, size):
    """Float clips (N, 3, T, size, size), 0-255, from the stacks of one batch, where these are.

    Mirroring and resizing there, on whole batches, keeps the loader's work down to copying bytes.
    """
    _, first, _ = stacks[0]
    count, length = sum(len(positions) for positions, _, _ in stacks), first.shape[1]
    batch = torch.empty(
        (count, 3, length, size, size), device=first.device, memory_format=torch.channels_last_3d
    )
    for positions, pixels, flip in stacks:
        if flip is not None:
            pixels = torch.where(flip.view(-1, 1, 1, 1, 1), pixels.flip(3), pixels)
        pixels = pixels.flatten(0, 1).permute(0, 3, 1, 2).float()
        if pixels.shape[-1] != size:
            pixels = F.interpolate(pixels, (size, size), mode="bilinear", antialias=True)
        batch[positions] = pixels.unflatten(0, (-1, length)).transpose(1, 2)
    return batch


def subtract_mean(clips):
    return clips - mean_on(clips.device)


@cache
def mean_on(device):
    """MEAN for clips (N, 3, T, H, W): a copy in each step would make the GPU wait for it."""
    return torch.tensor(MEAN, device=device).view(1, 3, 1, 1, 1)
