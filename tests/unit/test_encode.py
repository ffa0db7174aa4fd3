"""Encoding clips: the same bytes every time, and only of the videos that were listed."""

import io

import av
import numpy as np
import pytest

from encode import packed
from framefault.data.motion import make_clip
from framefault.errors import UserError
from framefault.files import sha256, write_json
from framefault.video.encode import encode_frames, transcode
from framefault.video.probe import probe
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


# Packing what the manifest lists ----------------------------------------------------------------

SOURCE = encode_as(FRAMES, 25, "mpeg4", {"b": "2M"}, "avi")
ROW = {"id": "run/a", "path": "run/a.AVI", "sha256": sha256(SOURCE)}
ORIGINAL = {"container": "original"}


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "videos/run").mkdir(parents=True)
    (tmp_path / "videos/run/a.AVI").write_bytes(SOURCE)
    return tmp_path / "videos"


def test_publishers_bytes_are_packed_as_they_are(folder):
    assert packed(ROW, folder, ORIGINAL) == ("run/a.avi", SOURCE)


def test_one_encode_is_packed_where_it_is_asked_for(folder):
    encoding = SETTINGS | {"container": "mp4"}
    assert packed(ROW, folder, encoding) == ("run/a.mp4", transcode(SOURCE, SETTINGS))


def test_video_that_is_not_as_it_was_listed_is_refused(folder):
    said = (
        r"Cannot use .*a\.AVI: {}; put it back, or delete the data set's file in results/manifests"
    )
    with pytest.raises(UserError, match=said.format("it has changed since the manifest was made")):
        packed(ROW | {"sha256": sha256(b"other")}, folder, ORIGINAL)
    (folder / "run/a.AVI").unlink()
    with pytest.raises(UserError, match=said.format("No such file or directory")):
        packed(ROW, folder, ORIGINAL)


def test_folder_that_a_job_made_is_to_be_made_again(folder):
    write_json(folder.with_suffix(".provenance.json"), {})
    (folder / "run/a.AVI").write_bytes(b"other")
    with pytest.raises(UserError, match=r"videos is damaged .*`rm -r .*videos` and run"):
        packed(ROW, folder, ORIGINAL)
