"""The three answers to a claim, each from a sample that calls for it."""

import math

import numpy as np
import pytest
from scipy.stats import binomtest

from framefault.evaluation.claims import (
    FAILS,
    HOLDS,
    UNKNOWN,
    as_text,
    named,
    near_chance,
    near_chance_rows,
    outcomes,
    paired,
    paired_rows,
    together,
    unchanged_as_expected,
    unchanged_rows,
)
from framefault.paper_a import claims

ANY = {"min_frames": 1, "max_errors": None, "full_length": False}
GOOD = {"status": "ok", "frames": 10, "errors": 0, "full_length": True}
NAN = math.nan
EVALUATED = {
    "packet_loss": ["0.2", "0.01"], "random": ["1e-4", "1e-6", "1e-8"], "contiguous": ["0.5"],
}  # fmt: skip


def test_outcomes_are_right_wrong_or_missing():
    rows = [{"label": 0, "logits": [[2.0, 1.0]]}, {"label": 1, "logits": [[2.0, 1.0]]}]
    rows = [GOOD | row for row in rows] + [GOOD | {"label": 0, "logits": [], "frames": 0}]
    assert outcomes(rows, ANY).tolist()[:2] == [1.0, 0.0]
    assert np.isnan(outcomes(rows, ANY)[2])


@pytest.mark.parametrize(
    ("favour", "against", "verdict"),
    [
        (15, 2, HOLDS),
        (2, 15, FAILS),
        (5, 3, UNKNOWN),
        (0, 0, UNKNOWN),
        (5, 0, UNKNOWN),
        (6, 0, HOLDS),
    ],
)
def test_one_condition_is_mcnemars_exact_test(favour, against, verdict):
    better = np.r_[np.ones(favour), np.zeros(against), np.ones(10)]
    worse = np.r_[np.zeros(favour), np.ones(against), np.ones(10)]
    row = paired([better], [worse], 0.05)
    assert (row["in_favour"], row["against"], row["verdict"]) == (favour, against, verdict)
    assert row["clips"] == favour + against + 10
    if favour + against:
        assert row["p"] == pytest.approx(binomtest(favour, favour + against).pvalue, rel=5e-3)
    assert row["value"] == pytest.approx(100 * (favour - against) / row["clips"], abs=0.05)


def test_a_clip_counts_once_however_many_conditions_it_is_in():
    better = np.array([[1.0, 1.0, 0.0, 1.0]] * 10)
    worse = np.array([[0.0, 0.0, 0.0, 1.0]] * 10)
    row = paired(better, worse, 0.05)
    assert (row["in_favour"], row["against"], row["verdict"]) == (2, 0, UNKNOWN)


def test_clips_that_one_side_cannot_play_do_not_count():
    row = paired([[1.0, 1.0, NAN, 1.0]], [[0.0, NAN, 0.0, 1.0]], 0.05)
    assert (row["clips"], row["in_favour"], row["value"]) == (2, 1, 50.0)
    row = paired([[NAN]], [[NAN]], 0.05)
    assert (row["clips"], row["value"], row["verdict"]) == (0, None, UNKNOWN)


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [(0.48, 0.53, HOLDS), (0.45, 0.55, HOLDS), (0.56, 0.7, FAILS), (0.3, 0.44, FAILS),
     (0.52, 0.58, UNKNOWN), (0.4, 0.6, UNKNOWN)],
)  # fmt: skip
def test_near_chance_by_the_interval(low, high, verdict):
    cell = {"auroc": (low + high) / 2, "interval_auroc": [low, high], "playable": 9}
    assert near_chance(cell)["verdict"] == verdict


def test_no_area_tells_nothing():
    cell = {"auroc": None, "interval_auroc": [0.0, 1.0], "playable": 0}
    assert near_chance(cell)["verdict"] == UNKNOWN


def flipped(count, unchanged, size=12_500, level=1e-6):
    return [(size, level, int(index < unchanged)) for index in range(count)]


@pytest.mark.parametrize(
    ("files", "verdict"),
    [
        (flipped(1000, 905), HOLDS),  # exp(-0.1) of 1000 are expected
        (flipped(1000, 850), FAILS),
        (flipped(1000, 950), FAILS),
        (flipped(12, 11), UNKNOWN),  # agrees, but so would most numbers
        ([], UNKNOWN),
    ],
)
def test_unchanged_files_against_their_law(files, verdict):
    assert unchanged_as_expected(files, 0.95)["verdict"] == verdict


@pytest.mark.parametrize(
    ("verdicts", "verdict"),
    [
        ([HOLDS, HOLDS], HOLDS),
        ([HOLDS, UNKNOWN], UNKNOWN),
        ([UNKNOWN, FAILS, HOLDS], FAILS),
        ([], UNKNOWN),
    ],
)
def test_one_condition_that_fails_fails_the_claim(verdicts, verdict):
    assert together(verdicts) == verdict


def claim(name):
    return next(each for each in claims(EVALUATED) if each["claim"] == name)


def test_claims_are_about_the_papers_levels():
    assert claim("packet_loss_degrades")["conditions"] == [("packet_loss", "0.2")]
    assert claim("flips_degrade")["conditions"] == [("random", "1e-4")]
    assert claim("odin_at_chance")["conditions"] == [
        ("packet_loss", "0.01"), ("random", "1e-6"), ("random", "1e-8"),
    ]  # fmt: skip
    assert len(claim("at_hurts")["conditions"]) == 6


def test_degradation_compares_with_clean_clips_and_defences_with_each_other():
    right = {("mine", defence, 0, "none", "0"): np.ones(20) for defence in ("none", "at_eps2")}
    right["mine", "none", 0, "packet_loss", "0.2"] = np.r_[np.zeros(9), np.ones(11)]
    right["mine", "none", 0, "random", "1e-4"] = np.zeros(20)
    right["mine", "bat_high", 0, "packet_loss", "0.2"] = np.zeros(20)
    right["mine", "bat_high", 0, "random", "1e-4"] = np.zeros(20)
    rows = list(paired_rows(claim("packet_loss_degrades"), right, ["mine"], [0], 0.05))
    assert [(scope, row["in_favour"], row["verdict"]) for _, scope, row in rows] == [
        ("all", 9, HOLDS), ("packet_loss 0.2", 9, HOLDS),
    ]  # fmt: skip
    rows = list(paired_rows(claim("bat_high_helps"), right, ["mine"], [0], 0.05))
    assert [(scope, row["against"], row["verdict"]) for _, scope, row in rows] == [
        ("all", 11, FAILS), ("packet_loss 0.2", 11, FAILS), ("random 1e-4", 0, UNKNOWN),
    ]  # fmt: skip


def test_file_says_the_worst_area_and_every_law():
    areas = {"0.01": 0.53, "1e-6": 0.51, "1e-8": 0.5}
    cells = {
        ("mine", "odin", 0, corruption, level): {
            "auroc": areas[level], "interval_auroc": [areas[level] - 0.01, areas[level] + 0.01],
            "playable": 5,
        }
        for corruption, level in claim("odin_at_chance")["conditions"]
    }  # fmt: skip
    rows = named(
        claim("odin_at_chance"), near_chance_rows(claim("odin_at_chance"), cells, ["mine"], [0])
    )
    assert [(row["scope"], row["value"], row["verdict"]) for row in rows] == [
        ("all", 53.0, HOLDS), ("packet_loss 0.01", 53.0, HOLDS), ("random 1e-6", 51.0, HOLDS),
        ("random 1e-8", 50.0, HOLDS),
    ]  # fmt: skip
    files = {
        ("mine", level): flipped(300, count, level=float(level))
        for level, count in (("1e-4", 0), ("1e-6", 271), ("1e-8", 300))
    }
    law = claim("checksum_law")
    rows += named(law, unchanged_rows(law, files, ["mine"], 0.95))
    assert [row["clips"] for row in rows[4:]] == [900, 300, 300, 300]
    text = as_text(rows, "Claims. Generated videos.")
    assert text.startswith("Claims. Generated videos.")
    assert text.count("ODIN cannot tell") == 4
    assert "571 [" in text


def test_claims_without_levels_are_left_out():
    empty = {"packet_loss": [], "random": [], "contiguous": []}
    for each in claims(empty):
        if each["kind"] == "near_chance":
            assert list(near_chance_rows(each, {}, ["mine"], [0])) == []
        elif each["kind"] == "unchanged":
            assert list(unchanged_rows(each, {}, ["mine"], 0.95)) == []
        elif each["claim"] != "at_hurts":
            assert list(paired_rows(each, {}, ["mine"], [0], 0.05)) == []
