"""Cutting 16-frame segments and spatial crops out of clips (paper A, F.2)."""

import math

import numpy as np

# ActivityNet's mean colour, subtracted from 0-255 values; nothing is divided.
MEAN = (114.7748, 107.7354, 99.4750)


def loop(frames, length):
    """Repeat a clip (T, ...) from its start until it has `length` frames; a view if it has."""
    if len(frames) >= length:
        return frames[:length]
    return frames[np.arange(length) % len(frames)]


def sliding_windows(count, length):
    """First and last+1 frame of the test segments: contiguous, the last one may be short."""
    return [(start, min(start + length, count)) for start in range(0, count, length)]


def random_segment(frames, length, draw):
    """A random training segment; a shorter clip is looped."""
    begin = int(draw.integers(0, max(0, len(frames) - length - 1), endpoint=True))
    return loop(frames[begin : begin + length], length)


def even_segments(frames, length, count):
    """Up to `count` evenly spaced segments, as the original validates (TemporalEvenCrop)."""
    stride = max(1, math.ceil((len(frames) - 1 - length) / max(1, count - 1)))
    starts = range(0, len(frames), stride)[:count]
    segments = []
    for start in starts:
        segments.append(loop(frames[start : start + length], length))
        if start + length > len(frames):
            break
    return segments


def corner_box(height, width, scales, draw):
    """A square at a random corner or the centre: (top, left, side, side), in pixels.

    Its side is one of `scales` of the shorter side. As MultiScaleCornerCrop of the original.
    """
    side = int(min(height, width) * scales[draw.integers(len(scales))])
    top, left = [
        ((height - side) // 2, (width - side) // 2),
        (0, 0),
        (0, width - side),
        (height - side, 0),
        (height - side, width - side),
    ][draw.integers(5)]
    return top, left, side, side
