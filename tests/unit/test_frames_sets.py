"""pm-k sets: read from the official metadata, and what a wrong file says."""

import csv
import json

import numpy as np
import pytest

from framefault.errors import UserError
from framefault.tasks.frames.sets import (
    check_counts,
    read_sets,
    reviewed_anchors,
    reviewed_pairs,
    vid_sets,
    write_sets,
    ytbb_sets,
)
from pmk import REAL, VID, YTBB, reviewed_sets, small_sets


def test_sets_are_read_as_they_were_written(tmp_path):
    sets = small_sets()
    write_sets(tmp_path / "sets.json", sets)
    again = read_sets(tmp_path / "sets.json")
    assert (again.rows == sets.rows).all()
    assert (again.frames, again.labels, again.subclasses) == (
        sets.frames, sets.labels, sets.subclasses
    )  # fmt: skip


def test_what_review_rejected_stays_with_its_reasons(tmp_path):
    write_sets(tmp_path / "sets.json", reviewed_sets())
    sets = read_sets(tmp_path / "sets.json")
    why = {sets.frames[sets.rows[row, 1]]: reasons for row, reasons in sets.reasons.items()}
    assert why == {"w/5": ["bad"], "w/6": ["rejected anchor"], "w/7": ["blur"]}
    assert [sets.frames[frame] for frame in sets.anchors] == ["v/10", "w/5"]
    assert [sets.frames[frame] for frame in sets.accepted] == ["v/10"]
    assert {sets.frames[frame]: labels for frame, labels in sets.original.items()} == {
        "v/10": [0], "v/11": [0],
    }  # fmt: skip
    before = sets.before_review()
    assert len(before.accepted) == 2 and len(before.reviewed()) == 5
    assert before.labels[before.frames.index("v/10")] == [0]


# The official metadata ------------------------------------------------------------------------


@REAL
def test_imagenet_vid_robust_has_its_anchors_pairs_and_classes():
    sets = vid_sets(VID)
    check_counts(sets, {"anchors": 1109, "pairs": 21070})
    assert len(sets.frames) == 22179
    assert sets.reasons is None and sets.original is None  # not released
    assert np.abs(sets.rows[:, 2]).max() == 10
    assert len(sets.subclasses) == 30
    assert len({output for outputs in sets.subclasses.values() for output in outputs}) == 288
    offsets = np.bincount(sets.rows[:, 0])
    assert (offsets == 1).sum() == 1  # an anchor without neighbours
    by_class = dict(zip(sets.classes, sets.subclasses.values(), strict=True))
    assert by_class["giant panda"] == [388]
    assert by_class["zebra"] == [340]


@REAL
def test_labels_of_frame_and_anchor_differ_where_the_release_says():
    sets = vid_sets(VID)
    labels = sets.label_matrix
    differs = (labels[sets.rows[:, 1]] != labels[sets.anchors[sets.rows[:, 0]]]).any(1)
    assert differs.sum() == 11
    assert len(set(sets.rows[differs, 0])) == 2


@REAL
def test_counts_that_are_not_expected_are_an_error():
    with pytest.raises(UserError, match="1109 instead of 1110 anchors"):
        check_counts(vid_sets(VID), {"anchors": 1110})


@REAL
def test_good_anchors_of_ytbb():
    names = json.loads((YTBB / "ytbb_class_index.json").read_text())
    found = reviewed_anchors(YTBB / "anchor_labels.json", [names[str(i)] for i in range(24)])
    assert len(found) == 2467
    assert sum(not reasons for _, reasons in found.values()) == 2169


@pytest.fixture
def pmk_labels(tmp_path):
    """A review of all pairs of YTBB's good anchors, in the format of pmk_labels.json.

    The real file is not at hand. Every 16th anchor up to 139 is bad, so that 2,030 stay; pairs at
    offset 10 are dissimilar, those at 9 similar and blurred, those at 8 are labelled twice.
    """
    names = json.loads((YTBB / "ytbb_class_index.json").read_text())
    found = reviewed_anchors(YTBB / "anchor_labels.json", [names[str(i)] for i in range(24)])
    good = [key for key, (_, reasons) in found.items() if not reasons]
    words = ["similar", "dissimilar", "problematic", "incorrect", "dont know", "deformation",
             "background-change", "occlusion-increased", "blur-increase", "bad-anchor",
             "correct"]  # fmt: skip
    rows = []
    for index, key in enumerate(good):
        clip, _, frame = key.partition("/")
        number = int(frame.removeprefix("frame-").removesuffix(".jpg"))
        bad = index % 15 == 0 and index // 15 < 139
        for offset in (-10, -1, 1, 8, 8, 9, 11):
            marks = {10: [1], 9: [0, 8]}.get(abs(offset), [0, 10]) + ([9] if bad else [])
            if number + offset < 0:
                continue
            if offset == 8 and not (rows and rows[-1]["key"].endswith(f"frame-{number + 8}.jpg")):
                marks = [1]
            pair = f"/home/x/{key},/home/x/{clip}/frame-{number + offset}.jpg"
            rows.append({"key": pair, "notes": "", "labels": marks})
    path = tmp_path / "pmk_labels.json"
    path.write_text(json.dumps({"labels": words, "annotations": rows}))
    return path


@REAL
def test_ytbb_keeps_valid_anchors_and_valid_pairs(pmk_labels):
    sets = ytbb_sets(YTBB, pmk_labels)
    assert (len(sets.anchors), len(sets.accepted)) == (2467, 2030)
    kept = sets.reviewed()
    assert set(kept[:, 2]) == {-1, 0, 1, 8}
    assert set(sets.rows[:, 2]) == {-10, -1, 0, 1, 8, 9}
    why = {reason for reasons in sets.reasons.values() for reason in reasons}
    assert why == {"bad", "unsure", "not good", "bad-anchor", "dissimilar", "blur-increase"}
    assert len(sets.subclasses) == 19
    few = ytbb_sets(YTBB, pmk_labels, rejected=False)
    assert len(few.anchors) == 2030 and len(few.rows) == len(kept) and few.reasons is None
    labels = sets.label_matrix
    assert (labels[sets.rows[:, 1]] == labels[sets.anchors[sets.rows[:, 0]]]).all()


@REAL
def test_ytbb_labels_are_the_original_one_with_22_and_23_swapped_and_the_added_ones(pmk_labels):
    sets = ytbb_sets(YTBB, pmk_labels)
    rows = list(csv.DictReader(open(YTBB / "ytbb_robustness_test_anchors_full.csv")))
    original = {f"{row['ytid']}_{row['time_ms']}": int(row["label"]) for row in rows}
    labels = {sets.frames[frame]: sets.labels[frame] for frame in sets.anchors}
    updated = [frame for frame in sets.accepted if frame in sets.original]
    assert 0.35 < len(updated) / len(sets.accepted) < 0.45  # the paper: 41 %
    assert all(set(sets.original[frame]) < set(sets.labels[frame]) for frame in updated)
    cars = [key for key in labels if original[key.split("/")[0]] == 22]
    assert cars and all(23 in labels[key] for key in cars)  # 22 in that table means "car"
    assert labels["WypmJptPzX8_68666/frame-2058.jpg"][0] == 0  # an added person


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[]", "is not an object"),
        ("{", "cannot be read as JSON"),
        ('{"labels": ["similar"]}', "not in the format"),
        ('{"labels": ["similar"], "annotations": []}', "lacks the labels background-change"),
        ('{"labels": ["similar"], "annotations": [{"key": "a", "labels": [0]}]}', "names 1 frames"),
        ('{"labels": ["similar"], "annotations": [{"key": "a,b", "labels": [7]}]}', "not in the"),
    ],
)
def test_a_wrong_review_file_is_one_sentence(tmp_path, content, message):
    (tmp_path / "pmk_labels.json").write_text(content)
    with pytest.raises(UserError, match=message):
        reviewed_pairs(tmp_path / "pmk_labels.json")


def test_a_missing_review_file_is_one_sentence(tmp_path):
    with pytest.raises(UserError, match="There is no .*pmk_labels.json"):
        reviewed_pairs(tmp_path / "pmk_labels.json")
