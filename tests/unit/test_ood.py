"""Detectors of corruption: their scores, their threshold and ROC areas."""

import math

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from framefault.errors import UserError
from framefault.tasks.recognition.methods import detectors
from framefault.tasks.recognition.ood import (
    ACCOUNT,
    auroc,
    auroc_interval,
    clip_score,
    detection_scores,
)
from framefault.tasks.recognition.predictions import judged
from scored import ANY, GOOD, LOST, by_measure, frame

ODIN, ENERGY = (detectors()[name].load for name in ("odin", "energy"))


def odin(logits, temperature):
    return -ODIN(temperature=temperature)(logits, {})


def energy(logits, temperature):
    return -ENERGY(temperature=temperature)(logits, {})


def test_odin_is_the_highest_softmax_at_the_temperature():
    # exp(1) / (exp(1) + exp(0) + exp(0)) with logits 100, 0, 0 at T = 100.
    expected = math.e / (math.e + 2)
    assert odin(np.array([[100.0, 0, 0]]), 100) == pytest.approx([expected])
    assert odin(np.zeros((1, 4)), 100) == pytest.approx([0.25])


def test_energy_is_the_temperature_times_the_log_of_the_summed_exponentials():
    assert energy(np.log([[1.0, 2.0, 3.0]]), 1) == pytest.approx([math.log(6)])
    assert energy(np.log([[1.0, 4.0]]), 2) == pytest.approx([2 * math.log(1 + 2)])


def test_energy_moves_with_the_logits_and_odin_does_not():
    logits = np.array([[1.0, -2.0, 0.5], [0.0, 3.0, 1.0]])
    assert energy(logits + 7, 1) == pytest.approx(energy(logits, 1) + 7)
    assert odin(logits + 7, 100) == pytest.approx(odin(logits, 100))


@pytest.mark.parametrize("score", [odin, energy])
def test_scores_do_not_overflow(score):
    assert np.isfinite(score(np.array([[1e4, -1e4, 0.0]]), 1)).all()


@pytest.mark.parametrize(
    ("average", "expected"),
    [("scores", (math.log(3) + math.log(8)) / 2), ("logits", math.log(1 + math.sqrt(14)))],
)
def test_score_of_a_clip_averages_segments_as_asked(average, expected):
    logits = np.log([[1.0, 2.0], [1.0, 7.0]])
    assert clip_score(ENERGY(), logits, {}, average) == pytest.approx(expected)


def test_one_segment_scores_the_same_either_way():
    logits = np.array([[0.3, -1.0, 2.0]])
    scores = {clip_score(ODIN(), logits, {}, average) for average in ("scores", "logits")}
    assert len(scores) == 1


def test_detector_is_told_how_decoding_went_and_may_score_the_clip_as_one():
    clean, shifted = (
        judged(frame([GOOD | {"errors": errors} for errors in counts]), ANY)
        for counts in ([0, 0, 1], [2, 0, 5])
    )
    told = []

    def errors(logits, account):
        told.append(set(account))
        return account["errors"]

    scores = by_measure(detection_scores(clean, shifted, errors, "scores", 0.95, 0.95))
    assert told == [set(ACCOUNT)] * 6
    assert scores["auroc"]["value"] == pytest.approx((3 + 1 + 3) / 9)
    assert scores["accuracy_in_dist"]["of"] == 1


@pytest.mark.parametrize("wrong", [math.nan, math.inf])
def test_score_that_is_no_finite_number_is_refused_with_its_clip(wrong):
    clean = judged(frame([GOOD]), ANY)
    with pytest.raises(UserError, match=f"gives {clean['clip'][0]} a score that is no finite"):
        detection_scores(clean, clean, lambda logits, account: wrong, "scores", 0.95, 0.95)


@pytest.mark.parametrize("wrong", [None, "high", [0.5] * 3, np.ones((1, 2)), {}, 1j])
def test_detector_that_gives_no_number_per_segment_or_clip_is_refused(wrong):
    clean = judged(frame([GOOD]), ANY)
    with pytest.raises(UserError, match="for a clip of 1 segments; give a number for each"):
        detection_scores(clean, clean, lambda logits, account: wrong, "scores", 0.95, 0.95)


def prediction(score, right=True):
    """A clip whose energy is `score`, up to 1e-20."""
    return GOOD | {"label": 0 if right else 1, "logits": [[score, score - 50]]}


def detection(clean, shifted):
    tables = (judged(frame(rows), ANY) for rows in (clean, shifted))
    return by_measure(detection_scores(*tables, ENERGY(), "scores", 0.95, 0.95))


def test_detector_keeps_what_scores_like_clean_clips():
    clean = [prediction(float(score)) for score in range(101)]
    shifted = [prediction(score, right) for score, right in ((4, 1), (5, 1), (6, 0), (200, 1))]
    scores = detection(clean, shifted + [LOST] * 97)
    assert scores["threshold"]["value"] == 5.0  # the 5th percentile of 0, 1, ..., 100
    kept = scores["accuracy_in_dist"]
    assert (scores["playable"]["value"], kept["of"], kept["count"]) == (4, 3, 2)
    assert kept["value"] == pytest.approx(2 / 3)
    # Below 4, 5, 6 and 200 lie 96, 95, 94 and 0 clean scores, and one equals 4, 5 and 6 each.
    assert scores["auroc"]["value"] == pytest.approx((96.5 + 95.5 + 94.5 + 0) / (101 * 4))


def test_clean_clips_are_at_chance():
    clean = [prediction(float(score)) for score in range(40)]
    scores = detection(clean, clean)
    area = scores["auroc"]
    assert area["value"] == pytest.approx(0.5)
    assert (area["low"], area["high"]) == (0.5, 0.5)  # both versions of a clip are drawn together
    assert scores["accuracy_in_dist"]["of"] == 38


def test_nothing_playable_has_no_numbers():
    clean = [prediction(float(score)) for score in range(4)]
    for scores in (detection(clean, [LOST] * 4), detection([LOST] * 4, [LOST] * 4)):
        kept = scores["accuracy_in_dist"]
        assert (scores["auroc"]["value"], kept["value"], kept["of"]) == (None, None, 0)
        assert scores["playable"]["value"] == 0


def test_nothing_kept_still_has_an_area():
    clean = [prediction(float(score)) for score in range(1, 5)]
    scores = detection(clean, [prediction(0.0)] * 4)
    kept = scores["accuracy_in_dist"]
    assert (kept["of"], kept["value"], scores["auroc"]["value"]) == (0, None, 1.0)


def test_interval_holds_the_area_and_needs_no_order_of_clips():
    draw = np.random.default_rng(1)
    positive = draw.normal(1, 1, 80)
    negative = positive - draw.exponential(0.5, 80)
    positive[3] = negative[5] = np.nan
    area = auroc(positive, negative)
    low, high = auroc_interval(positive, negative, 0.95)
    finite = np.isfinite(positive), np.isfinite(negative)
    labels = np.r_[np.ones(79), np.zeros(79)]
    scores = np.r_[positive[finite[0]], negative[finite[1]]]
    assert area == roc_auc_score(labels, scores)
    assert low < area < high
    assert (low, high) == tuple(auroc_interval(positive, negative, 0.95))
    wider = auroc_interval(positive, negative, 0.99)
    assert wider[0] < low < high < wider[1]


def test_interval_pairs_the_versions_of_a_clip():
    """Versions that differ little from clip to clip have a narrower interval when paired."""
    draw = np.random.default_rng(2)
    positive = draw.normal(0, 1, 100)
    negative = positive - 0.1
    paired = np.diff(auroc_interval(positive, negative, 0.95))
    parted = np.diff(auroc_interval(positive, draw.permutation(negative), 0.95))
    assert paired < parted / 5


def test_clips_of_one_source_are_drawn_together():
    """Forty clips of four films are no more than four samples."""
    draw = np.random.default_rng(0)
    films = np.repeat(range(4), 10)
    positive, negative = draw.normal(0.5, 0.1, 40) + 0.3 * films, draw.normal(0.4, 0.1, 40)
    negative += np.repeat([0.9, 0.1, 0.7, 0.2], 10)
    alone, together = (
        np.ptp(auroc_interval(positive, negative, 0.95, sources)) for sources in (None, films)
    )
    assert together > 1.5 * alone


def test_interval_covers_the_truth_about_as_often_as_it_says():
    # Two independent normal laws one standard deviation apart have the area Phi(1 / sqrt(2)).
    truth, draw, hits = 0.7602, np.random.default_rng(0), 0
    for _ in range(100):
        low, high = auroc_interval(draw.normal(1, 1, 60), draw.normal(0, 1, 60), 0.95)
        hits += low <= truth <= high
    assert 86 <= hits <= 100


# The decoder as detector -------------------------------------------------------------------------
DECODER = detectors()["decoder"].load()


def by_flags(clean, shifted):
    tables = (judged(frame(rows), ANY) for rows in (clean, shifted))
    return by_measure(detection_scores(*tables, DECODER, "scores", 0.95, 0.95))


def flagged(pictures, **more):
    return GOOD | {"flagged": pictures} | more


def test_decoder_keeps_clips_without_flags_and_finds_the_others():
    shifted = [flagged(0), flagged(0, label=1), flagged(3), flagged(1)]
    scores = by_flags([flagged(0)] * 4, shifted)
    kept = scores["accuracy_in_dist"]
    assert (kept["count"], kept["of"]) == (1, 2)
    assert scores["auroc"]["value"] == pytest.approx(0.5 * 0.5 + 0.5)  # two of four are ties
    assert scores["false_flags"]["count"] == 0


def test_flagged_clean_clips_are_counted():
    # One of 40 is fewer than the 5 % that may be given up; that clip's flag still counts as false.
    scores = by_flags([flagged(2)] + [flagged(0)] * 39, [flagged(0)] * 40)
    assert (scores["false_flags"]["count"], scores["false_flags"]["of"]) == (1, 40)
    assert scores["threshold"]["value"] == 0


def test_ceiling_counts_clips_whose_pixels_changed():
    shifted = [GOOD, GOOD | {"distance": 0.1}, GOOD | {"full_length": False}, GOOD]
    scores = by_flags([GOOD] * 4, shifted)
    assert scores["pixels_changed"]["count"] == 2
    assert scores["auroc_ceiling"]["value"] == 0.75
