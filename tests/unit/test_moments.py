"""Frames of damaged clips stand for the frames of the clean clip that are shown at their time."""

import numpy as np
import pytest
from test_decode import LIMITS, movie

from framefault.corruption.distance import mean_distances
from framefault.corruption.packet_loss import corrupt as drop_packets
from framefault.files import write_clips
from framefault.seeds import rng
from framefault.video.cache import DecodedClips, write_shard
from framefault.video.decode import decode_shard
from framefault.video.moments import clean_times, frame_numbers, longest_rise, shown
from videos import encode_frames

CLEAN = np.arange(10) / 25


def numbers(frames, clean=CLEAN):
    """Numbers for frames shown when these frames of the clean clip are."""
    return frame_numbers([None if each is None else each / 25 for each in frames], clean).tolist()


def test_frames_keep_their_places():
    assert numbers(range(10)) == list(range(10))
    assert numbers([2, 3, 7, 9]) == [2, 3, 7, 9]
    assert numbers([2.3, 2.8, 7.4]) == [2, 3, 7]
    assert numbers([]) == []


def test_frames_without_a_time_follow_the_frame_before_them():
    assert numbers([None] * 4) == [0, 1, 2, 3]
    assert numbers([3, None, None, 8]) == [3, 4, 5, 8]
    assert numbers([None, None, 5, None]) == [3, 4, 5, 6]
    assert numbers([3, None, None, 4]) == [3, 4, 4, 4]
    assert numbers([None, None, None, 1]) == [0, 0, 0, 1]
    assert numbers([1, 2, 3], clean=CLEAN[:0]) == [0, 1, 2]


def test_times_of_which_most_are_forged_do_not_count():
    assert numbers([2 * frame for frame in range(12)]) == list(range(12))
    assert numbers([0, 1e9, 1e9, 1e9]) == [0, 1, 2, 3]
    assert numbers([4] * 9) == list(range(9))


@pytest.mark.parametrize("forged", [9, -1, 10.2, 1e18, -1e18, float("inf"), float("nan"), 0])
def test_one_forged_time_moves_no_other_frame(forged):
    assert numbers([2, 3, forged, 5, 6, 7]) == [2, 3, 4, 5, 6, 7]


def test_forged_times_make_no_more_frames_than_there_are():
    draw = np.random.default_rng(0)
    for scale in (1, 10, 1e6, 1e300):
        for _ in range(50):
            found = frame_numbers(draw.normal(0, scale, 30), CLEAN)
            positions, moments = shown(found, "repeat")
            assert (np.diff(found) >= 0).all() and 0 <= found.min() <= found.max() < 10 + 30
            assert (np.diff(moments) == 1).all() and (np.diff(positions) >= 0).all()


def test_longest_rise():
    assert longest_rise([]) == []
    assert longest_rise([5, 1, 1, 9, 2, 3]) in ([1, 4, 5], [2, 4, 5])
    draw = np.random.default_rng(1)
    for _ in range(20):
        values = draw.integers(0, 9, 9).tolist()
        parts = [[at for at in range(9) if which >> at & 1] for which in range(2**9)]
        best = max(len(part) for part in parts if rises(values, part))
        found = longest_rise(values)
        assert len(found) == best and rises(values, found)


def rises(values, positions):
    chosen = [values[at] for at in positions]
    return chosen == sorted(set(chosen)) and positions == sorted(set(positions))


def test_clean_times_have_to_rise():
    assert clean_times([0, 0.04, None, 0.12]).tolist() == pytest.approx([0, 0.04, 0.08, 0.12])
    assert clean_times([0.5]).tolist() == [0.5]
    assert clean_times([3, None, None]).tolist() == [3, 4, 5]
    for times in ([None, 0.04], [0, 0.04, 0.04], [0, 0.08, 0.04], []):
        assert clean_times(times).tolist() == []


def test_frames_are_shown_until_the_next_one_comes_or_once():
    found = np.array([2, 3, 3, 6])
    positions, moments = shown(found, "repeat")
    assert (positions.tolist(), moments.tolist()) == ([0, 2, 2, 2, 3], [2, 3, 4, 5, 6])
    positions, moments = shown(found, "drop")
    assert (positions.tolist(), moments.tolist()) == ([0, 1, 2, 3], [2, 3, 3, 6])
    for gaps in ("repeat", "drop"):
        assert [len(each) for each in shown([], gaps)] == [0, 0]


@pytest.mark.parametrize("wrong", [0, 9])
def test_the_distance_from_black_to_white_is_one_and_every_frame_counts_alike(wrong):
    black = np.zeros((10, 6, 8, 3), np.uint8)
    damaged, numbers = black.copy(), np.arange(10)
    damaged[wrong] = 255
    assert mean_distances(damaged, black, numbers, *shown(numbers, "repeat")) == [0.1, 0.1]


def test_distances_are_those_of_what_is_seen_at_the_same_moments():
    draw = np.random.default_rng(2)
    clean = draw.integers(0, 256, (200, 6, 8, 3), np.uint8)
    found = np.array([2, 3, 6, 7, *range(9, 150)])
    damaged = clean[found]
    damaged[1] = 255 - damaged[1]

    def between(one, other):
        return np.sqrt(np.square(one / 255 - other / 255).mean(-1)).mean()

    seen, came = mean_distances(damaged, clean, found, *shown(found, "repeat"))
    inverted = between(clean[3], 255 - clean[3])
    gaps = [between(255 - clean[3], clean[moment]) for moment in (4, 5)]
    gaps += [between(clean[7], clean[8])]
    assert came == pytest.approx(inverted / len(found))
    assert seen == pytest.approx((inverted + sum(gaps)) / (150 - 2))
    beyond = np.arange(198, 203)
    assert mean_distances(clean[:5], clean, beyond, *shown(beyond, "repeat"))[0] == pytest.approx(
        (between(clean[0], clean[198]) + between(clean[1], clean[199])) / 2
    )
    nothing = np.arange(300, 305)
    assert np.isnan(mean_distances(clean[:5], clean, nothing, *shown(nothing, "repeat"))).all()


# Real clips through the channel: every picture can be decoded alone, so it is what it was ---------

ALONE = {
    "mp4": ("libx264", {"g": "1"}),
    "mov": ("libx264", {"g": "1"}),
    "matroska": ("libx264", {"g": "1"}),
    "avi": ("mpeg4", {"g": "1", "b": "2M"}),
}
PICTURE = 65_000  # bytes: a datagram holds a picture


def decoded(folder, name, clips, clean=None, damage=None):
    """The clips as the stage decodes them."""
    rows = [
        {"id": clip, "label": "a", "frames": 24, "width": 160, "height": 120, "turns": 0}
        for clip, _ in clips
    ]
    write_clips(folder / f"{name}.zip", [(f"{clip}.bin", data) for clip, data in clips])
    found = decode_shard(folder / f"{name}.zip", rows, 48, None, LIMITS, clean, damage)
    write_shard(folder / f"{name}.frames", folder / f"{name}.parquet", found)
    return DecodedClips([folder / f"{name}.frames"], clean)


@pytest.mark.parametrize("container", ALONE)
def test_pictures_after_the_channel_are_the_clean_ones_at_their_moments(tmp_path, container):
    data = encode_frames(movie(), 25, *ALONE[container], container)
    clean = decoded(tmp_path, "clean", [(f"a/{i}", data) for i in range(4)])
    received = [drop_packets(data, 0.4, rng("moments", i), mtu=PICTURE) for i in range(4)]
    damage = [{"changed": each.changed, "delay": each.delay} for each in received]
    files = [(f"a/{i}", each.data) for i, each in enumerate(received)]
    clips = decoded(tmp_path, "damaged", files, clean, damage)
    for index, account in enumerate(clips.accounts):
        lost = rng("moments", index).random(24) < 0.4
        assert account["numbers"] == np.flatnonzero(~lost).tolist()
        assert account["stored"] == []  # all that came are, pixel by pixel, the clean ones
        first, last = account["numbers"][0], account["numbers"][-1]
        assert clips.length(index) == last - first + 1 > account["frames"]
        assert account["distance_dropped"] == 0 < account["distance"]
        assert not account["full_length"]
    assert clips.accounts[0]["numbers"] != clips.accounts[1]["numbers"]


FORGED = {
    "time of a frame": (b"stts", 16, b"\xff\xff\xff\xff"),
    "twice the time of a frame": (b"stts", 16, (1024).to_bytes(4)),
    "half the time of a frame": (b"stts", 16, (256).to_bytes(4)),
    "number of frames with it": (b"stts", 12, b"\0\0\0\1"),
    "ticks of a second": (b"mdhd", 16, b"\0\0\0\1"),
    "no ticks of a second": (b"mdhd", 16, b"\0\0\0\0"),
    "order of frames": (b"ctts", 16, b"\x7f\xff\xff\xff"),
    "edit list": (b"elst", 16, b"\x00\xff\xff\xff"),
}


@pytest.mark.parametrize("name", FORGED)
def test_forged_times_of_a_file_make_no_frames(tmp_path, name):
    data = encode_frames(movie(), 25, "libx264", {"bf": "2", "g": "12"})
    box, at, value = FORGED[name]
    at += data.index(box)
    forged = data[:at] + value + data[at + 4 :]
    assert forged != data
    clean = decoded(tmp_path, "clean", [("a/0", data)])
    clips = decoded(tmp_path, "forged", [("a/0", forged)], clean, [{"changed": 1, "delay": 0.0}])
    numbers = clips.accounts[0]["numbers"]
    assert numbers == sorted(numbers)
    assert clips.accounts[0]["frames"] == len(numbers)
    assert clips.length(0) <= 24


def test_as_many_frames_as_the_clean_clip_decodes_to_are_its_full_length(tmp_path):
    """The manifest counts packets, of which some hold no picture."""
    data = encode_frames(movie()[:20], 25, *ALONE["mp4"])
    clean = decoded(tmp_path, "clean", [("a/0", data)])
    assert clean.accounts[0]["full_length"] and clean.accounts[0]["frames"] == 20
    damage = [{"changed": 1, "delay": 0.0}]
    assert decoded(tmp_path, "same", [("a/0", data)], clean, damage).accounts[0]["full_length"]
    less = drop_packets(data, 0.2, rng("moments"), mtu=PICTURE)
    damage = [{"changed": 1, "delay": less.delay}]
    found = decoded(tmp_path, "less", [("a/0", less.data)], clean, damage).accounts[0]
    assert found["frames"] < 20 and not found["full_length"]


def test_frames_before_the_first_whose_time_counts_are_numbered_back_from_it():
    clean = np.arange(20) / 25
    assert frame_numbers([None, 0.2, 0.24, 0.36], clean).tolist() == [4, 5, 6, 9]
