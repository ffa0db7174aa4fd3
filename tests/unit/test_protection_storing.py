"""Stored videos outlive damage as the laws of their protections say."""

import io
import struct
from functools import cache
from itertools import product

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reedsolo import ReedSolomonError, RSCodec
from scipy.stats import binom, binomtest

from framefault.corruption import contiguous, random, sector_loss
from framefault.data.motion import make_clip
from framefault.methods import methods
from framefault.protection.storing import container, moov_twice, reed_solomon
from framefault.protection.storing.container import FORMATS
from framefault.video.decode import decode_clip
from videos import encode_frames

ALARM = 1e-4  # probability that a test of a law fails though the law holds
FRAMES = make_clip("clip", "zoom_in", "rocket", 96, 64, 20, 6)
CODED = {
    "h264": ("libx264", {"g": "8"}, "mp4"),
    "h264 in Matroska": ("libx264", {}, "matroska"),
    "h264 in MPEG-TS": ("libx264", {}, "mpegts"),
    "h265": ("libx265", {"x265-params": "log-level=none:pools=none:frame-threads=1"}, "mp4"),
    "mpeg4": ("mpeg4", {"bf": "0"}, "avi"),
}
NOT_HELD = {("h265", "avi")}


@cache
def video(name="h264"):
    codec, options, kept_in = CODED[name]
    return encode_frames(FRAMES, 25, codec, options, kept_in)


def pixels(data):
    with av.open(io.BytesIO(data)) as file:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in file.decode(video=0)])


@cache
def protections():
    """{name: (store, recover)} with parameters that small files can have."""
    found = {f"container {each}": (container, {"format": each}) for each in FORMATS}
    found |= {"moov_twice": (moov_twice, {})}
    found |= {
        f"reed_solomon {turns}": (reed_solomon, {"k": 20, "parity": 6, "interleave": turns})
        for turns in (False, True)
    }
    return found


DAMAGES = {"random": random, "contiguous": contiguous, "sector_loss": sector_loss}


def test_folders_are_methods_that_take_what_they_say():
    found = methods("framefault.protection.storing", "store")
    assert list(found) == ["container", "moov_twice", "reed_solomon"]
    assert methods("framefault.protection.storing", "recover").keys() == found.keys()
    for method in found.values():
        assert len(method.load()(video())) >= len(video())
    assert set(found["container"].about["parameters"]["format"]["enum"]) == set(FORMATS)


@pytest.mark.parametrize(("name", "form"), sorted(set(product(CODED, FORMATS)) - NOT_HELD))
def test_every_container_has_the_same_pictures_and_bytes(name, form):
    stored = container.store(video(name), form)
    assert container.store(video(name), form) == stored
    assert (pixels(container.recover(stored, stored, form)) == pixels(video(name))).all()


def test_containers_are_what_they_say():
    def tops(form):
        return [name for name, *_ in moov_twice.boxes(container.store(video(), form))]

    assert tops("mp4")[-1] == b"moov"
    assert tops("faststart").index(b"moov") < tops("faststart").index(b"mdat")
    assert b"moof" in tops("fragmented")
    starts = {"avi": b"RIFF", "matroska": b"\x1aE\xdf\xa3", "mpegts": b"G"}
    assert all(container.store(video(), form).startswith(start) for form, start in starts.items())


def test_avi_has_one_packet_a_frame():
    """Its muxer fills times that no packet has with empty ones, which cost bytes."""
    packets = container.store(video(), "avi").partition(b"idx1")[2]
    assert packets.count(b"00dc") == len(FRAMES)


def test_what_a_container_cannot_hold_is_refused():
    with pytest.raises((av.error.FFmpegError, ValueError)):
        container.store(b"no video")
    for name, form in NOT_HELD:
        with pytest.raises(ValueError, match="does not support"):
            container.store(video(name), form)
    sound = io.BytesIO()
    with av.open(sound, "w", format="wav") as file:
        file.add_stream("pcm_s16le", rate=8000)
        file.start_encoding()
    with pytest.raises((av.error.FFmpegError, ValueError)):
        container.store(sound.getvalue())


@pytest.mark.parametrize("name", ["moov_twice", "reed_solomon False", "reed_solomon True"])
def test_without_damage_the_file_is_what_it_was(name):
    module, parameters = protections()[name]
    stored = module.store(video(), **parameters)
    assert module.recover(stored, stored, **parameters) == video()


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    name=st.sampled_from(sorted(protections())),
    kind=st.sampled_from(sorted(DAMAGES)),
    level=st.sampled_from([1e-5, 1e-3, 0.05, 0.3, 0.9]),
    seed=st.integers(0, 2**32 - 1),
    cut=st.floats(0, 1),
)
def test_recovering_raises_nothing(name, kind, level, seed, cut):
    module, parameters = protections()[name]
    stored = module.store(video(), **parameters)
    damaged = DAMAGES[kind].corrupt(stored, level, np.random.default_rng(seed)).data
    for each in (damaged, damaged[: int(cut * len(damaged))], b""):
        assert isinstance(module.recover(each, stored, **parameters), bytes)


# The index twice.


def parts():
    """(stored, first byte of moov, of the copy's box, of the copy)."""
    stored = moov_twice.store(video())
    first = next(at for name, at, _ in moov_twice.boxes(video()) if name == b"moov")
    return stored, first, len(video()), len(video()) + moov_twice.HEADER


def test_the_index_twice_costs_its_bytes_and_twelve():
    stored, first, _, _ = parts()
    assert len(stored) == len(video()) + (len(video()) - first) + 8 + 4
    assert stored.startswith(video())
    assert (pixels(stored) == pixels(video())).all()  # players skip it


@settings(max_examples=200, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**32 - 1), share=st.sampled_from([0.001, 0.1, 1]))
def test_damage_to_one_index_alone_is_undone(seed, share):
    stored, first, box, copy = parts()
    draw = np.random.default_rng(seed)
    for start, stop in ((first, box), (copy, len(stored) - 4)):
        damaged = bytearray(stored)
        count = max(1, int(share * (stop - start)))
        for at in draw.choice(np.arange(start, stop), count, replace=False):
            damaged[at] ^= draw.integers(1, 256)
        assert moov_twice.recover(bytes(damaged)) == video()


@pytest.mark.parametrize("fill", [b"\0", b"\xff", b"moov", b"free"])
def test_an_index_that_is_overwritten_as_a_whole_is_undone(fill):
    stored, first, box, _ = parts()
    size = box - first
    damaged = stored[:first] + (fill * size)[:size] + stored[box:]
    assert moov_twice.recover(damaged) == video()


def test_without_a_checksum_structure_decides():
    stored, first, box, _ = parts()
    trak = video().index(b"trak", first)
    broken = bytearray(stored)
    broken[-1] ^= 1
    broken[trak - 1] ^= 1  # its size
    assert moov_twice.recover(bytes(broken)) == video()
    broken[trak - 1 + box + 8 - first] ^= 1  # in the copy as well
    assert moov_twice.recover(bytes(broken))[:first] == video()[:first]


def test_tables_that_say_another_length_do_not_fit():
    moov = parts()[0][parts()[1] : parts()[2]]
    assert moov_twice.fits(moov)
    at = moov.index(b"stts") + 8
    assert not moov_twice.fits(moov[:at] + struct.pack(">I", 77) + moov[at + 4 :])
    assert not moov_twice.fits(moov[:-1])


def test_boxes_in_boxes_without_end_do_not_fit():
    deep = b""
    for _ in range(5000):
        deep = struct.pack(">I4s", len(deep) + 8, b"trak") + deep
    assert not moov_twice.fits(deep)


@pytest.mark.parametrize("form", ["faststart", "avi", "mpegts"])
def test_only_a_file_that_ends_with_its_index_can_have_it_twice(form):
    with pytest.raises(ValueError, match="store it as mp4 first"):
        moov_twice.store(container.store(video(), form))


# Reed-Solomon codes.


@pytest.mark.parametrize(("k", "parity"), [(223, 32), (40, 8), (7, 3), (1, 1)])
def test_parity_is_that_of_a_real_coder(k, parity):
    message = np.random.default_rng(k).integers(0, 256, (5, k)).astype(np.uint8)
    coder = RSCodec(parity)
    expected = [bytes(coder.encode(bytes(row)))[k:] for row in message]
    assert [row.tobytes() for row in reed_solomon.parities(message, parity)] == expected


@pytest.mark.parametrize("wrong", range(21))
def test_a_block_comes_back_exactly_when_a_real_coder_decodes_it(wrong):
    draw, k, parity = np.random.default_rng(wrong), 100, 24
    coder = RSCodec(parity)
    for erasures in (0, 1, 8, 24, 25):
        data = draw.bytes(k)
        stored = reed_solomon.store(data, k, parity)
        places = draw.choice(k + parity, wrong + erasures, replace=False)
        damaged = np.frombuffer(stored, np.uint8).copy()
        damaged[places] ^= draw.integers(1, 256, len(places)).astype(np.uint8)
        erased = np.isin(np.arange(k + parity), places[wrong:])
        ours = reed_solomon.recover(damaged.tobytes(), stored, k, parity, erased=erased)
        try:
            decoded = bytes(coder.decode(damaged.tobytes(), erase_pos=list(places[wrong:]))[0])
        except ReedSolomonError:
            decoded = damaged[:k].tobytes()
        assert (ours == data) == (decoded == data) == (2 * wrong + erasures <= parity)
        if not erasures:  # else a decoder may take a wrong block for right
            assert ours == decoded


@pytest.mark.parametrize("interleave", [False, True])
def test_blocks_fail_by_the_binomial_law(interleave):
    k, parity, p = 40, 8, 0.06
    count = 4000
    data = np.random.default_rng(1).bytes(k * count)
    stored = reed_solomon.store(data, k, parity, interleave)
    draw = np.random.default_rng(2)
    hit = draw.random(len(stored)) < p
    damaged = np.where(hit, np.frombuffer(stored, np.uint8) ^ 1, np.frombuffer(stored, np.uint8))
    back = reed_solomon.recover(damaged.astype(np.uint8).tobytes(), stored, k, parity, interleave)
    # A block that failed keeps its wrong bytes; it shows unless all of them are parity.
    failed = binom(k + parity, p).sf(parity // 2)
    hidden = sum(
        binom(parity, p).pmf(wrong) * binom(k, p).pmf(0)
        for wrong in range(parity // 2 + 1, parity + 1)
    )
    shape = (k, count) if interleave else (count, k)
    differs = (np.frombuffer(back, np.uint8) != np.frombuffer(data, np.uint8)).reshape(shape)
    seen = int(differs.any(axis=0 if interleave else 1).sum())
    assert binomtest(seen, count, failed - hidden).pvalue > ALARM


def test_a_lost_sector_hits_blocks_that_take_turns_less():
    data = np.random.default_rng(3).bytes(223 * 200)
    for interleave in (True, False):
        stored = reed_solomon.store(data, interleave=interleave)
        damaged = bytearray(stored)
        damaged[8192 : 8192 + 2048] = bytes(2048)
        recovered = reed_solomon.recover(bytes(damaged), stored, interleave=interleave)
        assert (recovered == data) is interleave


def test_bytes_that_the_disk_reports_cost_half():
    data = np.random.default_rng(4).bytes(223 * 100)
    stored = reed_solomon.store(data)
    damaged = bytearray(stored)
    damaged[: 30 * 100] = bytes(3000)  # 30 bytes of each block
    erased = np.arange(len(stored)) < 3000
    assert reed_solomon.recover(bytes(damaged), stored) != data
    assert reed_solomon.recover(bytes(damaged), stored, erased=erased) == data


@pytest.mark.parametrize("size", [0, 1, 222, 223, 224, 5000])
@pytest.mark.parametrize("interleave", [False, True])
def test_parity_costs_its_bytes_for_every_block(size, interleave):
    data = np.random.default_rng(size).bytes(size)
    stored = reed_solomon.store(data, interleave=interleave)
    assert len(stored) == size + 32 * -(-size // 223)
    assert stored.startswith(data)  # so that players without a decoder read it
    assert reed_solomon.recover(stored, stored, interleave=interleave) == data
    assert reed_solomon.store(data, parity=0, interleave=interleave) == data


def test_blocks_are_as_long_as_the_code_has_them():
    with pytest.raises(ValueError, match=r"224 \+ 32 bytes is longer than 255"):
        reed_solomon.store(b"", 224)


def test_flips_that_change_a_plain_file_leave_a_coded_one_whole():
    stored = reed_solomon.store(video())
    plain = coded = 0
    for seed in range(20):
        damaged = random.corrupt(stored, 1e-3, np.random.default_rng(seed)).data
        frames, _ = decode_clip(damaged[: len(video())], (96, 64), None, expected_frames=20)
        plain += np.array_equal(frames, clean_frames())
        coded += reed_solomon.recover(damaged, stored) == video()
    assert plain < coded == 20


@cache
def clean_frames():
    return decode_clip(video(), (96, 64), None, expected_frames=20)[0]
