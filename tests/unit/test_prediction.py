import numpy as np
import torch

from framefault.clips.frames import DecodedClips, write_shard
from framefault.evaluation.predictions import read_predictions, write_predictions
from framefault.models.prediction import predict
from framefault.models.r3d import R3D

CPU = torch.device("cpu")


def logits_of(clips, batch_size=4):
    torch.manual_seed(0)
    return predict(R3D(10, 2, width=0.0625), clips, 8, 16, CPU, batch_size)


def square_clips(folder, lengths, seed=0, name="square"):
    draw = np.random.default_rng(seed)
    pairs = []
    for index, length in enumerate(lengths):
        account = {
            "clip": f"c{index}", "label": "ab"[index % 2], "status": "ok", "opened": length > 0,
            "frames": length, "errors": 0, "full_length": True, "unchanged": False,
            "distance": 0.0,
        }  # fmt: skip
        pairs.append((draw.integers(0, 256, (length, 16, 16, 3), np.uint8), account))
    write_shard(folder / f"{name}.frames", folder / f"{name}.parquet", pairs)
    return DecodedClips([folder / f"{name}.frames"])


def test_a_clip_is_cut_into_contiguous_segments_and_the_last_one_looped(tmp_path):
    clips = square_clips(tmp_path, [20, 8, 0, 3])
    assert [len(rows) for rows in logits_of(clips)] == [3, 1, 0, 1]


def test_logits_of_a_clip_do_not_depend_on_its_neighbours(tmp_path):
    lengths = [20, 8, 16, 3, 24]
    together = logits_of(square_clips(tmp_path, lengths))
    alone = []
    for index in range(len(lengths)):
        clips = square_clips(tmp_path, lengths)
        clips.accounts = clips.accounts[index : index + 1]
        clips._shard_of = clips._shard_of[index : index + 1]
        alone += logits_of(clips)
    assert all(np.array_equal(a, b) for a, b in zip(together, alone, strict=True))


def test_prediction_files_hold_logits_account_and_label(tmp_path):
    clips = square_clips(tmp_path, [20, 0])
    logits = logits_of(clips)
    write_predictions(tmp_path / "p.parquet", clips, ["a", "b"], logits)
    first, second = read_predictions(tmp_path / "p.parquet")
    assert (first["clip"], first["label"], first["frames"]) == ("c0", 0, 20)
    assert np.array_equal(np.float32(first["logits"]), np.stack(logits[0]))
    assert (second["label"], second["logits"]) == (1, [])


def test_known_logits_are_taken_over_for_unchanged_clips_only(tmp_path):
    clean = square_clips(tmp_path, [20, 8, 16])
    model = R3D(10, 2, width=0.0625)
    known = predict(model, clean, 8, 16, CPU, 4)
    damaged = square_clips(tmp_path, [20, 8, 16], seed=1, name="damaged")
    damaged.clean = clean
    damaged.accounts[1] |= {"unchanged": True}
    computed = predict(model, damaged, 8, 16, CPU, 4)
    taken = predict(model, damaged, 8, 16, CPU, 4, known)
    assert all(np.array_equal(a, b) for a, b in zip(computed, taken, strict=True))
    assert np.array_equal(computed[1], known[1])
    assert not np.array_equal(computed[0], known[0])
    marked = [[["marker"]]] * 3
    assert predict(model, damaged, 8, 16, CPU, 4, marked)[1] == [["marker"]]
