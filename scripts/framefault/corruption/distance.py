"""Pixel-space distance between a corrupted clip and the clean one (paper A, F.3)."""

import math

import numpy as np

AT_ONCE = 2**22  # pixels: few frames of a large video


def pixel_distances(frames, clean, positions, numbers):
    """Mean Euclidean distance per pixel, 0 to 1, of each of some pairs of frames (paper A, F.3).

    uint8 RGB (T, H, W, 3) each. The frames at `positions` are compared with the clean frames of
    these `numbers`, as far as there are any: pairs beyond the clean clip's end are left out.
    """
    kept = np.flatnonzero(numbers < len(clean))
    distances = np.empty(len(kept))
    step = max(1, AT_ONCE // max(1, math.prod(frames.shape[1:3])))
    for first in range(0, len(kept), step):
        part = kept[first : first + step]
        difference = np.subtract(frames[positions[part]], clean[numbers[part]], dtype=np.float32)
        each = np.sqrt(np.einsum("thwc,thwc->thw", difference, difference) / 3)
        distances[first : first + step] = each.mean((1, 2), dtype=np.float64) / 255
    return distances


def mean_distances(frames, clean, numbers, positions, moments):
    """Mean distance of what is seen of a clip, and of the frames that fill no gap; NaN of nothing.

    `positions` and `moments` are those of `video.moments.shown` for the `numbers` of the frames.
    """
    each = pixel_distances(frames, clean, positions, moments)
    came = np.isin(moments[: len(each)], numbers)
    return [float(some.mean()) if len(some) else float("nan") for some in (each, each[came])]
