"""When frames are shown: the frame numbers of damaged clips, and what fills their gaps."""

from bisect import bisect_left

import numpy as np


def clean_times(times):
    """Times of a clean clip's frames in seconds, or none of them where they do not rise.

    `times` are as the file says, None where it does not; such a frame follows the one before it.
    """
    times = np.array(times, np.float64)
    step = usual_step(times)
    for index in np.flatnonzero(np.isnan(times[1:])) + 1:
        times[index] = times[index - 1] + step
    return times if np.all(np.diff(times) > 0) and not np.isnan(times).any() else times[:0]


def usual_step(times):
    """The median time from frame to frame, 1 where there is none."""
    steps = np.diff(times)
    steps = steps[steps > 0]
    return float(np.median(steps)) if len(steps) else 1.0


def frame_numbers(times, clean):
    """Which frames of the clean clip frames stand for: rising numbers, some of them equal.

    `times` (n) are seconds on the clean clip's clock, None or NaN where unknown, and may be forged;
    `clean` (T) are those of `clean_times`. A time counts if a clean frame is shown then and if it
    runs forward with as many others as can be; if that is at most half of them, none does. Other
    frames are numbered on from the frame before them, but not beyond the next one whose time
    counts. So no number is above T + n.
    """
    times, place = np.asarray(times, np.float64), np.arange(len(times))
    numbers, counts = nearest(times, clean)
    candidates = np.flatnonzero(counts)
    trusted = candidates[longest_rise(numbers[candidates].tolist())]
    if 2 * len(trusted) <= np.isfinite(times).sum() or not len(trusted):
        return place
    before = np.searchsorted(trusted, place, side="right") - 1
    after = np.append(numbers[trusted], np.iinfo(np.int64).max)[before + 1]
    anchor = trusted[np.maximum(before, 0)]
    number_on = numbers[anchor] + place - anchor
    return np.clip(number_on, 0, after)


def nearest(times, clean):
    """The number of the clean frame nearest to each time, and whether it is near enough."""
    if not len(clean):
        return np.zeros(len(times), np.int64), np.zeros(len(times), bool)
    numbers = np.searchsorted((clean[1:] + clean[:-1]) / 2, times)
    numbers = np.minimum(numbers, len(clean) - 1)
    return numbers, np.abs(times - clean[numbers]) <= usual_step(clean) / 2


def longest_rise(values):
    """Positions of the longest part of a list that rises all the time."""
    ends, positions, previous = [], [], []
    for position, value in enumerate(values):
        length = bisect_left(ends, value)
        previous.append(positions[length - 1] if length else None)
        ends[length : length + 1] = [value]
        positions[length : length + 1] = [position]
    found = positions[-1:]
    while found and previous[found[-1]] is not None:
        found.append(previous[found[-1]])
    return found[::-1]


def shown(numbers, gaps):
    """What is seen of decoded frames: (positions of frames, clean frame numbers), equally long.

    `numbers` are those of `frame_numbers`. With `gaps` "repeat", a frame is shown until the next
    one comes, from the first to the last, as a video that is extracted at a constant rate has it;
    with "drop", each frame once.
    """
    numbers = np.asarray(numbers, np.int64)
    if gaps == "drop" or not len(numbers):
        return np.arange(len(numbers)), numbers
    moments = np.arange(numbers[0], numbers[-1] + 1)
    return np.searchsorted(numbers, moments, side="right") - 1, moments
