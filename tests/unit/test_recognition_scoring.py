"""Which clips are playable, which class they are given, and the accuracies of paper A."""

import math

import pytest

from framefault.results.statistics import clopper_pearson
from framefault.tasks.recognition.predictions import judged
from framefault.tasks.recognition.score import accuracy_scores
from scored import ANY, GOOD, LOST, by_measure, frame


@pytest.mark.parametrize(
    ("account", "rule", "playable"),
    [
        ({}, {}, True),
        ({"frames": 1, "errors": 99, "full_length": False}, {}, True),
        ({"frames": 0}, {}, False),
        ({"status": "crashed"}, {}, False),
        ({"status": "timed_out"}, {}, False),
        ({"status": "out_of_memory"}, {}, False),
        ({"frames": 9}, {"min_frames": 10}, False),
        ({"frames": 10}, {"min_frames": 10}, True),
        ({"errors": 0}, {"max_errors": 0}, True),
        ({"errors": 1}, {"max_errors": 0}, False),
        ({"errors": 2}, {"max_errors": 2}, True),
        ({"errors": 3}, {"max_errors": 2}, False),
        ({"full_length": False}, {"full_length": True}, False),
        ({"full_length": True}, {"full_length": True}, True),
        ({"errors": 3, "full_length": True}, {"max_errors": 2, "full_length": True}, False),
    ],
)
def test_playable(account, rule, playable):
    found = judged(frame([GOOD | account, GOOD]), ANY | rule)
    assert found["playable"].tolist() == [playable, True]
    assert found["right"].tolist() == [playable, True]
    assert found["predicted"].tolist() == [0 if playable else -1, 0]


def predicted_class(logits):
    return judged(frame([GOOD | {"logits": logits}]), ANY)["predicted"].item()


def test_class_is_voted_by_probabilities_not_logits():
    # One segment is sure of class 0 by its logits; two lean to class 1.
    logits = [[5.0, 0.0], [0.0, 2.0], [0.0, 2.0]]
    assert sum(row[0] for row in logits) > sum(row[1] for row in logits)
    assert predicted_class(logits) == 1


def test_class_of_one_segment_is_its_highest_logit():
    assert predicted_class([[-1.0, 3.0, 2.9]]) == 1
    assert predicted_class([[1000.0, 2000.0, 0.0]]) == 1


def prediction(label, predicted, **account):
    return GOOD | {"label": label, "logits": [[float(i == predicted) for i in range(3)]]} | account


def accuracy(rows, rule=ANY):
    return by_measure(accuracy_scores(judged(frame(rows), rule), 3, 0.95))


def counted(score):
    return score["count"], score["of"]


def test_accuracy_counts_playable_and_all():
    rows = [
        prediction(0, 0),
        prediction(1, 1),
        prediction(2, 0),
        prediction(0, 0, frames=0, logits=[]),
        prediction(1, 1, status="timed_out"),
    ]
    scores = accuracy(rows)
    playable, everything = scores["accuracy_playable"], scores["accuracy_all"]
    assert (counted(playable), counted(everything)) == ((2, 3), (2, 5))
    assert (playable["value"], everything["value"]) == (2 / 3, 2 / 5)
    assert (playable["low"], playable["high"]) == clopper_pearson(2, 3, 0.95)
    assert (everything["low"], everything["high"]) == clopper_pearson(2, 5, 0.95)
    assert (counted(scores["playable_share"]), scores["chance"]["value"]) == ((3, 5), 1 / 3)


def test_distances_are_means_over_playable_right_and_wrong_clips():
    rows = [
        prediction(0, 0, distance=0.1),
        prediction(1, 1, distance=0.3),
        prediction(2, 0, distance=0.5),
        prediction(2, 2, distance=math.nan),
        prediction(0, 0, frames=0, logits=[], distance=0.9),
    ]
    scores = accuracy(rows)
    assert scores["distance_all"]["value"] == pytest.approx(0.3)
    assert scores["distance_correct"]["value"] == pytest.approx(0.2)
    assert scores["distance_incorrect"]["value"] == pytest.approx(0.5)
    assert accuracy(rows[:2])["distance_incorrect"]["value"] is None
    assert [scores[f"distance_{name}"]["of"] for name in ("all", "correct", "incorrect")] == [
        3, 2, 1,
    ]  # fmt: skip
    everything, alone = scores["distance_all"], scores["distance_incorrect"]
    assert everything["low"] == 0  # a distance is not negative
    assert everything["high"] == pytest.approx(0.3 + 4.3027 * 0.2 / 3**0.5, abs=1e-4)
    assert (alone["low"], alone["high"]) == (None, None)


def test_accuracy_obeys_the_rule():
    rows = [prediction(0, 0, errors=1), prediction(1, 1), prediction(2, 1)]
    score = accuracy(rows, ANY | {"max_errors": 0})["accuracy_playable"]
    assert (counted(score), score["value"]) == ((1, 2), 0.5)
    assert accuracy(rows)["accuracy_playable"]["count"] == 2


def test_accuracy_on_no_playable_clip_is_none():
    scores = accuracy([LOST] * 4)
    score = scores["accuracy_playable"]
    assert score["value"] is None
    assert (score["low"], score["high"]) == (0.0, 1.0)
    assert scores["accuracy_all"]["value"] == 0
    assert counted(scores["accuracy_all"]) == (0, 4)
