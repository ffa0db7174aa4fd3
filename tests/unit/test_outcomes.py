"""What claims are asked of: outcomes of clips and anchors, whose means are the scores."""

import numpy as np
import pytest

from framefault.tasks.frames.outcomes import outcomes as of_anchors
from framefault.tasks.frames.score import model_scores
from framefault.tasks.frames.sets import vid_sets
from framefault.tasks.recognition.outcomes import outcomes as of_clips
from framefault.tasks.recognition.outcomes import source_of
from framefault.tasks.recognition.predictions import judged
from framefault.tasks.recognition.score import accuracy_scores
from pmk import REAL, VID, small_sets
from scored import ANY, LOST, RIGHT, WRONG, by_measure, frame

CLIPS = judged(frame([RIGHT | {"distance": 0.1}, WRONG | {"distance": 0.4}, LOST,
                      RIGHT | {"distance": np.nan}]), ANY)  # fmt: skip


def test_clips_are_right_wrong_or_do_not_count():
    table = of_clips(CLIPS)
    assert table["item"].tolist() == table["source"].tolist() == ["c0", "c1", "c2", "c3"]
    found = table.drop(columns=["item", "source"]).fillna(-1).to_dict("list")
    assert found == {
        "accuracy_playable": [1, 0, -1, 1], "accuracy_all": [1, 0, 0, 1],
        "distance_correct": [0.1, -1, -1, -1], "distance_incorrect": [-1, 0.4, -1, -1],
    }  # fmt: skip


def test_means_over_clips_are_the_scores():
    draw = np.random.default_rng(0)
    rows = [(RIGHT, WRONG, LOST)[kind] | {"distance": draw.random()}
            for kind in draw.integers(0, 3, 50)]  # fmt: skip
    table, scores = judged(frame(rows), ANY), None
    scores = by_measure(accuracy_scores(table, 2, 0.95))
    found = of_clips(table)
    for measure in found.columns[2:]:
        assert found[measure].mean() == pytest.approx(scores[measure]["value"])


@pytest.mark.parametrize(
    ("clip", "pattern", "source"),
    [
        ("run/v_run_g07_c02", r"/(v_.+_g\d+)_c", "v_run_g07"),
        ("run/other", r"/(v_.+_g\d+)_c", "run/other"),
        ("run/v_run_g07_c02", None, "run/v_run_g07_c02"),
        ("clap/film_clap_u_nm_np1_fr_bad_3", r"/(.+)_[a-z]_(?:cm|nm)_np\d", "film_clap"),
    ],
)
def test_a_source_is_what_names_agree_in(clip, pattern, source):
    assert source_of(clip, pattern) == source


def test_anchors_are_right_with_and_without_their_neighbours():
    sets = small_sets()
    right = {"v/10": 0, "v/8": 0, "v/11": 0, "v/12": 1, "w/5": 0}
    table = of_anchors(np.array([right[key] for key in sets.frames]), sets, "frame")
    assert table["item"].tolist() == table["source"].tolist() == ["v/10", "w/5"]
    # The wrong frame of the first is one that review rejected; the second anchor itself is wrong.
    assert table.drop(columns=["item", "source"]).to_dict("list") == {
        "pm_0": [1, 0], "pm_10": [1, 0], "drop": [0, 0],
    }  # fmt: skip
    near = np.array([(right | {"v/11": 1})[key] for key in sets.frames])
    assert of_anchors(near, sets, "frame")[["pm_0", "pm_10", "drop"]].values.tolist() == [
        [1, 0, 1], [0, 0, 0],
    ]  # fmt: skip


@REAL
@pytest.mark.parametrize("labels", ["frame", "anchor"])
def test_means_over_anchors_are_the_scores(labels):
    sets = vid_sets(VID)
    answers = np.array([each[0] for each in sets.labels])
    wrong = np.random.default_rng(1).random(len(answers)) < 0.1
    answers[wrong] = (answers[wrong] + 1) % len(sets.classes)
    rules = {"labels": labels, "confidence": 0.95}
    scores = by_measure(model_scores(answers, sets, rules))
    table = of_anchors(answers, sets, labels)
    assert len(table) == 1109
    for measure in ("pm_0", "pm_10"):
        assert table[measure].mean() == pytest.approx(scores[measure]["value"])
    assert (table["drop"] == table["pm_0"] - table["pm_10"]).all()
    assert 0 < table["drop"].mean() < 1
