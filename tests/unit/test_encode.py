import io

import av
import numpy as np
import pytest

from framefault.clips.encode import encode_frames, transcode
from framefault.clips.motion import make_clip
from framefault.clips.probe import probe
from videos import encode_frames as encode_as

FRAMES = make_clip("clip", "zoom_in", "rocket", 96, 64, 20, 6)
SETTINGS = {"crf": 23, "preset": "medium", "gop": 250}


def pixels(data):
    with av.open(io.BytesIO(data)) as container:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])


def test_the_same_pictures_give_the_same_bytes():
    """libx264 with its default macroblock tree gives several different files here."""
    kept, files = [], set()
    for size in np.random.default_rng(0).integers(1, 10**6, 12):
        kept.append(bytearray(int(size)))  # another layout of the heap
        files.add(encode_frames(FRAMES, 25, {"crf": "23"}))
    assert len(files) == 1


def test_pictures_survive_encoding():
    decoded = pixels(encode_frames(FRAMES, 25, {"crf": "10"}))
    assert decoded.shape == FRAMES.shape
    assert np.abs(decoded.astype(int) - FRAMES).mean() < 4


@pytest.mark.parametrize("codec", ["mpeg4", "libx264", "mjpeg"])
def test_transcoding_keeps_every_picture_and_the_rate(codec):
    formats = {"mpeg4": {"b": "2M"}, "libx264": {"crf": "10"}, "mjpeg": {"pix_fmt": "yuvj420p"}}
    source = encode_as(FRAMES, 30, codec, formats[codec], "avi")
    result = transcode(source, SETTINGS)
    facts = probe(result)
    assert (facts["codec"], facts["frames"], facts["fps"]) == ("h264", 20, 30)
    assert np.abs(pixels(result).astype(int) - pixels(source)).mean() < 8
    assert transcode(source, SETTINGS) == result


def test_odd_sides_lose_a_row_or_column():
    odd = np.ascontiguousarray(FRAMES[:, :63, :95])
    source = encode_as(odd, 25, "ffv1", {"pix_fmt": "yuv444p"}, "matroska")
    facts = probe(transcode(source, SETTINGS))
    assert (facts["width"], facts["height"]) == (94, 62)


def test_settings_reach_the_encoder():
    source = encode_as(FRAMES, 25, "mpeg4", {"b": "2M"}, "avi")
    small = transcode(source, SETTINGS | {"crf": 40})
    assert len(small) < len(transcode(source, SETTINGS)) / 2
    with av.open(io.BytesIO(transcode(source, SETTINGS | {"gop": 5}))) as container:
        assert sum(packet.is_keyframe for packet in container.demux(video=0)) >= 4
