"""Logits of R3D for cached clips, and the files that hold them."""

import numpy as np
import pytest
import torch

from clips import as_pictures
from framefault.errors import UserError
from framefault.tasks.recognition.networks.r3d import R3D
from framefault.tasks.recognition.predict import predict
from framefault.tasks.recognition.predictions import (
    as_array,
    check_same_clips,
    read_predictions,
    write_predictions,
)
from framefault.tasks.recognition.segments import MEAN
from framefault.video.cache import DecodedClips, write_shard
from framefault.video.pictures import Pictures

CPU = torch.device("cpu")
LENGTHS = [20, 8, 16, 3, 24, 40, 33, 9]  # 23 segments of 8 frames: more than a batch of 16


def logits_of(clips, depth=10, width=0.0625, size=16):
    torch.manual_seed(0)
    return predict(R3D(depth, 2, width), clips, 8, size, CPU)


def square_clips(folder, lengths, seed=0, name="square"):
    draw = np.random.default_rng(seed)
    pairs = []
    for index, length in enumerate(lengths):
        account = {
            "clip": f"c{index}", "label": "ab"[index % 2], "status": "ok", "opened": length > 0,
            "frames": length, "errors": 0, "full_length": True, "unchanged": False,
            "distance": 0.0, "distance_dropped": 0.0, "numbers": list(range(length)), "times": [],
        }  # fmt: skip
        frames = draw.integers(0, 256, (length, 16, 16, 3), np.uint8)
        pairs.append((as_pictures(frames), account))
    write_shard(folder / f"{name}.frames", folder / f"{name}.parquet", pairs)
    return DecodedClips([folder / f"{name}.frames"])


def only(folder, index):
    """The clips of LENGTHS as if there were no other than one."""
    clips = square_clips(folder, LENGTHS)
    clips.accounts = clips.accounts[index : index + 1]
    clips._shard_of = clips._shard_of[index : index + 1]
    return clips


def test_a_clip_is_cut_into_contiguous_segments_and_the_last_one_looped(tmp_path):
    clips = square_clips(tmp_path, [20, 8, 0, 3])
    assert [len(rows) for rows in logits_of(clips)] == [3, 1, 0, 1]


def test_a_segment_is_seen_with_all_its_frames(tmp_path):
    """A network that answers with the mean of each frame: the last segment has 4, repeated."""

    class Means(torch.nn.Module):
        def forward(self, x):
            return x.mean((1, 3, 4))

    clips = square_clips(tmp_path, [20])
    (found,) = predict(Means(), clips, 8, 16, CPU)
    frames = clips[0][:].astype(np.float64).mean((1, 2, 3)) - np.mean(MEAN)
    np.testing.assert_allclose(found[:2], frames[:16].reshape(2, 8), rtol=1e-4)
    np.testing.assert_allclose(found[2], np.tile(frames[16:], 2), rtol=1e-4)


def test_an_answer_that_is_not_finite_is_refused(tmp_path):
    model = R3D(10, 2, width=0.0625)
    model.fc.weight.data.fill_(1e38)
    with pytest.raises(UserError, match=r"computes is not finite; .* a lower learning_rate"):
        predict(model, square_clips(tmp_path, [8]), 8, 16, CPU)


def test_prediction_is_in_full_precision_where_training_is_not(tmp_path, monkeypatch):
    """torch.autocast is on wherever the code asks for it, as on a GPU."""
    clips, real = square_clips(tmp_path, [20]), torch.autocast
    expected = logits_of(clips)
    monkeypatch.setattr(torch, "autocast", lambda *_, **__: real("cpu", torch.bfloat16))
    assert (logits_of(clips)[0][0] == expected[0][0]).all()


@pytest.mark.parametrize(
    ("depth", "width", "size"), [(10, 0.0625, 16), (10, 0.25, 48), (50, 0.125, 32)]
)
def test_logits_of_a_clip_do_not_depend_on_its_neighbours(tmp_path, depth, width, size):
    network = {"depth": depth, "width": width, "size": size}
    together = logits_of(square_clips(tmp_path, LENGTHS), **network)
    for index, expected in enumerate(together):
        (alone,) = logits_of(only(tmp_path, index), **network)
        assert np.array_equal(alone, expected)


def test_prediction_files_hold_logits_account_and_label(tmp_path):
    clips = square_clips(tmp_path, [20, 0])
    logits = logits_of(clips)
    write_predictions(tmp_path / "p.parquet", clips, ["a", "b"], logits)
    first, second = read_predictions(tmp_path / "p.parquet").to_dict("records")
    assert (first["clip"], first["label"], first["frames"]) == ("c0", 0, 20)
    assert np.array_equal(as_array(first["logits"]), np.stack(logits[0]))
    assert (second["label"], len(second["logits"])) == (1, 0)


def test_distance_is_that_of_what_is_seen(tmp_path):
    square_clips(tmp_path, [3])
    for gaps, distance in (("repeat", 0.25), ("drop", 0.125)):
        clips = DecodedClips([tmp_path / "square.frames"], gaps=gaps)
        clips.accounts[0] |= {"distance": 0.25, "distance_dropped": 0.125}
        write_predictions(tmp_path / "p.parquet", clips, ["a"], logits_of(clips))
        assert read_predictions(tmp_path / "p.parquet")["distance"].tolist() == [distance]


def test_known_logits_are_taken_over_for_unchanged_clips_only(tmp_path):
    clean = square_clips(tmp_path, [20, 8, 16])
    model = R3D(10, 2, width=0.0625)
    known = predict(model, clean, 8, 16, CPU)
    damaged = square_clips(tmp_path, [20, 8, 16], seed=1, name="damaged")
    damaged.clean = clean
    damaged.accounts[1] |= {"unchanged": True}
    computed = predict(model, damaged, 8, 16, CPU)
    taken = predict(model, damaged, 8, 16, CPU, known)
    assert all(np.array_equal(a, b) for a, b in zip(computed, taken, strict=True))
    assert np.array_equal(computed[1], known[1])
    assert not np.array_equal(computed[0], known[0])
    marked = [[["marker"]] * len(rows) for rows in known]
    assert predict(model, damaged, 8, 16, CPU, marked)[1] == [["marker"]]


def test_known_logits_are_taken_over_for_segments_that_show_the_same(tmp_path):
    """Of 24 frames and of 20, with other pixels from frame 13 on, and one frame less at the end."""
    clean = square_clips(tmp_path, [24, 20])
    damaged = DecodedClips([tmp_path / "square.frames"], gaps="drop")
    damaged.clean, seen = clean, [clean[0].kept(slice(None)).copy(), clean[1].kept(slice(19))]
    seen[0][13] += 1
    damaged._stored = lambda index: seen[index]
    damaged.accounts[1] |= {"numbers": list(range(19)), "stored": list(range(19))}
    marked = [["a0", "a1", "a2"], ["b0", "b1", "b2"]]
    first, second = predict(R3D(10, 2, width=0.0625), damaged, 8, 16, CPU, marked)
    assert (first[0], first[2], second[:2]) == ("a0", "a2", ["b0", "b1"])
    computed = predict(R3D(10, 2, width=0.0625), damaged, 8, 16, CPU)
    assert first[1].shape == second[2].shape == computed[0][1].shape


def test_a_clip_with_gaps_has_the_segments_that_are_seen(tmp_path):
    whole = square_clips(tmp_path, [8])
    for gaps, positions in (("repeat", [0, 1, 2] + 11 * [3] + [4, 5, 6, 7]), ("drop", range(8))):
        clips = DecodedClips([tmp_path / "square.frames"], gaps=gaps)
        clips.accounts[0]["numbers"] = [0, 1, 2, 3, 14, 15, 16, 17]
        seen = Pictures(whole[0].layout, whole[0].kept(np.array(positions)))
        order = list(range(len(seen)))
        account = whole.accounts[0] | {"frames": len(seen), "numbers": order, "stored": order}
        write_shard(tmp_path / "seen.frames", tmp_path / "seen.parquet", [(seen, account)])
        (found,) = logits_of(clips)
        (expected,) = logits_of(DecodedClips([tmp_path / "seen.frames"]))
        assert np.array_equal(found, expected) and len(found) == (3 if gaps == "repeat" else 1)


def test_files_of_other_clips_are_refused(tmp_path):
    tables = []
    for name, lengths in (("one", [8, 8]), ("two", [8])):
        clips = square_clips(tmp_path, lengths, name=name)
        write_predictions(tmp_path / f"{name}.pq", clips, ["a", "b"], logits_of(clips))
        tables.append(read_predictions(tmp_path / f"{name}.pq"))
    check_same_clips(tables[0], tables[0], "one.pq", "one.pq")
    with pytest.raises(UserError, match="one.pq and two.pq are of other clips"):
        check_same_clips(*tables, "one.pq", "two.pq")
