"""Scores of tracking, against figures that other programs gave of the same files."""

import warnings

import numpy as np
import pandas as pd
import pytest

from clips import as_pictures
from framefault.results.statistics import clopper_pearson
from framefault.tasks.tracking.outcomes import outcomes
from framefault.tasks.tracking.predictions import (
    as_rows,
    predict,
    read_predictions,
    write_predictions,
)
from framefault.tasks.tracking.score import NUMBERINGS, tracking_scores
from framefault.video.cache import DecodedClips, write_shard
from scored import by_measure
from workflow_tools import SHARED

EXAMPLES = SHARED / "mot15" / "motmetrics_examples"
CAMPUS = SHARED / "mot15" / "TUD-Campus"
BOX = ["frame", "id", "x", "y", "w", "h"]
NAMES = ("mota", "fp", "fn", "switches", "fragmentations", "idf1", "hota")
needs_data = pytest.mark.skipif(not EXAMPLES.is_dir(), reason="needs the shared MOT15 files")
PLAYABLE = {"min_frames": 1, "max_errors": None, "full_length": False}


def read(path, sequence="s"):
    table = pd.read_csv(path, header=None, usecols=range(6)).set_axis(BOX, axis=1)
    return table.assign(sequence=sequence)


def prediction(rows, clip="s", frames=None, numbers=None):
    """What is read of a prediction file; `rows` count frames from 1, as files of tracks do."""
    rows = pd.DataFrame(rows, columns=BOX)
    frames = int(rows["frame"].max()) if frames is None else frames
    numbers = list(range(frames)) if numbers is None else numbers
    tracks = rows.assign(frame=rows["frame"] - 1).to_dict("records")
    account = {"status": "ok", "frames": frames, "errors": 0, "full_length": True}
    return account | {"clip": clip, "numbers": numbers, "tracks": tracks}


def scores_of(predictions, truth, overlap=0.5, numbering="order"):
    """{measure: value} of all sequences, {(measure, part): value} of parts."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        scores = tracking_scores(predictions, truth, overlap, numbering, PLAYABLE, 0.95)
    return {key: each["value"] for key, each in by_measure(scores).items()}


def shown(scores, part=None):
    values = [scores[(name, f"sequence {part}") if part else name] for name in NAMES]
    return [round(value, 4) for value in values]


# Figures of others --------------------------------------------------------------------------
@needs_data
@pytest.mark.parametrize(
    ("truth", "result", "expected"),
    [
        ("TUD-Campus/gt.txt", "TUD-Campus/test.txt", [0.5265, 13, 150, 7, 7, 0.5577, 0.3914]),
        (
            "TUD-Stadtmitte/gt.txt", "TUD-Stadtmitte/test.txt",
            [0.5640, 45, 452, 7, 6, 0.6446, 0.3978],
        ),
        ("../TUD-Campus/gt/gt.txt", "TUD-Campus/test.txt", [0.5265, 13, 150, 7, 7, 0.5577, 0.3914]),
    ],
)  # fmt: skip
def test_figures_of_motmetrics_examples(truth, result, expected):
    found = prediction(read(EXAMPLES / result))
    assert shown(scores_of([found], read(EXAMPLES / truth))) == expected


@needs_data
def test_figures_where_no_object_is_ever_known_again():
    """The detections that come with a sequence, each as an object of its own: MOTA below zero."""
    found = read(CAMPUS / "det" / "det.txt")
    found = prediction(found.assign(id=range(len(found))))
    expected = [-0.2145, 85, 100, 251, 29, 0.0228, 0.0977]
    assert shown(scores_of([found], read(CAMPUS / "gt" / "gt.txt"))) == expected


@needs_data
def test_frames_without_a_result_count():
    """Over frames with results alone, as later versions of FairMOT count, it would be 0.4432."""
    truth, found = (read(EXAMPLES / "TUD-Campus" / name) for name in ("gt.txt", "test.txt"))
    found = prediction(found[found["frame"] <= 35])
    assert round(scores_of([found], truth)["mota"], 4) == 0.2284
    assert round(scores_of([found], truth[truth["frame"] <= 35])["mota"], 4) == 0.4432


@needs_data
def test_sequences_together_are_summed_not_averaged():
    names = ["TUD-Campus", "TUD-Stadtmitte"]
    truth = pd.concat([read(EXAMPLES / name / "gt.txt", name) for name in names])
    found = [prediction(read(EXAMPLES / name / "test.txt"), name) for name in names]
    scores = scores_of(found, truth)
    assert shown(scores, "TUD-Campus") == [0.5265, 13, 150, 7, 7, 0.5577, 0.3914]
    assert shown(scores, "TUD-Stadtmitte") == [0.5640, 45, 452, 7, 6, 0.6446, 0.3978]
    assert [scores[name] for name in ("fp", "fn", "switches", "objects")] == [58, 602, 14, 1515]
    assert scores["mota"] == pytest.approx(1 - (58 + 602 + 14) / 1515)
    assert scores["recall"] == pytest.approx(1 - 602 / 1515)
    assert scores["precision"] == pytest.approx((1515 - 602) / (1515 - 602 + 58))


# By hand ------------------------------------------------------------------------------------
def still(frames, who=1, x=0.0):
    """Rows of an object that stands still."""
    return [[frame, who, x, 0.0, 10.0, 20.0] for frame in frames]


def truth_of(rows, sequence="s"):
    return pd.DataFrame(rows, columns=BOX).assign(sequence=sequence)


def test_what_is_found_beyond_the_ground_truth_is_wrong():
    scores = scores_of([prediction(still(range(1, 8)))], truth_of(still(range(1, 6))))
    assert (scores["fp"], scores["fn"], scores["mota"]) == (2, 0, pytest.approx(0.6))


def test_of_an_unplayable_sequence_all_objects_are_missed():
    truth = truth_of(still(range(1, 6)))
    scores = scores_of([prediction([], frames=0)], truth)
    assert scores["mota"] == 0 and str(scores["mota"]) == "0.0"
    assert (scores["fn"], scores["fp"], scores["recall"]) == (5, 0, 0)
    assert (scores["idf1"], scores["hota"], scores["precision"]) == (0, 0, None)
    assert scores["playable_share"] == 0


def test_without_any_object_there_is_no_accuracy():
    for rows in ([], still([2, 3])):
        scores = scores_of([prediction(rows, frames=3)], truth_of([]))
        undefined = ("mota", "recall", "idf1", "hota")
        assert [scores[name] for name in undefined] == [None] * 4
        assert (scores["objects"], scores["fn"], scores["fp"]) == (0, 0, len(rows))
        assert scores["precision"] == (0 if rows else None)


def test_a_sequence_without_objects_adds_its_false_positives():
    truth = truth_of(still(range(1, 11)), "full")
    found = [prediction(still(range(1, 11)), "full"), prediction(still([1, 2]), "empty")]
    scores = scores_of(found, truth)
    assert scores["mota"] == pytest.approx(0.8)
    assert (scores["mota", "sequence full"], scores["mota", "sequence empty"]) == (1, None)


@pytest.mark.parametrize(("overlap", "hits"), [(0.5, 2), (0.51, 0), (0.4, 2)])
def test_a_hit_overlaps_by_at_least_so_much(overlap, hits):
    half = still([1, 2], x=10 / 3)  # an IoU of exactly one half
    scores = scores_of([prediction(half)], truth_of(still([1, 2])), overlap)
    assert (scores["fn"], scores["fp"]) == (2 - hits, 2 - hits)


def test_other_sequences_of_the_ground_truth_do_not_count():
    truth = pd.concat([truth_of(still([1, 2])), truth_of(still([1, 2]), "of training")])
    assert scores_of([prediction(still([1, 2]))], truth)["objects"] == 2


def test_no_score_but_the_playable_share_has_an_interval():
    found = [prediction(still([1])), prediction([], "lost", frames=0)]
    truth = pd.concat([truth_of(still([1])), truth_of(still([1]), "lost")])
    scores = tracking_scores(found, truth, 0.5, "order", PLAYABLE, 0.95)
    assert {each["measure"] for each in scores if each["low"] is not None} == {"playable_share"}
    share = by_measure(scores)["playable_share"]
    assert (share["count"], share["of"]) == (1, 2)
    assert (share["low"], share["high"]) == clopper_pearson(1, 2, 0.95)


# Numbers of frames --------------------------------------------------------------------------
def moving(frames):
    """An object that no longer overlaps with where it was a frame before."""
    return [[frame, 1, 15.0 * frame, 0.0, 10.0, 20.0] for frame in frames]


def test_frames_are_compared_by_their_order_or_by_their_time():
    """Frames 3 and 4 of ten are lost: by time the rest is right, by order it comes too early."""
    truth, kept = truth_of(moving(range(1, 11))), [1, 2, 5, 6, 7, 8, 9, 10]
    rows = [[index, *row[1:]] for index, row in enumerate(moving(kept), 1)]
    found = [prediction(rows, numbers=[number - 1 for number in kept])]
    order, time = (scores_of(found, truth, numbering=way) for way in NUMBERINGS)
    assert (order["fn"], order["fp"]) == (8, 6)
    assert (time["fn"], time["fp"], time["mota"]) == (2, 0, pytest.approx(0.8))
    for scores in (order, time):
        for name in ("mota", "recall", "fp", "fn"):
            assert scores[name, "order"] == order[name]
            assert scores[name, "time"] == time[name]


def test_of_frames_with_one_time_the_last_counts():
    truth = truth_of(moving([1, 2, 3]))
    rows = [*moving([1]), [2, 1, 500.0, 0.0, 10.0, 20.0]]
    rows += [[index, *row[1:]] for index, row in enumerate(moving([2, 3]), 3)]
    found = [prediction(rows, numbers=[0, 1, 1, 2])]
    assert scores_of(found, truth, numbering="time")["mota"] == 1
    assert scores_of(found, truth)["mota"] < 0
    nothing_last = [prediction(rows[:2], frames=3, numbers=[0, 1, 1])]
    scores = scores_of(nothing_last, truth, numbering="time")
    assert (scores["fp"], scores["fn"]) == (0, 2)


# Outcomes -----------------------------------------------------------------------------------
def test_claims_are_asked_of_each_sequence():
    truth = pd.concat([truth_of(still(range(1, 5)), "a"), truth_of(still(range(1, 5)), "b")])
    found = [
        prediction(still(range(1, 5)), "a"),
        prediction(still([1]), "b"),
        prediction(still([1]), "none"),
    ]
    scores = pd.DataFrame(tracking_scores(found, truth, 0.5, "order", PLAYABLE, 0.95))
    cell = {"dataset": "d", "model": "m", "training": 0, "corruption": "random", "level": "1e-4"}
    table = outcomes(scores.assign(**cell, seed=2))
    assert set(table["level"]) == {"1e-4"} and set(table["seed"]) == {2}
    assert table["item"].tolist() == table["source"].tolist() == ["a", "b", "none"]
    assert table["mota"].tolist()[:2] == table["recall"].tolist()[:2] == [1, 0.25]
    assert table["mota"].isna().tolist() == [False, False, True]
    assert (table["fp"].tolist(), table["fn"].tolist()) == ([0, 0, 1], [0, 3, 0])
    assert set(table.dtypes[["mota", "recall", "fp", "fn"]]) == {np.dtype(float)}
    assert outcomes(scores.assign(**cell, seed=2)[:0]).empty


# Prediction files ---------------------------------------------------------------------------
def decoded(folder, name, lengths, unchanged=(), clean=None):
    pairs = []
    for index, length in enumerate(lengths):
        account = {
            "clip": f"c{index}", "label": f"c{index}", "status": "ok", "opened": length > 0,
            "frames": length, "errors": 0, "full_length": True, "unchanged": index in unchanged,
            "distance": 0.5, "distance_dropped": 0.25, "numbers": list(range(length)), "times": [],
        }  # fmt: skip
        pairs.append((as_pictures(np.full((length, 8, 8, 3), index, np.uint8)), account))
    write_shard(folder / f"{name}.frames", folder / f"{name}.parquet", pairs)
    return DecodedClips([folder / f"{name}.frames"], clean, "drop")


def test_prediction_files_hold_tracks_and_accounts(tmp_path):
    clips = decoded(tmp_path, "clean", [3, 0])
    tracks = [as_rows([[(1, 1.5, 2, 3, 4, 0.5)], [], [(1, 2, 2, 3, 4, 0.75), (2, 0, 0, 1, 1, 1)]])]
    write_predictions(tmp_path / "p.parquet", clips, [*tracks, []])
    first, second = read_predictions(tmp_path / "p.parquet")
    assert (first["clip"], first["frames"], first["distance"]) == ("c0", 3, 0.25)
    assert (first["numbers"], first["full_length"]) == ([0, 1, 2], True)
    assert first["tracks"] == tracks[0]
    assert [(row["frame"], row["id"]) for row in first["tracks"]] == [(0, 1), (2, 1), (2, 2)]
    assert (second["frames"], second["tracks"]) == (0, [])


def test_tracks_of_unchanged_clips_are_taken_over_and_no_frames_give_none(tmp_path):
    clean = decoded(tmp_path, "clean", [3, 3, 3])
    damaged = decoded(tmp_path, "damaged", [3, 2, 0], unchanged=[0], clean=clean)
    seen = []

    def detect(frames, sequence):
        seen.append((sequence, len(frames)))
        return frames

    def track(frames, fps):
        return [[(1, fps, 0, 1, 1, 1)] for _ in frames]

    known = [["known"], ["other"], ["other"]]
    tracks = predict(detect, damaged, {"c0": 5, "c1": 25, "c2": 5}, track, known)
    assert seen == [("c1", 2)]
    assert tracks[0] == ["known"]
    assert [(row["frame"], row["x"]) for row in tracks[1]] == [(0, 25), (1, 25)]
    assert tracks[2] == []
