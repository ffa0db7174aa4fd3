"""Pictures as they are kept: half the bytes of RGB, which come out as FFmpeg converts them."""

import io
import pickle

import av
import numpy as np
import pytest
from av.video.reformatter import VideoReformatter

from clips import as_pictures
from framefault.video import pictures
from framefault.video.decode import decode_clip, decode_pictures
from framefault.video.pictures import Layout, Part, Pictures, stacked
from videos import encode_frames

SIZES = [(64, 48), (85, 64), (63, 48), (149, 112), (18, 16), (64, 49), (33, 33)]


def noise(count, width, height, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (count, height, width, 3), np.uint8)


def converted(frames):
    """RGB frames as yuv420p and back, each picture on its own."""
    found = []
    for frame in frames:
        picture = av.VideoFrame.from_ndarray(frame, format="rgb24").reformat(format="yuv420p")
        found.append(VideoReformatter().reformat(picture, format="rgb24").to_ndarray())
    return np.stack(found)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("at_once", [1, 64 * 48 * 2, 2**30])
def test_pictures_are_those_that_ffmpeg_makes_of_each_alone(monkeypatch, size, at_once):
    monkeypatch.setattr(pictures, "AT_ONCE", at_once)
    frames = noise(5, *size)
    kept = as_pictures(frames)
    np.testing.assert_array_equal(kept[:], converted(frames))
    width, height = size
    assert kept.stored.shape == (5, width * height + 2 * -(-height // 2) * -(-width // 2))


@pytest.mark.parametrize("size", [*SIZES, (63, 85)])
@pytest.mark.parametrize("crop", [9, 12, 15, 16])
@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_a_crop_is_that_of_the_whole_picture(size, crop, turns):
    data = encode_frames(noise(3, 96, 80), 25, "libx264", {"crf": "10"})
    whole, _ = decode_clip(data, size, expected_frames=3, turns=turns)
    part, _ = decode_clip(data, size, crop, expected_frames=3, turns=turns)
    top, left = (round((side - crop) / 2) for side in whole.shape[1:3])
    assert whole.shape == (3, *size[::-1], 3)
    np.testing.assert_array_equal(part, whole[:, top : top + crop, left : left + crop])
    unturned = size if turns % 2 == 0 else size[::-1]
    upright, _ = decode_clip(data, unturned, expected_frames=3)
    np.testing.assert_array_equal(whole, np.rot90(upright, turns, (1, 2)))


def test_of_a_crop_little_more_is_kept():
    assert Layout(149, 112, 112).planes == ((112, 112), (56, 56), (56, 56))
    assert Layout(150, 114, 40).window == (36, 54, 42, 41)
    assert Layout(150, 113, 40).window == (0, 0, 113, 150)
    assert Layout(150, 114, 40, 1).window == (0, 0, 150, 114)
    with pytest.raises(ValueError, match="Crop 50 is larger than the picture 64x48"):
        Layout(64, 48, 50)


@pytest.mark.parametrize(
    "key", [0, -1, slice(None), slice(1, 3), slice(4, 0, -2), np.array([3, 3])]
)
def test_some_pictures_are_the_same_as_of_all(key):
    stored, clean = as_pictures(noise(3, 16, 12)), as_pictures(noise(3, 16, 12, seed=1))
    mixed = Pictures(stored.layout, stored.stored, clean.stored, np.array([0, ~2, 1, 2, ~0]))
    whole = np.stack([stored[0], clean[2], stored[1], stored[2], clean[0]])
    np.testing.assert_array_equal(mixed[:], whole)
    np.testing.assert_array_equal(mixed[key], whole[key], strict=True)
    np.testing.assert_array_equal(np.asarray(mixed), whole)
    again = pickle.loads(pickle.dumps(mixed))
    np.testing.assert_array_equal(again[key], whole[key])
    assert (len(mixed), mixed.shape, mixed[:0].shape) == (5, whole.shape, (0, 12, 16, 3))


@pytest.mark.parametrize("full", [False, True])
def test_the_range_of_colours_that_a_file_tells_is_heeded(full):
    """Both have the same colours, written in other numbers."""
    frames = np.full((4, 48, 64, 3), (200, 120, 40), np.uint8)
    file = io.BytesIO()
    with av.open(file, "w", format="avi") as out:
        stream = out.add_stream("mjpeg", rate=25, width=64, height=48)
        stream.pix_fmt = "yuvj420p" if full else "yuv420p"
        stream.options = {"strict": "-1", "qmin": "1", "qmax": "1"}
        for frame in frames:
            out.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        out.mux(stream.encode())
    found, _ = decode_pictures(file.getvalue(), (64, 48), expected_frames=4)
    assert np.abs(found[:].astype(int) - frames).max() <= 4


@pytest.mark.parametrize("box", [(0, 0, 9, 9), (3, 5, 8, 8), (2, 4, 10, 7), (7, 1, 9, 11)])
@pytest.mark.parametrize("crop", [0, 16, 17])
@pytest.mark.parametrize(("size", "turns"), [((24, 18), 0), ((25, 18), 1), ((20, 19), 0)])
def test_a_part_is_that_of_what_is_seen(box, crop, size, turns):
    data = encode_frames(noise(4, 48, 40), 25, "libx264", {"crf": "10"})
    found, _ = decode_pictures(data, size, crop, expected_frames=4, turns=turns)
    top, left, height, width = box
    expected = found[:][[2, 0], top : top + height, left : left + width]
    parts = [Part(found, np.array([2, 0]), box), Part(found, np.array([1, 2]), (4, 2, *box[2:]))]
    both = stacked(parts)
    np.testing.assert_array_equal(both[0], expected)
    np.testing.assert_array_equal(both[1], found[:][1:3, 4 : 4 + height, 2 : 2 + width])


def test_parts_of_many_clips_are_the_same_in_any_company(monkeypatch):
    draw = np.random.default_rng(0)
    clips = [as_pictures(noise(6, *size)) for size in ((30, 24), (24, 30), (27, 24), (25, 25))]
    parts, expected = [], []
    for number in range(40):
        clip = clips[number % 4]
        top, left = draw.integers(clip.shape[1] - 12), draw.integers(clip.shape[2] - 12)
        key = draw.integers(6, size=3) if number % 3 else np.arange(2, 5)
        parts.append(Part(clip, key, (top, left, 13, 13)))
        expected.append(clip[:][key, top : top + 13, left : left + 13])
    for at_once in (1, 3 * 13 * 13 * 5, 2**20):
        monkeypatch.setattr(pictures, "AT_ONCE", at_once)
        np.testing.assert_array_equal(stacked(parts), expected)
        np.testing.assert_array_equal(stacked(parts[7:8]), expected[7:8])
