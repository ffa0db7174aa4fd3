"""Encoding clips: the same bytes every time, and only of the videos that were listed."""

import io
import os
from functools import partial

import av
import numpy as np
import pytest
from av.video.frame import PictureType
from PIL import Image

from encode import encoded, packed
from framefault.data.motion import make_clip
from framefault.errors import UserError
from framefault.files import sha256, write_json
from framefault.video.encode import encode_frames, encode_pictures, transcode
from framefault.video.probe import probe
from framefault.video.sequence import describe_pictures, list_pictures
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
ROW = {"id": "run/a", "path": "run/a.AVI", "codec": "mpeg4", "sha256": sha256(SOURCE)}
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


LISTED = ROW | {"frames": 20, "width": 96, "height": 64}
UNUSABLE = r"run/a\.AVI cannot be encoded \(.+\); remove it, or list it in its data set's exclude"


def test_a_video_that_is_damaged_within_is_named(folder):
    damaged = bytearray(SOURCE)
    for place in range(SOURCE.index(b"movi") + 400, len(SOURCE) // 2):
        if SOURCE[place : place + 4] == b"\0\0\1\xb6":  # where a picture starts
            damaged[place : place + 12] = b"\xff" * 12
    (folder / "run/a.AVI").write_bytes(damaged)
    row = LISTED | {"sha256": sha256(damaged)}
    assert probe(bytes(damaged))["frames"] > 0
    pack = partial(packed, folder=folder, encoding=SETTINGS | {"container": "mp4"})
    with pytest.raises(UserError, match=UNUSABLE):
        list(encoded([row], pack, 2))


def test_a_video_of_which_nothing_is_seen_becomes_no_file():
    with pytest.raises(ValueError, match="no picture of it can be decoded"):
        encode_pictures([], 96, 64, 25, {})


def test_a_video_that_kills_its_decoder_is_named():
    def pack(row):
        os._exit(1)

    with pytest.raises(UserError, match=UNUSABLE.replace(".+", "crashed")):
        list(encoded([LISTED], pack, 1))


# Sequences of pictures ----------------------------------------------------------------------------

ENCODING = SETTINGS | {"container": "original"}  # which pictures have none of


def sequence_row(folder, frames=FRAMES, suffix="png", fps=7):
    """The line in the manifest of a sequence that is written here."""
    (folder / "a/img1").mkdir(parents=True)
    for number, frame in enumerate(frames, 1):
        Image.fromarray(frame).save(folder / f"a/img1/{number:06d}.{suffix}")
    facts = describe_pictures(folder / "a")
    return facts | {"id": "a", "path": "a", "codec": "pictures", "fps": fps}


def psnr(one, other):
    return 10 * np.log10(255**2 / np.square(one.astype(float) - other).mean())


@pytest.mark.parametrize("fps", [7, 25, 29.97])
def test_pictures_become_a_video_of_their_own_rate(tmp_path, fps):
    row = sequence_row(tmp_path, fps=fps)
    name, data = packed(row, tmp_path, ENCODING)
    facts = probe(data)
    assert name == "a.mp4" and facts.pop("fps") == pytest.approx(fps)
    assert facts == {"frames": 20, "width": 96, "height": 64, "codec": "h264", "turns": 0}
    assert psnr(pixels(data), FRAMES) > 30
    assert packed(row, tmp_path, ENCODING) == (name, data)


def test_pictures_keep_their_colours(tmp_path):
    """Of BT.709, saturated colours would come out 20 levels and more beside."""
    colours = np.repeat(np.eye(3, dtype=np.uint8)[:, None, :] * 200, 16, 1).repeat(16, 0)
    row = sequence_row(tmp_path, np.stack([np.tile(colours, (1, 4, 1))] * 5))
    _, data = packed(row, tmp_path, ENCODING | {"crf": 1})
    assert np.abs(pixels(data)[2].astype(int) - np.tile(colours, (1, 4, 1)))[4:12].max() <= 6


def test_videos_of_pictures_have_b_frames(tmp_path):
    _, data = packed(sequence_row(tmp_path), tmp_path, ENCODING)
    with av.open(io.BytesIO(data)) as container:
        types = [PictureType(frame.pict_type).name for frame in container.decode(video=0)]
    assert types[0] == "I" and "B" in types


def test_pictures_of_odd_sides_lose_a_row_or_column(tmp_path):
    odd = np.ascontiguousarray(FRAMES[:, :63, :95])
    _, data = packed(sequence_row(tmp_path, odd), tmp_path, ENCODING | {"crf": 10})
    assert psnr(pixels(data), FRAMES[:, :62, :94]) > 32


def test_pictures_of_any_mode_are_read_as_colours(tmp_path):
    grey = FRAMES.mean(-1).astype(np.uint8)
    _, data = packed(sequence_row(tmp_path, grey, "jpg"), tmp_path, ENCODING)
    assert psnr(pixels(data), grey[..., None]) > 30


def test_sequence_that_is_not_as_it_was_listed_is_refused(tmp_path):
    row = sequence_row(tmp_path)
    pictures = list_pictures(tmp_path / "a")
    pictures[3].write_bytes(pictures[4].read_bytes())
    with pytest.raises(UserError, match=r"Cannot use .*/a: it has changed since the manifest"):
        packed(row, tmp_path, ENCODING)


def test_picture_that_cannot_be_decoded_is_named(tmp_path):
    sequence_row(tmp_path)
    path = list_pictures(tmp_path / "a")[3]
    path.write_bytes(path.read_bytes()[:-300])
    row = describe_pictures(tmp_path / "a") | {"id": "a", "path": "a", "codec": "pictures"}
    with pytest.raises(UserError, match=r"picture .*000004\.png cannot be read; replace it"):
        packed(row | {"fps": 25}, tmp_path, ENCODING)
