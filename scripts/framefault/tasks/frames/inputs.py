"""From uint8 pictures to what an image classifier sees."""

import numpy as np
import torch

# ILSVRC's, on the 0-255 scale: what networks trained here see.
MEAN = [123.675, 116.28, 103.53]
STD = [58.395, 57.12, 57.375]


def as_floats(pixels, device, channels="RGB"):
    """Float pictures (N, 3, H, W), 0-255, of uint8 pixels (N, H, W, 3)."""
    x = torch.from_numpy(np.array(pixels)).to(device).permute(0, 3, 1, 2).float()
    return x.flip(1) if channels == "BGR" else x


def normalise(x, mean=MEAN, std=STD):
    mean, std = (x.new_tensor(values).view(1, 3, 1, 1) for values in (mean, std))
    return (x - mean) / std
