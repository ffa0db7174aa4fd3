"""Mean average precision under pm-k: against pycocotools itself, and by brute force."""

from contextlib import redirect_stdout
from io import StringIO

import numpy as np
import pandas as pd
import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from framefault.errors import UserError
from framefault.seeds import rng
from framefault.tasks.detection.boxes import CORNERS, as_table
from framefault.tasks.detection.predictions import DETECTION
from framefault.tasks.detection.score import (
    DRAWS,
    answers,
    average_precision,
    detection_scores,
    drop_score,
    frame_ap,
    match,
    mean_ap,
    resampled,
    worst_rows,
)
from scored import by_measure

HERE, THERE = [10, 10, 30, 30], [60, 60, 90, 90]
NEAR = [12, 10, 32, 30]  # IoU .82 with HERE
HALF = [10, 10, 30, 50]  # IoU .5 with HERE
FAR = [22, 10, 42, 30]  # IoU .25 with HERE


def objects(*rows):
    """A table of ground truth of (frame, box, label)."""
    return as_table([(frame, *box, label) for frame, box, label in rows])


def boxes(*rows):
    """A table of detections of (frame, box, label, score)."""
    return as_table([(frame, *box, label, score) for frame, box, label, score in rows], DETECTION)


def random_tables(frames=30, classes=4, key="boxes"):
    """Crowded frames, some without objects and some without detections, and ties of scores."""
    draw, truth, found = rng(key), [], []
    for frame in range(frames):
        for _ in range(draw.integers(0, 4)):
            corner, size = draw.uniform(0, 60, 2), draw.uniform(10, 40, 2)
            box, label = np.concatenate([corner, corner + size]), int(draw.integers(classes))
            truth.append((frame, box, label))
            for _ in range(draw.integers(0, 4)):
                moved, other = box + draw.normal(0, 4, 4), int(draw.integers(classes))
                moved[2:] = np.maximum(moved[2:], moved[:2] + 1)
                score = round(float(draw.uniform()), 1)
                found.append((frame, moved, label if draw.random() < 0.7 else other, score))
    return objects(*truth), boxes(*found)


def librarys(truth, found, frames, classes, agnostic):
    """Mean average precision at an IoU of .5, all of it by pycocotools."""

    def annotations(table):
        for number, row in enumerate(table.to_dict("records"), 1):
            box = [row["x1"], row["y1"], row["x2"] - row["x1"], row["y2"] - row["y1"]]
            yield {
                "id": number, "image_id": row["frame"], "category_id": row["label"], "bbox": box,
                "area": box[2] * box[3], "iscrowd": 0, "score": row.get("score"),
            }  # fmt: skip

    if not len(found):
        return 0.0  # it reads no empty list of results
    known = COCO()
    known.dataset = {
        "images": [{"id": frame} for frame in range(frames)],
        "categories": [{"id": label} for label in range(classes)],
        "annotations": [*annotations(truth)],
    }
    with redirect_stdout(StringIO()):
        known.createIndex()
        evaluation = COCOeval(known, known.loadRes([*annotations(found)]), "bbox")
        settings = evaluation.params
        settings.areaRng, settings.areaRngLbl = [[0, 1e10]], ["all"]
        settings.iouThrs, settings.maxDets, settings.useCats = [0.5], [100], int(not agnostic)
        evaluation.evaluate()
        evaluation.accumulate()
    precision = evaluation.eval["precision"]
    return precision[precision > -1].mean()


@pytest.mark.parametrize("agnostic", [False, True])
@pytest.mark.parametrize("together", [7, 500])
def test_precision_of_all_frames_and_of_each_is_pycocotools(agnostic, together, monkeypatch):
    monkeypatch.setattr("framefault.tasks.detection.score.TOGETHER", together)
    truth, found = random_tables()
    matched = match(truth, found, 30, 4, agnostic)
    expected = librarys(truth, found, 30, 4, agnostic)
    assert 0.2 < expected < 0.95
    assert mean_ap(matched, np.ones(30, int)) == pytest.approx(expected, abs=1e-6)
    for frame, ap in enumerate(frame_ap(matched)):
        mine = [each[each["frame"] == frame].assign(frame=0) for each in (truth, found)]
        if len(mine[0]):
            assert ap == pytest.approx(librarys(*mine, 1, 4, agnostic), abs=1e-6)
        else:
            assert np.isnan(ap)


def test_precision_of_a_resample_is_that_of_its_frames_repeated():
    truth, found = random_tables()
    weights = rng("weights").integers(0, 4, 30)
    repeated = np.repeat(np.arange(30), weights)
    tables = [
        pd.concat(
            table[table["frame"] == frame].assign(frame=place)
            for place, frame in enumerate(repeated)
        )
        for table in (truth, found)
    ]
    expected = librarys(*tables, len(repeated), 4, False)
    assert mean_ap(match(truth, found, 30, 4), weights) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    ("found", "precision"),
    [
        ([(HERE, 0, 0.9)], 1),
        ([(NEAR, 0, 0.9)], 1),
        ([(HALF, 0, 0.9)], 1),  # an IoU of exactly .5 is a hit
        ([(FAR, 0, 0.9)], 0),
        ([(HERE, 1, 0.9)], 0),
        ([], 0),
        ([(HERE, 0, 0.9), (THERE, 0, 0.8)], 1),  # a false box after the last hit costs nothing
        ([(HERE, 0, 0.8), (THERE, 0, 0.9)], 1 / 2),
        ([(NEAR, 0, 0.9), (HERE, 0, 0.8)], 1),  # a second box is false, and late
        ([(HERE, 0, 0.1), (HERE, 1, 0.9)], 1),  # false boxes of classes that are not there
    ],
)
def test_precision_of_a_frame_by_hand(found, precision):
    truth, found = objects((0, HERE, 0)), boxes(*((0, *each) for each in found))
    assert frame_ap(match(truth, found, 1, 2)) == pytest.approx([precision])


def test_a_frame_of_two_classes_has_the_mean_of_both():
    truth = objects((0, HERE, 0), (0, THERE, 1))
    found = boxes((0, HERE, 0, 0.9), (0, THERE, 0, 0.8))
    assert frame_ap(match(truth, found, 1, 3)) == pytest.approx([0.5])
    assert frame_ap(match(truth, found, 1, 3, agnostic=True)) == pytest.approx([1])


def test_whatever_its_class_a_box_localises_and_a_second_one_is_false():
    truth = objects((0, HERE, 0), (1, HERE, 0), (1, THERE, 0))
    found = boxes((0, HERE, 1, 0.9), (1, HERE, 0, 0.9), (1, NEAR, 1, 0.8), (1, THERE, 0, 0.7))
    matched = match(truth, found, 2, 2, agnostic=True)
    assert frame_ap(matched) == pytest.approx([1, (51 + 50 * 2 / 3) / 101])


def test_without_objects_there_is_no_precision():
    assert average_precision(np.array([False]), 0) is None
    matched = match(objects(), boxes((0, HERE, 0, 0.9)), 1, 2)
    assert mean_ap(matched, np.ones(1)) is None and np.isnan(frame_ap(matched)).all()


@pytest.mark.parametrize("label", [-1, 2])
def test_detections_of_unknown_classes_are_refused(label):
    with pytest.raises(UserError, match=f"class {label}, but there are 2"):
        match(objects((0, HERE, 0)), boxes((0, HERE, label, 0.9)), 1, 2)


# Anchor 0 with frames 0 (itself), 1 (-2), 2 (-1), 3 (1), 4 (10); anchor 1 is frame 5, alone.
ROWS = np.array([(0, 1, -2, 1), (0, 2, -1, 1), (0, 0, 0, 1), (0, 3, 1, 1), (0, 4, 10, 1),
                 (1, 5, 0, 1)])  # fmt: skip


@pytest.mark.parametrize(
    ("ap", "k", "worst"),
    [
        ([1, 1, 1, 1, 1, 1], 10, 0),  # the anchor is among its own frames
        ([1, 0, 1, 0.5, 0.5, 1], 10, 1),
        ([1, 0, 1, 0.5, 0.5, 1], 1, 3),
        ([1, 0, 1, 0.5, 0.5, 1], 0, 0),
        ([1, 0, 0, 0, 0, 1], 10, 2),  # the nearest, then the earlier one
        ([0, 0, 0, 0, 0, 1], 10, 0),
        ([1, np.nan, 1, np.nan, 0.9, 1], 10, 4),
        ([np.nan, 1, np.nan, 1, 1, np.nan], 10, 3),  # a frame without objects has no precision
        ([np.nan] * 6, 10, 0),
    ],
)
def test_the_worst_frame_is_the_nearest_of_the_least_precision(ap, k, worst):
    found = worst_rows(np.array(ap, float), ROWS, k)
    assert ROWS[found, 1].tolist() == [worst, 5]


@pytest.mark.parametrize("agnostic", [False, True])
def test_map_across_time_is_that_of_brute_force(agnostic):
    truth, found = random_tables(frames=63, key="across time")
    rows = np.array([(a, 21 * a + o + 10, o, 1) for a in range(3) for o in range(-10, 11)])
    scores = by_measure(detection_scores(truth, found, rows, 63, 4, 10, 0.95))

    def value(measure):
        return scores[(measure, "localisation") if agnostic else measure]["value"]

    for k in (0, 10):
        chosen = []
        for anchor in range(3):
            candidates = {}
            for offset in sorted(range(-k, k + 1), key=lambda offset: (abs(offset), offset)):
                frame = 21 * anchor + offset + 10
                mine = [each[each["frame"] == frame].assign(frame=0) for each in (truth, found)]
                if len(mine[0]):
                    candidates[frame] = librarys(*mine, 1, 4, agnostic)
            default = 21 * anchor + 10
            chosen.append(min(candidates, key=lambda f: round(candidates[f], 9), default=default))
        kept = [each[each["frame"].isin(chosen)] for each in (truth, found)]
        places = {frame: place for place, frame in enumerate(chosen)}
        kept = [each.assign(frame=each["frame"].map(places)) for each in kept]
        expected = librarys(*kept, 3, 4, agnostic)
        assert value(f"map_{k}") == pytest.approx(expected, abs=1e-6)
    assert value("map_drop") == pytest.approx(value("map_0") - value("map_10"))


def test_drops_have_intervals_of_resampled_anchors():
    """Every anchor is found, and half of their neighbours are."""
    truth = objects(*((frame, HERE, 0) for frame in range(80)))
    found = boxes(*((frame, FAR if frame % 4 == 1 else HERE, 0, 0.9) for frame in range(80)))
    rows = np.array([(a, 2 * a + offset, offset, 1) for a in range(40) for offset in (0, 1)])
    scores = by_measure(detection_scores(truth, found, rows, 80, 1, 10, 0.95))
    whole, drop = scores["map_0"], scores["map_drop"]
    assert (whole["value"], whole["low"], whole["high"]) == (1, None, None)
    assert drop["value"] == pytest.approx(1 - scores["map_10"]["value"])
    assert 0 < drop["low"] < drop["value"] < drop["high"] < 1
    assert scores == by_measure(detection_scores(truth, found, rows, 80, 1, 10, 0.95))
    same = by_measure(detection_scores(truth, found, rows[::2], 80, 1, 10, 0.95))["map_drop"]
    assert (same["value"], same["low"], same["high"]) == (0, 0, 0)


def test_the_interval_of_a_drop_mirrors_its_resamples():
    drops = np.concatenate([[0.5], np.linspace(0.4, 0.8, 1001)])
    found = drop_score("map_drop", drops, 0.9)
    assert (found["low"], found["value"], found["high"]) == pytest.approx((0.22, 0.5, 0.58))


def test_resamples_have_as_many_anchors():
    draws = resampled(40)
    assert draws.shape == (1 + DRAWS, 40) and (draws.sum(axis=1) == 40).all()
    assert (draws[0] == 1).all() and abs(draws[1:].mean(axis=0) - 1).max() < 0.2


def test_of_no_anchor_nothing_is_known():
    scores = detection_scores(objects(), boxes(), np.zeros((0, 4), int), 0, 2, 10, 0.95)
    assert {(each["measure"], each["part"]) for each in scores} == {
        (f"map_{name}", part) for name in ("0", "10", "drop") for part in ("", "localisation")
    }
    assert all(each["value"] is None for each in scores)
    assert drop_score("a", np.array([np.nan, 1]), 0.95)["low"] is None


def test_the_most_confident_box_is_the_answer_and_no_box_is_none():
    found = boxes((0, HERE, 2, 0.3), (0, THERE, 1, 0.9), (2, HERE, 0, 0.5), (2, THERE, 3, 0.5))
    assert answers(found, 3).tolist() == [1, -1, 0]
    assert list(found.columns) == ["frame", *CORNERS, "label", "score"]
