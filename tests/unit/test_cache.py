"""The cache of decoded clips."""

import numpy as np
import pytest

from clips import as_pictures
from framefault.errors import UserError
from framefault.tabular import read_parquet
from framefault.video.cache import ACCOUNT, DecodedClips, write_shard
from framefault.video.pictures import Pictures

LENGTHS = [3, 0, 5, 2]


def clip(index, seed, **account):
    """A made-up decoded clip; only the first one is taller than wide."""
    height, width = (6, 4) if index == 0 else (4, 6)
    draw = np.random.default_rng([index, seed])
    frames = as_pictures(draw.integers(0, 256, (LENGTHS[index], height, width, 3), np.uint8))
    status = "ok" if len(frames) else "crashed"
    known = {
        "clip": f"odd/a!#[]~{index}", "label": "odd", "status": status, "opened": len(frames) > 0,
        "frames": len(frames), "errors": index, "full_length": True, "unchanged": False,
        "distance": 0.25, "distance_dropped": 0.5, "numbers": list(range(len(frames))), "times": [],
    }  # fmt: skip
    return frames, known | account


def write_shards(folder, clips):
    """Two shards of two clips each; the paths as a rule's input lists them."""
    paths = []
    for shard in (0, 1):
        frames = folder / f"{shard:05d}-of-00002.frames"
        write_shard(frames, frames.with_suffix(".parquet"), clips[2 * shard : 2 * shard + 2])
        paths += [frames, frames.with_suffix(".parquet")]
    return paths


@pytest.fixture
def shards(tmp_path):
    return write_shards(tmp_path, [clip(index, seed=0) for index in range(4)])


def test_clips_come_back_over_all_shards(shards):
    clips = DecodedClips(shards)
    assert len(clips) == 4
    for index in range(4):
        frames, account = clip(index, seed=0)
        assert clips[index].shape == frames.shape and len(clips[index]) == len(frames)
        np.testing.assert_array_equal(clips[index][:], frames[:], strict=True)
        assert clips.accounts[index].items() >= account.items()


def test_unchanged_clips_are_stored_once(tmp_path, shards):
    corrupted = [clip(0, 1), clip(1, 1), clip(2, 0, unchanged=True), clip(3, 1)]
    paths = write_shards(tmp_path / "corrupted", corrupted)
    assert paths[2].stat().st_size == corrupted[3][0].kept(slice(None)).nbytes
    clips = DecodedClips(paths, clean=DecodedClips(shards))
    for index in range(4):
        assert np.array_equal(clips[index], corrupted[index][0])
    assert clips.accounts[2]["frames"] == 5


def test_frames_of_the_clean_clip_are_stored_once(tmp_path):
    clean, account = clip(2, seed=0)
    write_shard(tmp_path / "a.frames", tmp_path / "a.parquet", [(clean, account)])
    damaged, account = clip(2, seed=1, numbers=[0, 1, 3, 4, 7], stored=[1, 4])
    kept = damaged.kept(slice(None)).copy()
    kept[[0, 2, 3]] = clean.kept([0, 3, 4])
    frames = Pictures(damaged.layout, kept)[:]
    pairs = [(Pictures(damaged.layout, kept), account)]
    write_shard(tmp_path / "b.frames", tmp_path / "b.parquet", pairs)
    assert (tmp_path / "b.frames").stat().st_size == kept[[1, 4]].nbytes
    whole = DecodedClips([tmp_path / "a.frames"])
    seen = DecodedClips([tmp_path / "b.frames"], whole, gaps="drop")[0]
    assert len(seen) == 5 and seen.shape == frames.shape
    for key in (slice(None), slice(2, 4), slice(1, 2), 0, 4, np.array([4, 0, 4]), slice(0, 5, 2)):
        np.testing.assert_array_equal(seen[key], frames[key], strict=True)
    repeated = DecodedClips([tmp_path / "b.frames"], whole)[0]
    np.testing.assert_array_equal(repeated[:], frames[[0, 1, 1, 2, 3, 3, 3, 4]])


def with_gaps(tmp_path, numbers, gaps):
    """The third clip, of five frames, with these numbers."""
    frames, account = clip(2, seed=0, numbers=numbers)
    write_shard(tmp_path / "a.frames", tmp_path / "a.parquet", [(frames, account)])
    return frames[:], DecodedClips([tmp_path / "a.frames"], gaps=gaps)


def test_frame_is_shown_until_the_next_one_comes(tmp_path):
    frames, clips = with_gaps(tmp_path, [2, 3, 6, 7, 9], "repeat")
    seen = [0, 1, 1, 1, 2, 3, 3, 4]
    assert clips.length(0) == len(clips[0]) == 8 and clips[0].shape == (8, *frames.shape[1:])
    assert np.array_equal(clips[0][:], frames[seen])
    assert np.array_equal(clips[0][2:5], frames[seen[2:5]])
    assert np.array_equal(clips[0][np.array([7, 0])], frames[[4, 0]])
    assert clips.accounts[0]["frames"] == 5
    assert clips.distance(0) == 0.25


def test_dropped_gaps_leave_the_frames_that_are_there(tmp_path):
    frames, clips = with_gaps(tmp_path, [2, 3, 6, 7, 9], "drop")
    assert clips.length(0) == 5
    assert np.array_equal(clips[0], frames)
    assert clips.distance(0) == 0.5


def test_gaps_and_frames_of_one_moment_do_not_cancel(tmp_path):
    frames, clips = with_gaps(tmp_path, [0, 1, 1, 2, 4], "repeat")
    assert np.array_equal(clips[0][:], frames[[0, 2, 3, 3, 4]])


def test_shard_of_empty_clips_is_readable(tmp_path):
    write_shard(tmp_path / "a.frames", tmp_path / "a.parquet", [clip(1, 0), clip(1, 1)])
    clips = DecodedClips([tmp_path / "a.frames"])
    assert [clips[index].shape for index in (0, 1)] == [(0, 4, 6, 3)] * 2


def test_what_is_stored_cannot_be_written_to(shards):
    kept = DecodedClips(shards)[0].stored
    with pytest.raises(ValueError, match="read-only"):
        kept[0, 0] = 1


def test_flipped_byte_is_reported_for_its_clip_only(shards):
    data = bytearray(shards[2].read_bytes())
    data[-1] ^= 1
    shards[2].write_bytes(data)
    clips = DecodedClips(shards)
    assert np.array_equal(clips[2], clip(2, seed=0)[0])
    with pytest.raises(UserError, match=r"00001-of-00002\.frames is damaged.*odd/a!#\[\]~3"):
        clips[3]


@pytest.mark.parametrize("kept", [0, 1, 100])
def test_truncated_frames_are_reported(shards, kept):
    shards[2].write_bytes(shards[2].read_bytes()[:kept])
    clips = DecodedClips(shards)
    with pytest.raises(UserError, match=r"00001-of-00002\.frames is damaged"):
        clips[2]


@pytest.mark.parametrize("kept", [0, 4, 200, -1])
def test_truncated_account_is_reported(shards, kept):
    shards[1].write_bytes(shards[1].read_bytes()[:kept])
    with pytest.raises(UserError, match=r"00000-of-00002\.parquet is damaged"):
        DecodedClips(shards)


def test_any_damaged_byte_of_an_account_is_reported_or_harmless(shards):
    data, rows = shards[1].read_bytes(), read_parquet(shards[1], ACCOUNT).to_pylist()
    unnoticed = {}
    for at in range(0, len(data), 3):
        shards[1].write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
        try:
            if read_parquet(shards[1], ACCOUNT).to_pylist() != rows:
                unnoticed[at] = "other rows"
        except UserError:
            pass
        except Exception as error:
            unnoticed[at] = repr(error)
    assert unnoticed == {}


def test_failing_decoder_leaves_no_shard(tmp_path):
    def decoded():
        yield clip(0, 0)
        raise RuntimeError("no more")

    with pytest.raises(RuntimeError, match="no more"):
        write_shard(tmp_path / "a.frames", tmp_path / "a.parquet", decoded())
    assert list(tmp_path.iterdir()) == []
