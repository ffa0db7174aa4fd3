"""Segments and crops as the papers' original code cuts them."""

import math

import numpy as np
import pytest
from scipy.stats import chisquare

from framefault.tasks.recognition.segments import (
    corner_box,
    even_segments,
    loop,
    random_segment,
    sliding_windows,
)
from framefault.video.pictures import centre_box

LENGTH = 16


def clip(count):
    """A clip whose frames are their own numbers."""
    return np.arange(count)


def test_short_clips_are_looped_from_their_start():
    assert loop(clip(3), 8).tolist() == [0, 1, 2, 0, 1, 2, 0, 1]
    assert loop(clip(8), 8).tolist() == list(range(8))
    assert loop(clip(1), 4).tolist() == [0] * 4
    assert loop(np.zeros((2, 4, 5, 3)), 5).shape == (5, 4, 5, 3)


@pytest.mark.parametrize(
    ("count", "windows"),
    [
        (0, []),
        (1, [(0, 1)]),
        (16, [(0, 16)]),
        (17, [(0, 16), (16, 17)]),
        (40, [(0, 16), (16, 32), (32, 40)]),
    ],
)
def test_windows_cover_the_clip_once(count, windows):
    assert sliding_windows(count, LENGTH) == windows


@pytest.mark.parametrize(("count", "last"), [(1, 0), (16, 0), (17, 0), (18, 1), (40, 23)])
def test_random_segment_starts_where_the_original_does(count, last):
    draw = np.random.default_rng(0)
    begins = set()
    for _ in range(40 * (last + 1)):
        segment = random_segment(clip(count), LENGTH, draw)
        assert len(segment) == LENGTH
        assert segment.tolist() == [segment[0] + i % min(count, LENGTH) for i in range(LENGTH)]
        begins.add(int(segment[0]))
    assert begins == set(range(last + 1))


def test_random_segment_starts_uniformly():
    draw = np.random.default_rng(1)
    begins = [random_segment(clip(27), LENGTH, draw)[0] for _ in range(2200)]
    # False-alarm probability over seeds: 1e-4.
    assert chisquare(np.bincount(begins, minlength=11)).pvalue > 1e-4


def original_even_segments(total, length, wanted):
    """First and last+1 frames of the original's TemporalEvenCrop, short ones to be looped.

    Starts are a stride apart; the first segment that reaches beyond the clip is the last one.
    """
    stride = 1 if wanted == 1 else max(1, math.ceil((total - 1 - length) / (wanted - 1)))
    bounds = []
    for start in range(0, total, stride):
        if len(bounds) == wanted or (bounds and bounds[-1][1] - bounds[-1][0] < length):
            break
        bounds.append((start, min(total, start + length)))
    return bounds


@pytest.mark.parametrize("wanted", [1, 2, 3, 5])
def test_even_segments_are_those_of_the_original(wanted):
    different = {}
    for total in range(1, 80):
        segments = [part.tolist() for part in even_segments(clip(total), LENGTH, wanted)]
        expected = [
            [start + i % (stop - start) for i in range(LENGTH)]
            for start, stop in original_even_segments(total, LENGTH, wanted)
        ]
        if segments != expected:
            different[total] = (len(segments), len(expected))
    assert different == {}, "(ours, original) by number of frames"


def test_even_segments_span_the_clip():
    starts = [part[0] for part in even_segments(clip(100), LENGTH, 3)]
    assert starts == [0, 42, 84]


SCALES = [1, 0.8409, 0.5]


@pytest.mark.parametrize(("height", "width"), [(40, 60), (60, 40)])
def test_corner_crops_are_the_fifteen_of_the_original_and_equally_likely(height, width):
    draw = np.random.default_rng(2)
    counts = {}
    for _ in range(3000):
        top, left, side, across = corner_box(height, width, SCALES, draw)
        assert side == across
        place = (side, top, left)
        counts[place] = counts.get(place, 0) + 1
    expected = {}
    for scale in SCALES:
        side = int(40 * scale)
        down, right = height - side, width - side
        for top, left in [(0, 0), (0, right), (down, 0), (down, right), (down // 2, right // 2)]:
            expected[side, top, left] = expected.get((side, top, left), 0) + 200
    assert counts.keys() == expected.keys()
    # False-alarm probability over seeds: 1e-4.
    seen = [counts[place] for place in expected]
    assert chisquare(seen, list(expected.values())).pvalue > 1e-4


@pytest.mark.parametrize(
    ("height", "width", "size", "top", "left"),
    [(112, 112, 112, 0, 0), (112, 150, 112, 0, 19), (150, 112, 112, 19, 0), (20, 25, 10, 5, 8)],
)
def test_centre_box(height, width, size, top, left):
    assert centre_box(height, width, size) == (top, left, size, size)
