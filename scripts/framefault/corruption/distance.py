"""Pixel-space distance between a corrupted clip and the clean one (paper A, F.3)."""

import numpy as np


def pixel_distance(frames, clean):
    """Mean Euclidean distance per pixel between two clips, 0 to 1 (paper A, F.3).

    uint8 RGB (T, H, W, 3) each; the longer one is cut. NaN if one has no frame.
    """
    length = min(len(frames), len(clean))
    if length == 0:
        return float("nan")
    difference = frames[:length].astype(np.float32) - clean[:length]
    return float(np.sqrt(np.square(difference).sum(-1) / 3).mean(dtype=np.float64) / 255)
