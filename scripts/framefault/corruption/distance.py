"""Pixel-space distance between a corrupted clip and the clean one (paper A, F.3)."""

import numpy as np

AT_ONCE = 64  # frames


def pixel_distance(frames, clean, positions, numbers):
    """Mean Euclidean distance per pixel between two clips, 0 to 1 (paper A, F.3).

    uint8 RGB (T, H, W, 3) each. The frames at `positions` are compared with the clean frames of
    these `numbers`; those beyond the clean clip's end are left out. NaN if nothing is left.
    """
    kept = np.flatnonzero(numbers < len(clean))
    if not len(kept):
        return float("nan")
    total = 0.0
    for first in range(0, len(kept), AT_ONCE):
        part = kept[first : first + AT_ONCE]
        difference = frames[positions[part]].astype(np.float32) - clean[numbers[part]]
        total += np.sqrt(np.square(difference).sum(-1) / 3).sum(dtype=np.float64)
    return float(total / (len(kept) * frames.shape[1] * frames.shape[2]) / 255)
