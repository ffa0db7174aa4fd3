"""The papers' metrics."""

import math

import pytest
from scipy.stats import binomtest

from framefault.evaluation.metrics import accuracy, clopper_pearson, is_playable, predicted_class

ANY = {"min_frames": 1, "max_errors": None, "full_length": False}
GOOD = {"status": "ok", "frames": 10, "errors": 0, "full_length": True, "distance": 0.0}


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
    assert is_playable(GOOD | account, ANY | rule) is playable


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


def test_accuracy_counts_playable_and_all():
    rows = [
        prediction(0, 0),
        prediction(1, 1),
        prediction(2, 0),
        prediction(0, 0, frames=0, logits=[]),
        prediction(1, 1, status="timed_out"),
    ]
    cell = accuracy(rows, ANY, 0.95)
    assert (cell["clips"], cell["playable"], cell["correct"]) == (5, 3, 2)
    assert cell["accuracy_playable"] == 2 / 3
    assert cell["accuracy_all"] == 2 / 5
    assert cell["interval_playable"] == clopper_pearson(2, 3, 0.95)
    assert cell["interval_all"] == clopper_pearson(2, 5, 0.95)


def test_distances_are_means_over_playable_right_and_wrong_clips():
    rows = [
        prediction(0, 0, distance=0.1),
        prediction(1, 1, distance=0.3),
        prediction(2, 0, distance=0.5),
        prediction(2, 2, distance=math.nan),
        prediction(0, 0, frames=0, logits=[], distance=0.9),
    ]
    cell = accuracy(rows, ANY, 0.95)
    assert cell["distance_all"] == pytest.approx(0.3)
    assert cell["distance_correct"] == pytest.approx(0.2)
    assert cell["distance_incorrect"] == pytest.approx(0.5)
    assert accuracy(rows[:2], ANY, 0.95)["distance_incorrect"] is None


def test_accuracy_obeys_the_rule():
    rows = [prediction(0, 0, errors=1), prediction(1, 1), prediction(2, 1)]
    cell = accuracy(rows, ANY | {"max_errors": 0}, 0.95)
    assert (cell["playable"], cell["correct"], cell["accuracy_playable"]) == (2, 1, 0.5)
    assert accuracy(rows, ANY, 0.95)["correct"] == 2


def test_accuracy_on_no_playable_clip_is_none():
    cell = accuracy([prediction(0, 0, frames=0, logits=[])] * 4, ANY, 0.95)
    assert cell["accuracy_playable"] is None
    assert cell["interval_playable"] == [0.0, 1.0]
    assert cell["accuracy_all"] == 0
    assert cell["clips"] == 4


@pytest.mark.parametrize("confidence", [0.9, 0.95, 0.99])
@pytest.mark.parametrize(
    ("successes", "trials"), [(0, 1), (1, 1), (0, 50), (50, 50), (1, 50), (25, 50), (749, 1109)]
)
def test_interval_is_the_exact_one(successes, trials, confidence):
    exact = binomtest(successes, trials).proportion_ci(confidence, method="exact")
    interval = clopper_pearson(successes, trials, confidence)
    assert interval == pytest.approx([exact.low, exact.high], abs=1e-12)


def test_interval_agrees_with_a_published_one():
    low, high = clopper_pearson(0.57044 * 1109, 1109)
    assert (round(100 * low, 2), round(100 * high, 2)) == (54.07, 59.98)
