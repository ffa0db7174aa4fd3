"""Decoding real bytes: clean, damaged, forged."""

import io
import multiprocessing
import time
from concurrent.futures import ProcessPoolExecutor
from fractions import Fraction
from functools import cache

import av
import numpy as np
import pytest
from av.bitstream import BitStreamFilterContext
from PIL import Image

from framefault.corruption import distance
from framefault.errors import UserError
from framefault.files import write_clips
from framefault.video.cache import DecodedClips, write_shard
from framefault.video.decode import cache_size, decode_clip, decode_shard
from framefault.video.encode import transcode
from framefault.video.probe import probe
from framefault.video.reading import MAX_PIXELS
from videos import encode_frames
from workflow_tools import SHARED

FRAMES = 24
SIZE = (64, 48)
FORMATS = {
    "h264": ("libx264", {"g": "12", "preset": "veryfast"}, "mp4"),
    "mpeg4": ("mpeg4", {"g": "12", "b": "600k"}, "avi"),
}


@cache
def movie(width=160, height=120, frames=FRAMES):
    """A noisy ramp that moves, with a different slope in every colour."""
    draw = np.random.default_rng(7)
    rows, columns = np.mgrid[:height, :width]
    clip = np.empty((frames, height, width, 3), np.float64)
    for index in range(frames):
        clip[index, ..., 0] = 220 * columns / width
        clip[index, ..., 1] = 220 * rows / height
        clip[index, ..., 2] = 120 + 100 * np.sin((columns + 4 * index) / 14)
    clip += draw.normal(0, 4, clip.shape)
    return np.clip(clip, 0, 255).astype(np.uint8)


@cache
def clip(name="h264", width=160, height=120):
    codec, options, container = FORMATS[name]
    return encode_frames(movie(width, height), 25, codec, options, container)


def filtered(data, name):
    """The video packets of a file after a bitstream filter, as one elementary stream."""
    with av.open(io.BytesIO(data)) as container:
        stream = container.streams.video[0]
        change = BitStreamFilterContext(name, stream)
        packets = [out for packet in container.demux(stream) for out in change.filter(packet)]
    return b"".join(bytes(packet) for packet in packets)


def annex_b(data):
    return filtered(data, "h264_mp4toannexb")


def forged_sps(width, height):
    """A baseline sequence parameter set that announces the given picture size."""

    def golomb(value):
        bits = f"{value + 1:b}"
        return "0" * (len(bits) - 1) + bits

    numbers = [0, 0, 2, 1]  # set id, frame number bits - 4, picture order type, references
    bits = "".join(map(golomb, numbers)) + "0" + golomb(width // 16 - 1)
    bits += golomb(height // 16 - 1) + "11" + "0" + "0" + "1"
    bits += "0" * (-len(bits) % 8)
    body = bytes(int(bits[i : i + 8], 2) for i in range(0, len(bits), 8))
    return b"\0\0\0\1\x67\x42\xc0\x3e" + body


def flipped(data, probability, seed):
    draw = np.random.default_rng(seed)
    array = np.frombuffer(data, np.uint8).copy()
    bits = draw.integers(0, 8 * len(array), draw.binomial(8 * len(array), probability))
    np.bitwise_xor.at(array, bits // 8, (1 << bits % 8).astype(np.uint8))
    return array.tobytes()


def decode(data, size=SIZE, crop=None, expected_frames=FRAMES):
    """decode_clip, with everything checked that holds for any bytes."""
    frames, account = decode_clip(data, size, crop, expected_frames=expected_frames)
    width, height = (crop, crop) if crop else size
    assert frames.dtype == np.uint8 and frames.flags.c_contiguous
    assert frames.shape == (account["frames"], height, width, 3)
    assert set(account) == {"opened", "frames", "errors", "flagged", "times"}
    assert len(account["times"]) == len(frames)
    assert account["opened"] or not len(frames)
    return frames, account


def independent(data, size, crop):
    with av.open(io.BytesIO(data)) as container:
        images = [frame.to_image() for frame in container.decode(video=0)]
    left, top = round((size[0] - crop) / 2), round((size[1] - crop) / 2)
    box = (left, top, left + crop, top + crop)
    return np.stack(
        [np.asarray(i.resize(size, Image.Resampling.BILINEAR).crop(box)) for i in images]
    )


@pytest.mark.parametrize(
    ("source", "short_side", "expected"),
    [
        ((320, 240), 112, (149, 112)),
        ((320, 240), 128, (170, 128)),
        ((240, 320), 112, (112, 149)),
        ((180, 144), 64, (80, 64)),
        ((100, 100), 50, (50, 50)),
    ],
)
def test_cache_size(source, short_side, expected):
    assert cache_size(*source, short_side) == expected


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("size", [(64, 48), (85, 63), (63, 85)])
def test_clean_clip_has_all_frames_and_the_right_pixels(name, size):
    frames, account = decode(clip(name), size, 45)
    assert (account["opened"], account["frames"], account["errors"]) == (True, FRAMES, 0)
    reference = independent(clip(name), size, 45).astype(int)
    error = np.abs(frames - reference).mean()
    assert error < 3
    # The bound means something: other channels, another crop, another frame are far off.
    for wrong in (
        reference[..., ::-1],
        np.roll(reference, 2, 2),
        np.roll(reference, 2, 1),
        np.roll(reference, 1, 0),
    ):
        assert np.abs(frames - wrong).mean() > 1.5 * error


@pytest.mark.parametrize("height", [119, 121])
def test_odd_heights(height):
    data = clip("mpeg4", 160, 120)
    assert decode(data, (64, 49))[1]["frames"] == FRAMES
    stream = encode_frames(
        movie(160, 122)[:, :height], 25, "ffv1", {"pix_fmt": "yuv444p"}, "matroska"
    )
    assert decode(stream, (64, 49))[1]["frames"] == FRAMES


def test_colour_tags_do_not_change_pixels():
    plain = annex_b(clip())
    tagged = filtered(plain, "h264_metadata=matrix_coefficients=1:colour_primaries=1")
    assert tagged != plain
    np.testing.assert_array_equal(decode(tagged)[0], decode(plain)[0])


def test_whole_picture_without_crop_and_crop_agree():
    whole, cropped = decode(clip(), (64, 48))[0], decode(clip(), (64, 48), 41)[0]
    np.testing.assert_array_equal(whole[:, 4:45, 12:53], cropped)  # round(3.5), round(11.5)
    with pytest.raises(ValueError, match="larger"):
        decode_clip(clip(), (64, 48), 49, expected_frames=FRAMES)


def fingerprint(data):
    return decode(data)[0].tobytes()


@pytest.mark.parametrize("name", FORMATS)
def test_decoding_is_repeatable_in_processes_under_load(name):
    damaged = flipped(clip(name), 5e-5, 3)
    once = fingerprint(damaged)
    assert once and once == fingerprint(damaged)
    with ProcessPoolExecutor(4, multiprocessing.get_context("fork")) as pool:
        assert set(pool.map(fingerprint, [damaged] * 12)) == {once}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0",
        np.random.default_rng(1).bytes(50_000),
        clip()[: len(clip()) // 2],
        b"RIFF\xff\xff\xff\xffAVI ",
    ],
    ids=["empty", "one byte", "random", "moov lost", "bare AVI"],
)
def test_unreadable_bytes_give_no_frames(data):
    _, account = decode(data)
    assert account["frames"] == 0
    with pytest.raises(ValueError, match="no readable video stream"):
        probe(data)


def test_audio_only_file_has_no_video():
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as out:
        stream = out.add_stream("aac", rate=44100, layout="mono")
        for index in range(8):
            sound = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
            sound.rate, sound.pts = 44100, 1024 * index
            out.mux(stream.encode(sound))
        out.mux(stream.encode())
    assert decode(file.getvalue())[1] == {
        "opened": False,
        "frames": 0,
        "errors": 0,
        "flagged": 0,
        "times": [],
    }
    with pytest.raises(ValueError, match="no readable video stream"):
        probe(file.getvalue())


def test_damaged_avi_header():
    data = bytearray(clip("mpeg4"))
    seen = set()
    for position in range(0, 400, 4):
        data[position : position + 4], kept = b"\xff\xff\xff\xff", data[position : position + 4]
        seen.add(decode(bytes(data))[1]["frames"])
        data[position : position + 4] = kept
    assert len(seen) > 1


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("probability", [1e-5, 1e-4, 1e-3, 1e-2])
def test_bit_flips_never_raise(name, probability):
    accounts = [decode(flipped(clip(name), probability, seed), crop=32)[1] for seed in range(25)]
    if probability == 1e-5:
        assert sum(account["frames"] >= FRAMES for account in accounts) > 20
    if probability == 1e-2:
        assert sum(account["errors"] for account in accounts) > 0


@pytest.mark.parametrize("name", FORMATS)
def test_zeroed_and_truncated_clips_never_raise(name):
    data = clip(name)
    for tenth in range(1, 10):
        cut = len(data) * tenth // 10
        decode(data[:cut])
        decode(data[:cut] + bytes(len(data) - cut))
        decode(bytes(cut) + data[cut:])


def test_truncated_avi_keeps_its_first_frames():
    data = clip("mpeg4")
    whole, _ = decode(data)
    part, account = decode(data[: len(data) // 2])
    assert 0 < account["frames"] < FRAMES
    np.testing.assert_array_equal(part[:4], whole[:4])


def test_picture_size_may_change_midstream():
    stream = annex_b(clip()) + annex_b(clip("h264", 96, 208))
    frames, account = decode(stream, expected_frames=2 * FRAMES)
    assert account["frames"] == 2 * FRAMES
    np.testing.assert_array_equal(frames[:FRAMES], decode(clip())[0])


def test_forged_picture_size_is_refused_quickly():
    slices = annex_b(clip())
    slices = slices[slices.index(b"\0\0\1\x65") :]
    picture_set = b"\0\0\0\1\x68\xce\x3c\x80"
    for width, height in ((16384, 8192), (8192, 8192)):
        assert width * height > MAX_PIXELS
        start = time.perf_counter()
        for head in (b"", annex_b(clip())):
            forged = head + forged_sps(width, height) + picture_set + slices
            _, account = decode(forged, expected_frames=2 * FRAMES)
            assert account["errors"] > 0 and account["frames"] < 2 * FRAMES
        assert time.perf_counter() - start < 2


def interlaced(codec="libx264", container="mp4"):
    """A bright bar that moves from field to field, marked as interlaced."""
    frames = np.zeros((12, 120, 160, 3), np.uint8)
    for index, frame in enumerate(frames):
        for field in (0, 1):
            frame[field::2, 10 + 8 * index + 4 * field :][:, :24] = 255
    options = {"x264-params": "interlaced=1:mbtree=0", "crf": "10"}
    if codec == "mpeg4":
        options = {"flags": "+ilme+ildct", "b": "4M"}
    return frames, encode_frames(frames, 25, codec, options, container)


@pytest.mark.parametrize("form", [("libx264", "mp4"), ("mpeg4", "avi")])
def test_interlaced_pictures_are_scaled_as_a_whole(form):
    """Scaled field by field, they would have combs at any size."""
    frames, data = interlaced(*form)
    with av.open(io.BytesIO(data)) as container:
        assert all(frame.interlaced_frame for frame in container.decode(video=0))
    halves = frames.reshape(12, 60, 2, 80, 2, 3).mean((2, 4))
    for file in (data, transcode(data, {"crf": 10, "preset": "medium", "gop": 250})):
        found, account = decode(file, (80, 60), expected_frames=12)
        assert account["frames"] == 12
        assert 10 * np.log10(255**2 / np.square(found - halves).mean()) > 30


def test_without_a_short_side_pictures_keep_their_size():
    """What comes out is what FFmpeg decodes, to the bit."""
    size = cache_size(160, 120, None)
    assert size == (160, 120) and cache_size(161, 121, None) == size
    with av.open(io.BytesIO(clip())) as container:
        as_they_are = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    frames, account = decode_clip(clip(), size, expected_frames=FRAMES)
    np.testing.assert_array_equal(frames, as_they_are)
    assert account["errors"] == 0
    damaged, account = decode_clip(flipped(clip(), 1e-4, 5), size, expected_frames=FRAMES)
    assert damaged.shape[1:] == (120, 160, 3) and account["frames"] == len(damaged) > 0


def test_distances_do_not_depend_on_how_many_frames_are_compared_at_once(monkeypatch):
    clean, numbers = movie(), np.arange(FRAMES)
    found = []
    for pixels in (1, 5 * 160 * 120, 2**30):
        monkeypatch.setattr(distance, "AT_ONCE", pixels)
        found.append(distance.pixel_distances(clean[::-1], clean, numbers, numbers))
    assert np.array_equal(found[0], found[1]) and np.array_equal(found[0], found[2])


@pytest.mark.parametrize("degrees", [0, 90, 180, -90])
def test_pictures_are_turned_upright(degrees):
    data = turned_by(degrees)
    facts = probe(data)
    upright = np.rot90(movie()[:6], degrees // 90, (1, 2))
    assert (facts["height"], facts["width"]) == upright.shape[1:3]
    assert facts["turns"] == degrees // 90 % 4
    size = cache_size(facts["width"], facts["height"], 60)
    small = [np.asarray(Image.fromarray(each).resize(size)) for each in upright]
    for file in (data, transcode(data, {"crf": 10, "preset": "medium", "gop": 250})):
        frames, _ = decode_clip(file, size, expected_frames=6, turns=facts["turns"])
        assert np.abs(frames.astype(int) - small).mean() < 6
        cropped, _ = decode_clip(file, size, 41, expected_frames=6, turns=facts["turns"])
        top, left = round((size[1] - 41) / 2), round((size[0] - 41) / 2)
        np.testing.assert_array_equal(frames[:, top : top + 41, left : left + 41], cropped)


def turned_by(degrees):
    """An MP4 file that asks its player to turn it."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as out:
        stream = out.add_stream("libx264", rate=25, width=160, height=120, options={"crf": "10"})
        stream.pix_fmt = "yuv420p"
        stream.set_display_rotation(degrees)
        for pixels in movie()[:6]:
            out.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        out.mux(stream.encode())
    return file.getvalue()


def test_oversized_clip_is_refused():
    black = np.zeros((1, 4096, 4096, 3), np.uint8)
    assert black[0, ..., 0].size > MAX_PIXELS
    data = encode_frames(black, 25, "mpeg4", {"b": "100k"})
    start = time.perf_counter()
    frames, account = decode(data, expected_frames=1)
    assert len(frames) == 0 and account["errors"] > 0
    assert time.perf_counter() - start < 2


def test_surplus_frames_are_kept_up_to_a_bound():
    stream = annex_b(clip())
    _, account = decode(stream * 2, expected_frames=FRAMES)
    assert account["frames"] == 2 * FRAMES
    _, account = decode(stream * 4, expected_frames=2)
    assert account["frames"] == 4 * 2 + 64
    assert decode(clip(), expected_frames=0)[1]["frames"] == FRAMES


def test_packet_of_forged_size_costs_what_follows_it_and_no_more():
    """FFmpeg calls a size of 512 MB in the box stsz a lack of memory, and reads no further."""
    data = bytearray(clip())
    sizes = data.index(b"stsz") + 16  # of packets, 4 bytes each
    data[sizes + 4 * 20] = 0x20
    frames, account = decode(bytes(data))
    assert account["errors"] == 1
    assert 12 < len(frames) < FRAMES
    np.testing.assert_array_equal(frames[:12], decode(clip())[0][:12])


def test_a_stream_that_appears_on_the_way_harms_no_other():
    """FFmpeg finds it after what it reads ahead, some 5 MB."""
    noise = np.random.default_rng(0).integers(0, 256, (14, 480, 640, 3), np.uint8)
    data = encode_frames(noise, 25, "flv", {"b": "200M", "qmin": "1", "g": "1"}, "flv")
    sound = bytes([8]) + (2).to_bytes(3) + bytes(7) + b"\x2f\0" + (13).to_bytes(4)
    assert probe(data + sound) == probe(data)
    frames, account = decode(data + sound, expected_frames=14)
    assert (len(frames), account["errors"]) == (14, 0)
    settings = {"crf": 40, "preset": "ultrafast", "gop": 250}
    assert transcode(data + sound, settings) == transcode(data, settings)


@pytest.mark.parametrize("name", FORMATS)
def test_probe(name):
    assert probe(clip(name)) == {
        "frames": FRAMES,
        "fps": 25.0,
        "width": 160,
        "height": 120,
        "codec": name,
        "turns": 0,
    }


def test_probe_reads_fractional_rates():
    data = encode_frames(movie(), Fraction(30000, 1001), *FORMATS["h264"])
    assert probe(data)["fps"] == pytest.approx(29.97, abs=0.01)


@pytest.mark.parametrize("folder", ["weizmann", "ucf101_clips"])
def test_real_clips(folder):
    paths = sorted((SHARED / folder).rglob("*.avi"))[:4]
    if not paths:
        pytest.skip(f"no clips in {SHARED / folder}")
    for path in paths:
        data = path.read_bytes()
        facts = probe(data)
        size = cache_size(facts["width"], facts["height"], 64)
        _, account = decode(data, size, 64, expected_frames=facts["frames"])
        assert account["frames"] == facts["frames"] and account["errors"] == 0
        decode(flipped(data, 1e-4, 5), size=size, crop=64)


# Whole shards ------------------------------------------------------------------------------------

NAMES = ("run/a", "run/b", "walk/c")
LIMITS = {"cpu_seconds": 30, "cpu_seconds_per_megapixel": 0.2, "memory_mb": 2048}
WHOLE, LATE = {"changed": 0, "delay": 0.0}, {"changed": 1, "delay": 0.0}


@pytest.fixture(scope="module")
def shard(tmp_path_factory):
    """Archives of three clips, clean and with damage to the first two, and the manifest's rows."""
    folder = tmp_path_factory.mktemp("shard")
    clean = [(f"{name}.mp4", clip()) for name in NAMES]
    broken = [(NAMES[0] + ".mp4", b"nothing"), (NAMES[1] + ".mp4", flipped(clip(), 1e-4, 3))]
    write_clips(folder / "clean.zip", clean)
    write_clips(folder / "damaged.zip", [*broken, clean[2]])
    rows = [
        {"id": name, "label": name.split("/")[0]}
        | {"frames": FRAMES, "width": 160, "height": 120, "turns": 0}
        for name in NAMES
    ]
    return folder, rows


def decoded(shard, archive="clean.zip", **options):
    folder, rows = shard
    settings = {"short_side": 48, "crop": 40, "limits": LIMITS} | options
    return list(decode_shard(folder / archive, rows, **settings))


def decoded_damaged(shard, clean_clips, **options):
    """The damaged archive, whose last clip is whole."""
    damage = [LATE, LATE, WHOLE]
    return decoded(shard, "damaged.zip", clean=clean_clips, damage=damage, **options)


@pytest.fixture
def clean_clips(shard, tmp_path):
    paths = tmp_path / "clean.frames", tmp_path / "clean.parquet"
    write_shard(*paths, decoded(shard))
    return DecodedClips(paths)


def test_clean_clips_of_a_shard_are_whole_and_at_no_distance(shard):
    for name, (frames, account) in zip(NAMES, decoded(shard), strict=True):
        assert np.array_equal(frames, decode(clip(), crop=40)[0])
        assert account == {
            "clip": name, "label": name.split("/")[0], "status": "ok", "opened": True,
            "frames": FRAMES, "errors": 0, "flagged": 0, "full_length": True, "unchanged": False,
            "distance": 0, "distance_dropped": 0, "numbers": list(range(FRAMES)),
            "times": [pytest.approx(index / 25) for index in range(FRAMES)],
        }  # fmt: skip


def test_damaged_clips_are_decoded_and_the_others_taken_over(shard, clean_clips):
    found = decoded_damaged(shard, clean_clips)
    unreadable, damaged, same = (account for _, account in found)
    assert unreadable["status"] == "ok" and unreadable["frames"] == 0
    assert np.isnan(unreadable["distance"])
    assert not damaged["unchanged"]
    difference = (found[1][0][:].astype(float) - clean_clips[1]) / 255
    expected = np.sqrt(np.square(difference).mean(-1)).mean()
    assert damaged["distance"] == damaged["distance_dropped"] == pytest.approx(expected)
    assert expected > 0
    assert same == clean_clips.accounts[2] | {"unchanged": True}
    assert np.array_equal(found[2][0], clean_clips[2])


def test_frames_that_damage_left_alone_are_not_stored_again(shard, clean_clips, tmp_path):
    folder, rows = shard
    whole = annex_b(clip())  # no index at its end
    half = len(whole) // 2
    late = whole[:half] + flipped(whole[half:], 1e-3, 3)
    write_clips(tmp_path / "late.zip", [(f"{NAMES[0]}.h264", late)])
    found = [*decode_shard(tmp_path / "late.zip", rows[:1], 48, 40, LIMITS, clean_clips, [LATE])]
    ((frames, account),) = found
    pairs = zip(frames, clean_clips[0][np.array(account["numbers"])], strict=True)
    differ = [not np.array_equal(*pair) for pair in pairs]
    assert account["stored"] == np.flatnonzero(differ).tolist() and 0 < sum(differ) < len(frames)
    paths = tmp_path / "late.frames", tmp_path / "late.parquet"
    write_shard(*paths, found)
    assert paths[0].stat().st_size == frames.kept(differ).nbytes == frames[differ].nbytes // 2
    assert np.array_equal(DecodedClips(paths, clean_clips, gaps="drop")[0][:], frames)


def test_distances_are_measured_only_where_they_are_asked_for(shard, clean_clips):
    found = decoded_damaged(shard, clean_clips, measured=False)[:2]
    assert all(
        np.isnan([account["distance"], account["distance_dropped"]]).all() for _, account in found
    )


def test_workers_change_nothing(shard, clean_clips):
    one, two = (decoded_damaged(shard, clean_clips, workers=workers) for workers in (1, 2))
    for (frames, account), (other, its) in zip(one, two, strict=True):
        assert np.array_equal(frames, other)
        np.testing.assert_equal(account, its)


NO_TIME = {"cpu_seconds": 1e-5, "cpu_seconds_per_megapixel": 0, "memory_mb": 2048}


@pytest.fixture
def long_shard(shard):
    """Clips that take longer to decode than the clock of the kernel is coarse."""
    folder, rows = shard
    write_clips(folder / "long.zip", [(f"{name}.h264", annex_b(clip()) * 20) for name in NAMES])
    return folder, [row | {"frames": 20 * FRAMES} for row in rows]


def test_clip_beyond_its_limits_has_no_frame(long_shard, clean_clips):
    options = {"clean": clean_clips, "damage": [LATE, WHOLE, LATE]}
    found = decoded(long_shard, "long.zip", limits=NO_TIME, **options)
    assert [account["status"] for _, account in found] == ["timed_out", "ok", "timed_out"]
    assert found[0][0].shape == found[2][0].shape == (0, 40, 40, 3)


def test_limits_grow_with_the_clip(long_shard):
    found = decoded(long_shard, "long.zip", limits=NO_TIME | {"cpu_seconds_per_megapixel": 20})
    assert [account["status"] for _, account in found] == ["ok"] * 3


def test_clean_clip_that_cannot_be_decoded_is_an_error(shard, long_shard):
    with pytest.raises(
        UserError, match=r"clean clip run/a cannot be decoded \(timed out\).*decode"
    ):
        decoded(long_shard, "long.zip", limits=NO_TIME)
    with pytest.raises(UserError, match=r"clean clip run/a cannot be decoded \(no frame\)"):
        decoded(shard, "damaged.zip")


def test_archive_of_other_clips_is_refused(shard):
    folder, rows = shard
    others = [rows[1], rows[0], rows[2]]
    with pytest.raises(UserError, match=r"clean\.zip holds other clips than the manifest"):
        list(decode_shard(folder / "clean.zip", others, 48, 40, LIMITS))


FLAGS = {
    "h264": ("libx264", {}, "mp4"),
    "mpeg4": ("mpeg4", {}, "avi"),
    "mpeg2": ("mpeg2video", {}, "mpegts"),
    "h263": ("h263", {}, "avi"),
}
NO_FLAGS = {
    "h265": ("libx265", {"x265-params": "log-level=none:pools=none:frame-threads=1"}, "mp4"),
    "vp8": ("libvpx", {}, "webm"),
    "vp9": ("libvpx-vp9", {}, "webm"),
    "av1": ("libsvtav1", {"preset": "12", "svtav1-params": "lp=1"}, "mp4"),
}


@pytest.mark.parametrize("codec", [*FLAGS, *NO_FLAGS])
def test_which_decoders_flag_damaged_pictures(codec):
    """docs/reproduction.md names them: of others, the detector `decoder` finds nothing."""
    data = encode_frames(movie(176, 144), 25, *(FLAGS | NO_FLAGS)[codec])
    clean, account = decode(data)
    assert account["flagged"] == 0
    found, changed = 0, 0
    for seed in range(10):
        frames, account = decode(flipped(data, 1e-4, seed))
        found += account["flagged"] > 0
        changed += frames.shape != clean.shape or not np.array_equal(frames, clean)
    assert changed >= 5
    assert (found > 0) == (codec in FLAGS)
