"""The three answers to a claim, each from a sample that calls for it."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest

import claims as stage
from framefault.results.claims import (
    COLUMNS,
    FAILS,
    HOLDS,
    UNKNOWN,
    as_text,
    ask,
    near_chance,
    paired,
    together,
    unchanged_as_expected,
)
from framefault.tabular import write_parquet
from framefault.tasks.recognition.predictions import SCHEMA
from papers import FEW, NOTHING, paper
from scored import ANY, LOST, RIGHT, WRONG, cells, frame

NAN = math.nan


def test_outcomes_are_right_wrong_or_missing(tmp_path):
    write_parquet(tmp_path / "1e-4.parquet", frame([RIGHT, WRONG, LOST]).to_dict("records"), SCHEMA)
    found = stage.outcomes(tmp_path / "1e-4.parquet", ANY)
    assert found.tolist()[:2] == [1.0, 0.0]
    assert np.isnan(found[2])


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


def area(value, low, high, playable=9, **condition):
    """Scores of a detector under one condition."""
    return [
        {"measure": "auroc", "value": value, "low": low, "high": high} | condition,
        {"measure": "playable", "value": playable} | condition,
    ]


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [(0.48, 0.53, HOLDS), (0.45, 0.55, HOLDS), (0.56, 0.7, FAILS), (0.3, 0.44, FAILS),
     (0.52, 0.58, UNKNOWN), (0.4, 0.6, UNKNOWN)],
)  # fmt: skip
def test_near_chance_by_the_interval(low, high, verdict):
    row = near_chance(cells(*area((low + high) / 2, low, high)).set_index("measure"))
    assert row["verdict"] == verdict
    assert (row["clips"], row["low"], row["high"]) == (9, round(100 * low), round(100 * high))


def test_no_area_tells_nothing():
    row = near_chance(cells(*area(None, None, None, 0)).set_index("measure"))
    assert (row["verdict"], row["value"], row["clips"]) == (UNKNOWN, None, 0)


def flipped(count, unchanged, size=12_500, level=1e-6):
    return pd.DataFrame({"bytes": size, "level": level, "unchanged": np.arange(count) < unchanged})


@pytest.mark.parametrize(
    ("files", "verdict"),
    [
        (flipped(1000, 905), HOLDS),  # exp(-0.1) of 1000 are expected
        (flipped(1000, 850), FAILS),
        (flipped(1000, 950), FAILS),
        (flipped(12, 11), UNKNOWN),  # agrees, but so would most numbers
        (flipped(0, 0), UNKNOWN),
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


CLAIMS = {claim["claim"]: claim for claim in paper("paper_a", evaluate=FEW).claims()}


def asked(*names, right=None, scores=None, files=None, seeds=(0,)):
    chosen = [CLAIMS[name] for name in names]
    scores = cells() if scores is None else scores
    return ask(chosen, right or {}, scores, files or {}, ["mine"], list(seeds), 0.95)


def values(table, *columns):
    return list(table[list(columns)].itertuples(index=False, name=None))


def test_claims_are_about_the_papers_levels():
    assert CLAIMS["packet_loss_degrades"]["conditions"] == [("packet_loss", "0.2")]
    assert CLAIMS["flips_degrade"]["conditions"] == [("random", "1e-4")]
    assert CLAIMS["odin_at_chance"]["conditions"] == [
        ("packet_loss", "0.01"), ("random", "1e-6"), ("random", "1e-8"),
    ]  # fmt: skip
    assert len(CLAIMS["at_hurts"]["conditions"]) == 6


def test_degradation_compares_with_clean_clips_and_defences_with_each_other():
    right = {("mine", model, 0, "clean", "0"): np.ones(20) for model in ("none", "at_eps2")}
    right["mine", "none", 0, "packet_loss", "0.2"] = np.r_[np.zeros(9), np.ones(11)]
    right["mine", "none", 0, "random", "1e-4"] = np.zeros(20)
    right["mine", "bat_high", 0, "packet_loss", "0.2"] = np.zeros(20)
    right["mine", "bat_high", 0, "random", "1e-4"] = np.zeros(20)
    rows = asked("packet_loss_degrades", right=right)
    assert values(rows, "scope", "in_favour", "verdict") == [
        ("all", 9, HOLDS), ("packet_loss 0.2", 9, HOLDS),
    ]  # fmt: skip
    rows = asked("bat_high_helps", right=right)
    assert values(rows, "scope", "against", "verdict") == [
        ("all", 11, FAILS), ("packet_loss 0.2", 11, FAILS), ("random 1e-4", 0, UNKNOWN),
    ]  # fmt: skip


def test_seeds_of_a_clip_are_not_counted_apart():
    right = {("mine", "none", seed, "clean", "0"): np.ones(3) for seed in (0, 1)}
    for seed in (0, 1):
        right["mine", "none", seed, "packet_loss", "0.2"] = np.array([0.0, seed, 1.0])
    rows = asked("packet_loss_degrades", right=right, seeds=(0, 1))
    assert values(rows, "scope", "clips", "in_favour", "value") == [
        ("all", 3, 2, 50.0), ("packet_loss 0.2", 3, 2, 50.0),
    ]  # fmt: skip


def odin(*areas, **more):
    """Scores of ODIN under the conditions of its claim, ± 0.01."""
    rows = []
    conditions = CLAIMS["odin_at_chance"]["conditions"]
    for value, (corruption, level) in zip(areas, conditions, strict=True):
        condition = {"model": "odin", "corruption": corruption, "level": level} | more
        rows += area(value, value - 0.01, value + 0.01, 5, **condition)
    return rows


def test_file_says_the_worst_area_and_every_law():
    files = {
        ("mine", "checksum", 0, "random", level): flipped(300, count).drop(columns="level")
        for level, count in (("1e-4", 0), ("1e-6", 271), ("1e-8", 300))
    }
    scores = cells(*odin(0.53, 0.51, 0.5))
    table = asked("odin_at_chance", "checksum_law", scores=scores, files=files)
    assert list(table.columns) == COLUMNS
    assert values(table[:4], "scope", "value", "verdict") == [
        ("all", 53.0, HOLDS), ("packet_loss 0.01", 53.0, HOLDS), ("random 1e-6", 51.0, HOLDS),
        ("random 1e-8", 50.0, HOLDS),
    ]  # fmt: skip
    assert table["clips"][4:].tolist() == [900, 300, 300, 300]
    text = as_text(table, "Claims. Generated videos.")
    assert text.startswith("Claims. Generated videos.")
    assert text.count("ODIN cannot tell") == 4
    assert "571 [" in text


def test_every_seed_of_a_detector_is_a_condition_of_its_own():
    scores = cells(*odin(0.5, 0.5, 0.5), *odin(0.5, 0.7, 0.5, seed=1))
    table = asked("odin_at_chance", scores=scores, seeds=(0, 1))
    assert len(table) == 7
    assert values(table[:1], "value", "verdict") == [(70.0, FAILS)]
    assert "random 1e-6 seed 1" in table["scope"].tolist()


def test_text_has_verdicts_first_then_every_condition():
    right = {("mine", "none", 0, *each): np.ones(6) for each in [("clean", "0")]}
    right["mine", "none", 0, "packet_loss", "0.2"] = np.zeros(6)
    summary, details = as_text(
        asked("packet_loss_degrades", right=right), "Claims."
    ).split("Value: points")  # fmt: skip
    line = "6 / 0 | 100 | 0.031 | holds"
    assert [line in " ".join(each.split()) for each in (summary, details)] == [True, True]
    assert "packet_loss 0.2" in details and "packet_loss 0.2" not in summary


def test_claims_without_levels_are_left_out():
    claims = paper("paper_a", evaluate=NOTHING).claims()
    right = {("mine", model, 0, "clean", "0"): np.ones(2) for model in ("none", "at_eps2")}
    table = ask(claims, right, cells(), {}, ["mine"], [0], 0.95)
    assert table["claim"].tolist() == ["at_hurts", "at_hurts"]
    assert as_text(table, "Claims.").startswith("Claims.")
