"""Each answer to a claim, from a sample that calls for it."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest, ttest_1samp, ttest_ind, ttest_rel

import claims as stage
from framefault.results.claims import (
    COLUMNS,
    FAILS,
    HOLDS,
    NOT_ASKED,
    UNKNOWN,
    as_text,
    ask,
)
from framefault.tabular import write_parquet
from framefault.tasks.recognition.predictions import SCHEMA
from papers import FEW, NOTHING, paper
from scored import ANY, LOST, RIGHT, WRONG, cells, frame

CONDITION = ("packet_loss", "0.2")
SCOPE = {"name": "packet_loss 0.2", "better": CONDITION, "worse": CONDITION}
OTHER = {"name": "random 1e-4", "better": ("random", "1e-4"), "worse": ("random", "1e-4")}
FROM_CLEAN = SCOPE | {"better": ("clean", "0")}
THESE = ", these models"


def claim(better="bat", worse="none", **more):
    sides = {
        name: side if isinstance(side, dict) else {"models": [side], "measure": "accuracy"}
        for name, side in (("better", better), ("worse", worse))
    }
    start = {"claim": "c", "statement": "BAT helps", "dataset": "mine", "says": "more", "margin": 0}
    start |= {"points": True, "unpaired": False, "by_items": True, "scopes": [SCOPE]}
    return sides | start | more


def outcomes(values, model, condition=CONDITION, sources=None, seed=0, measure="accuracy"):
    """Outcomes of a model's clips from (trainings, clips); without `sources` each has its own."""
    values = np.atleast_2d(np.asarray(values, float))
    trainings, clips = values.shape
    items = [f"c{number}" for number in range(clips)]
    return pd.DataFrame(
        {
            "dataset": "mine", "model": model, "training": np.repeat(range(trainings), clips),
            "corruption": condition[0], "level": condition[1], "seed": seed,
            "item": items * trainings,
            "source": (items if sources is None else list(map(str, sources))) * trainings,
            measure: values.ravel(),
        }
    )  # fmt: skip


def asked(claim, *samples, scores=(), confidence=0.95):
    return ask([claim], pd.concat(samples), cells(*scores), confidence).to_dict("records")


def of_clips(claim, *samples):
    """The answer to a claim that is made of one condition."""
    (row,) = asked(claim, *samples)
    return row


def shares(*accuracies, clips=100):
    """Outcomes (trainings, clips) of so many percent right, spread evenly over the clips."""
    right = [np.arange(clips) * 37 % clips < round(share * clips) for share in accuracies]
    return np.array(right, float)


# Trainings and sources ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("better", "worse", "verdict"),
    [
        ((0.70, 0.72, 0.71), (0.50, 0.52, 0.51), HOLDS),
        ((0.50, 0.52, 0.51), (0.70, 0.72, 0.71), FAILS),
        ((0.51, 0.53, 0.52), (0.51, 0.53, 0.52), UNKNOWN),
        # Far better on average, but by one training of three.
        ((0.99, 0.50, 0.51), (0.50, 0.51, 0.50), UNKNOWN),
        ((0.70, 0.72), (0.50, 0.52, 0.51), HOLDS),
        ((0.7,), (0.5,), HOLDS + THESE),
        ((0.5,), (0.7,), FAILS + THESE),
        ((0.5,), (0.5,), UNKNOWN),
        ((0.70, 0.72, 0.71), (0.5,), HOLDS + THESE),
    ],
)
def test_a_difference_has_to_outlast_the_draw_of_trainings(better, worse, verdict):
    row = of_clips(claim(), outcomes(shares(*better), "bat"), outcomes(shares(*worse), "none"))
    assert row["verdict"] == verdict
    assert row["trainings"] == f"{len(better)} / {len(worse)}"
    assert row["value"] == pytest.approx(100 * (np.mean(better) - np.mean(worse)), abs=0.051)
    assert (row["clips"], row["sources"]) == (100, 100)


def test_interval_and_p_are_of_the_less_certain_draw():
    better, worse = shares(0.90, 0.70, 0.75), shares(0.60, 0.65, 0.70)
    row = of_clips(claim(), outcomes(better, "bat"), outcomes(worse, "none"))
    trained = ttest_ind(better.mean(1), worse.mean(1), equal_var=False)
    clips = ttest_1samp(better.mean(0) - worse.mean(0), 0)
    ends = np.array([test.confidence_interval(0.95) for test in (trained, clips)])
    assert trained.pvalue > clips.pvalue
    assert row["p"] == pytest.approx(trained.pvalue, rel=1e-2)
    assert row["low"] == pytest.approx(100 * ends[:, 0].min(), abs=0.051)
    assert row["high"] == pytest.approx(100 * ends[:, 1].max(), abs=0.051)


def test_p_of_one_training_a_side_is_that_of_the_sources():
    better, worse = shares(0.6), shares(0.5)
    row = of_clips(claim(), outcomes(better, "bat"), outcomes(worse, "none"))
    assert row["p"] == pytest.approx(ttest_1samp((better - worse)[0], 0).pvalue, rel=1e-2)


def test_sides_of_the_same_trainings_are_compared_pair_by_pair():
    clean, damaged = shares(0.95, 0.75, 0.55), shares(0.85, 0.66, 0.44)
    assert ttest_ind(clean.mean(1), damaged.mean(1)).pvalue > 0.3
    side = {"models": ["none"], "measure": "accuracy"}
    row = of_clips(
        claim(side | {"clean": True}, side, scopes=[FROM_CLEAN]),
        outcomes(clean, "none", ("clean", "0")),
        outcomes(damaged, "none"),
    )
    assert (row["verdict"], row["value"]) == (HOLDS, 10.0)
    assert row["p"] >= ttest_rel(clean.mean(1), damaged.mean(1)).pvalue * 0.99


@pytest.mark.parametrize(("number", "verdict"), [(0.4, HOLDS), (0.6, FAILS), (0.5, UNKNOWN)])
@pytest.mark.parametrize("trainings", [1, 3])
def test_one_side_may_be_a_number(number, verdict, trainings):
    sample = shares(0.51, 0.49, 0.5) if trainings == 3 else shares(0.5)
    row = of_clips(claim("bat", {"number": number}), outcomes(sample, "bat"))
    known = verdict != UNKNOWN and trainings == 1
    assert row["verdict"] == verdict + (THESE if known else "")
    assert (row["value"], row["trainings"]) == (pytest.approx(50 - 100 * number), str(trainings))
    swapped = of_clips(claim({"number": number}, "bat"), outcomes(sample, "bat"))
    assert swapped["value"] == -row["value"] and swapped["clips"] == 100


def test_a_trend_of_nothing_is_not_asked():
    side = {"models": ["t"], "measure": "accuracy"}
    trend = claim(side | {"clean": True}, side, scopes=[FROM_CLEAN], says="grows", points=False)
    row = of_clips(trend, outcomes(shares(0.9), "t", ("clean", "0")))
    assert row["verdict"] == NOT_ASKED


def test_scores_without_an_interval_are_told_apart_by_several_models():
    scores = [
        {"dataset": "mine", "model": model, "measure": "map_0", "part": part, "value": value,
         "low": None, "high": None}
        for model, values in (("a", (0.6, 0.8)), ("b", (0.5, 0.71)))
        for part, value in zip(("", "localisation"), values, strict=True)
    ]  # fmt: skip
    better, worse = (
        {"models": ["a", "b"], "measure": "map_0"} | more for more in ({"part": "localisation"}, {})
    )
    scope = {"name": "clean 0", "better": ("clean", "0"), "worse": ("clean", "0")}
    both = claim(better, worse, scopes=[scope], by_items=False)
    (row,) = asked(both, outcomes([0.0], "a"), scores=scores)
    assert row["verdict"] == HOLDS and row["value"] == 20.5
    (row,) = asked(both, outcomes([0.0], "a"), scores=scores[:2])
    assert row["verdict"] == UNKNOWN


def test_either_side_may_be_of_clean_clips_which_have_no_draws():
    side = {"models": ["t"], "measure": "accuracy"}
    damaged = [outcomes(shares(share), "t", seed=draw) for draw, share in enumerate((0.6, 0.4))]
    clean = outcomes(shares(0.9), "t", ("clean", "0"))
    down = claim(side | {"clean": True}, side, scopes=[FROM_CLEAN])
    assert of_clips(down, clean, *damaged)["value"] == 40
    to_clean = SCOPE | {"worse": ("clean", "0")}
    up = claim(side, side | {"clean": True}, scopes=[to_clean])
    row = of_clips(up, clean, *damaged)
    assert (row["value"], row["verdict"]) == (-40, FAILS + THESE)


def test_clips_of_one_picture_count_once():
    better, worse = np.r_[np.ones(20), np.zeros(20)], np.zeros(40)
    alone = of_clips(claim(), outcomes(better, "bat"), outcomes(worse, "none"))
    assert (alone["sources"], alone["verdict"]) == (40, HOLDS + THESE)
    pictures = np.arange(40) // 20
    row = of_clips(
        claim(),
        outcomes(better, "bat", sources=pictures),
        outcomes(worse, "none", sources=pictures),
    )
    assert (row["clips"], row["sources"], row["value"]) == (40, 2, 50.0)
    assert row["verdict"] == UNKNOWN
    one = outcomes(better, "bat", sources=0 * pictures)
    row = of_clips(claim(), one, outcomes(worse, "none", sources=0 * pictures))
    assert (row["sources"], row["verdict"]) == (1, UNKNOWN)


def test_sources_count_alike_however_many_clips_they_have():
    """One film of 200 clips says otherwise than eleven of two clips."""
    films = np.r_[np.zeros(200, int), np.repeat(range(1, 12), 2)]
    better = np.r_[np.ones(200), np.zeros(22)]
    worse = np.r_[np.zeros(200), np.tile([1.0, 0.0], 11)]
    samples = [outcomes(better, "bat", sources=films), outcomes(worse, "none", sources=films)]
    row = of_clips(claim(), *samples)
    assert row["value"] == pytest.approx(100 * (1 - 11 / 2) / 12, abs=0.05)
    assert row["low"] <= row["value"] <= row["high"]


def test_levels_are_not_mixed():
    """At one level all clips are far off and most are wrong, but wrong ones no more than others."""
    sides = {n: {"models": ["none"], "measure": f"distance_{n}"} for n in ("wrong", "right")}
    samples = []
    for condition, distance, wrong in ((CONDITION, 0.1, 1), (("random", "1e-5"), 0.9, 3)):
        is_wrong = np.arange(40) % 4 < wrong
        sample = outcomes(np.where(is_wrong, np.nan, distance), "none", condition,
                          sources=np.arange(40) // 4, measure="distance_right")  # fmt: skip
        samples.append(sample.assign(distance_wrong=np.where(is_wrong, distance, np.nan)))
    more = {"unpaired": True, "points": False, "scopes": [SCOPE, OTHER]}
    row, *_ = asked(claim(sides["wrong"], sides["right"], **more), *samples)
    assert (row["value"], row["verdict"]) == (0, UNKNOWN)


def test_models_are_compared_with_their_counterparts():
    """Each of two treatments helps its network by ten points, which differ by fifty."""
    samples = [
        outcomes(shares(share), model)
        for model, share in (("a", 0.3), ("b", 0.8), ("a+", 0.4), ("b+", 0.9), ("b++", 0.91))
    ]
    pairs = {"a+": "a", "b+": "b", "b++": "b"}
    worse = {"models": ["a", "b"], "measure": "accuracy", "stands_for": pairs}
    row = of_clips(claim({"models": list(pairs), "measure": "accuracy"}, worse), *samples)
    assert (row["trainings"], row["verdict"]) == ("3 / 3", HOLDS)
    assert row["value"] == pytest.approx(10.3, abs=0.05)


def test_clips_that_one_side_cannot_play_do_not_count():
    row = of_clips(
        claim(), outcomes([1, 1, np.nan, 1, 0], "bat"), outcomes([0, np.nan, 0, 1, 0], "none")
    )
    assert (row["clips"], row["value"]) == (3, 33.3)
    nothing = [np.nan, np.nan]
    row = of_clips(claim(), outcomes(nothing, "bat"), outcomes(nothing, "none"))
    assert row["verdict"] == NOT_ASKED


def test_clean_clips_stand_beside_every_draw_of_the_damage():
    side = {"models": ["none"], "measure": "accuracy"}
    row = of_clips(
        claim(side | {"clean": True}, side, scopes=[FROM_CLEAN]),
        outcomes([1, 1, 1, 1], "none", ("clean", "0")),
        outcomes([0, 0, 1, np.nan], "none", seed=0),
        outcomes([0, 1, 1, 0], "none", seed=7),
    )
    # A clip is one source over draws, and counts once, also where one draw leaves it unplayable.
    assert (row["clips"], row["sources"], row["value"]) == (4, 4, 62.5)
    assert row["trainings"] == "1 / 1"


def test_draws_of_the_damage_are_no_trainings():
    draws = [
        outcomes(shares(share), model, seed=seed)
        for model, share in (("bat", 0.7), ("none", 0.5))
        for seed in range(5)
    ]
    row = of_clips(claim(), *draws)
    assert (row["trainings"], row["clips"], row["sources"]) == ("1 / 1", 100, 100)
    assert row["verdict"] == HOLDS + THESE


def test_methods_that_are_alike_are_seldom_said_to_differ():
    """Trainings of one method differ by far more than clips let a sign test believe."""
    draw, repeats, trainings, clips = np.random.default_rng(3), 60, 3, 200
    wrong = {"ours": 0, "signs": 0}
    for _ in range(repeats):
        accuracy = np.clip(draw.normal(0.6, 0.08, (2, trainings, 1)), 0, 1)
        better, worse = (draw.random((2, trainings, clips)) < accuracy).astype(float)
        row = of_clips(claim(), outcomes(better, "bat"), outcomes(worse, "none"))
        wrong["ours"] += row["verdict"] != UNKNOWN
        signs = better[0] - worse[0]
        favour, against = (int((signs == sign).sum()) for sign in (1, -1))
        wrong["signs"] += binomtest(favour, favour + against).pvalue < 0.05
    # 5 % of 60 are 3; 9 or more have a probability below 0.5 %.
    assert wrong["ours"] < 9
    assert wrong["signs"] > 0.3 * repeats


# What a claim can say -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("better", "worse", "margin", "verdict"),
    [
        ((0.60, 0.61, 0.60), (0.60, 0.60, 0.61), 0.05, HOLDS),
        ((0.80, 0.81, 0.80), (0.60, 0.60, 0.61), 0.05, FAILS),
        ((0.40, 0.41, 0.40), (0.60, 0.60, 0.61), 0.05, FAILS),
        ((0.60, 0.70, 0.65), (0.60, 0.60, 0.75), 0.05, UNKNOWN),
        ((0.60, 0.61, 0.60), (0.60, 0.60, 0.61), 0.001, UNKNOWN),
        ((0.6,), (0.6,), 0.05, HOLDS + THESE),
    ],
)
def test_the_same_is_what_lies_within_the_margin(better, worse, margin, verdict):
    row = of_clips(
        claim(says="same", margin=margin),
        outcomes(shares(*better, clips=1000), "bat"),
        outcomes(shares(*worse, clips=1000), "none"),
    )
    assert row["verdict"] == verdict
    assert row["p"] is None


def over_two(says, *levels):
    """Verdicts of a claim under both conditions together and under each, from accuracies."""
    samples = [
        outcomes(shares(*accuracies, clips=1000), model, scope["worse"])
        for scope, sides in zip((SCOPE, OTHER), levels, strict=True)
        for model, accuracies in zip(("bat", "none"), sides, strict=True)
    ]
    rows = asked(claim(says=says, margin=0.05, scopes=[SCOPE, OTHER]), *samples)
    assert [row["scope"] for row in rows] == ["all", SCOPE["name"], OTHER["name"]]
    return [row["verdict"] for row in rows]


def test_more_is_asked_on_average_and_the_same_of_every_condition():
    low, high = (0.60, 0.61, 0.60), (0.80, 0.81, 0.80)
    assert over_two("more", (high, low), (low, low)) == [HOLDS, HOLDS, FAILS]  # by its margin
    assert over_two("same", (low, low), (low, low)) == [HOLDS] * 3
    # Better here and worse there is no equality, though the means agree.
    assert over_two("same", (high, low), (low, high)) == [FAILS] * 3
    assert over_two("same", (low, low), ((0.5, 0.6, 0.7), low)) == [UNKNOWN, HOLDS, UNKNOWN]


def test_distances_of_wrong_and_right_clips_are_of_different_clips():
    sides = {
        name: {"models": ["none"], "measure": f"distance_{name}"} for name in ("wrong", "right")
    }
    right = outcomes([[np.nan, np.nan, 0.1, 0.2, 0.1, 0.1]] * 2, "none", sources=[0, 1, 2, 0, 1, 2],
                     measure="distance_right")  # fmt: skip
    right["distance_wrong"] = [0.5, 0.4, *[np.nan] * 4] * 2
    row = of_clips(claim(sides["wrong"], sides["right"], unpaired=True, points=False), right)
    assert (row["clips"], row["sources"], row["value"]) == (4, 2, 0.3)  # both are in 0 and 1


# Gain of the better side by level and training, 300 clips each.
LEVELS = [("random", "1e-4"), ("random", "1e-5"), ("random", "1e-6"), ("random", "1e-7")]


@pytest.mark.parametrize(
    ("gains", "value", "verdict"),
    [
        ([(0.3, 0.2, 0.1, 0.0)] * 3, 1, HOLDS),
        ([(0.0, 0.1, 0.2, 0.3)] * 3, -1, FAILS),
        ([(0.3, 0.2, 0.1, 0.0), (0.0, 0.1, 0.2, 0.3), (0.3, 0.0, 0.2, 0.1)], 0.1333, UNKNOWN),
        ([(0.3, 0.2, 0.1, 0.0)], 1, HOLDS + THESE),
        ([(0.3, 0.1)] * 3, 1, HOLDS),
    ],
)
def test_a_gain_grows_where_it_does_in_every_training(gains, value, verdict):
    levels = LEVELS[: len(gains[0])]
    scopes = [{"name": " ".join(level), "better": level, "worse": level} for level in levels]
    samples = [
        outcomes(shares(*(0.4 + scale * gain[place] for gain in gains), clips=300), model, level)
        for place, level in enumerate(levels)
        for model, scale in (("bat", 1), ("none", 0))
    ]
    row = of_clips(claim(says="grows", points=False, scopes=scopes), *samples)
    assert (row["scope"], row["value"], row["verdict"]) == ("all", value, verdict)


# Scores with intervals and numbers ------------------------------------------------------------

ODIN, ENERGY = ({"models": [name], "measure": "auroc"} for name in ("odin", "energy"))
NO_CLIPS = outcomes(np.empty((1, 0)), "none")


def areas(*values, model="odin", reach=0.01):
    """AUROCs of some trainings, each with its interval over clips."""
    named = dict(zip(("corruption", "level"), CONDITION, strict=True))
    return [
        named | {"model": model, "measure": "auroc", "training": number, "value": value,
                 "low": value - reach, "high": value + reach}
        for number, value in enumerate(values)
    ]  # fmt: skip


def of_areas(better, worse, scores, **more):
    row, *_ = asked(claim(better, worse, by_items=False, **more), NO_CLIPS, scores=scores)
    return row


@pytest.mark.parametrize(
    ("values", "reach", "verdict"),
    [
        ((0.80, 0.81, 0.80), 0.01, HOLDS),
        ((0.70, 0.71, 0.70), 0.01, FAILS),
        ((0.80, 0.81, 0.80), 0.1, UNKNOWN),  # by the draw of clips
        ((0.95, 0.77, 0.76), 0.01, UNKNOWN),  # by the draw of trainings
        ((0.8,), 0.01, HOLDS + THESE),
    ],
)
def test_a_number_may_be_either_side(values, reach, verdict):
    scores = areas(*values, reach=reach)
    row = of_areas(ODIN, {"number": 0.75, "measure": "auroc"}, scores)
    assert (row["verdict"], row["trainings"]) == (verdict, f"{len(values)}")
    opposite = {HOLDS: FAILS, FAILS: HOLDS, UNKNOWN: UNKNOWN, HOLDS + THESE: FAILS + THESE}
    turned = of_areas({"number": 0.75, "measure": "auroc"}, ODIN, scores)
    assert turned["verdict"] == opposite[verdict]
    assert (turned["value"], turned["low"], turned["high"]) == pytest.approx(
        (-row["value"], -row["high"], -row["low"])
    )


def test_chance_is_within_the_margin_of_one_half():
    half = {"number": 0.5, "measure": "auroc"}
    answer = [
        of_areas(ODIN, half, areas(*values), says="same", margin=0.05)["verdict"]
        for values in ((0.51, 0.52, 0.51), (0.61, 0.62, 0.61), (0.55, 0.56, 0.55))
    ]
    assert answer == [HOLDS, FAILS, UNKNOWN]
    for edge in (0.45, 0.55):
        scores = areas(edge, edge, reach=0)
        assert of_areas(ODIN, half, scores, says="same", margin=0.05)["verdict"] == HOLDS


def test_p_against_a_number_is_that_of_the_trainings():
    values = (0.80, 0.84, 0.77)
    row = of_areas(ODIN, {"number": 0.75, "measure": "auroc"}, areas(*values))
    assert row["p"] == pytest.approx(ttest_1samp(values, 0.75).pvalue, rel=1e-2)


def test_trainings_without_any_spread_differ_for_certain():
    scores = [*areas(0.8, 0.8, reach=0), *areas(0.7, 0.7, model="energy", reach=0)]
    row = of_areas(ODIN, ENERGY, scores)
    assert [row[name] for name in ("value", "low", "high", "p")] == [10, 10, 10, 0]
    same = of_areas(ODIN, ENERGY, [*scores[:2], *areas(0.8, 0.8, model="energy", reach=0)])
    assert [same[name] for name in ("low", "high", "p", "verdict")] == [0, 0, 1, UNKNOWN]


def test_two_scores_differ_by_the_interval_of_zou_and_donner():
    scores = [*areas(0.80, reach=0.03), *areas(0.75, model="energy", reach=0.04)]
    row = of_areas(ODIN, ENERGY, scores)
    assert (row["value"], row["low"], row["high"], row["verdict"]) == (5.0, 0.0, 10.0, UNKNOWN)
    scores = [*areas(0.81, reach=0.03), *areas(0.75, model="energy", reach=0.04)]
    row = of_areas(ODIN, ENERGY, scores)
    assert (row["low"], row["verdict"]) == (1.0, HOLDS + THESE)


def test_a_level_where_one_side_has_no_score_counts_for_neither():
    at = {"corruption": OTHER["better"][0], "level": OTHER["better"][1]}
    scores = [*areas(0.5), *areas(0.5, model="energy"), *(row | at for row in areas(0.9))]
    row = of_areas(ODIN, ENERGY, scores, scopes=[SCOPE, OTHER])
    assert (row["scope"], row["value"]) == ("all", 0.0)


def test_a_score_that_could_not_be_had_is_not_asked():
    nothing = [areas(0.5)[0] | dict.fromkeys(("value", "low", "high"))]
    assert of_areas(ODIN, ENERGY, [*nothing, *areas(0.7, model="energy")])["verdict"] == NOT_ASKED


# From files to the report ---------------------------------------------------------------------

A = paper("paper_a", evaluate=FEW)
CLAIMS = {each["claim"]: each for each in A.claims()}


def test_claims_are_about_the_papers_levels():
    names = {name: [scope["name"] for scope in each["scopes"]] for name, each in CLAIMS.items()}
    assert names["packet_loss_degrades"] == ["packet_loss 0.2"]
    assert names["flips_degrade"] == ["random 1e-4"]
    assert names["odin_at_chance"] == ["packet_loss 0.01", "random 1e-6", "random 1e-8"]
    assert names["odin_misses_packet_loss"] == ["packet_loss 0.2"]
    assert names["at_hurts_clean"] == ["clean 0"]
    assert len(names["at_hurts"]) == 5
    (scope,) = CLAIMS["packet_loss_degrades"]["scopes"]
    assert (scope["better"], scope["worse"]) == (("clean", "0"), ("packet_loss", "0.2"))
    levels = {"bat": {"levels": {"packet_loss": [], "random": ["1e-4"]}}}
    few = paper("paper_a", evaluate=FEW, recognition=levels)
    oracle = {each["claim"]: each for each in few.claims()}["oracle_lags_bat_high"]
    assert [scope["name"] for scope in oracle["scopes"]] == ["random 1e-4"]


@pytest.mark.parametrize(
    ("which", "asked"),
    [
        (paper("paper_a", evaluate=NOTHING), {"at_hurts_clean", "larger_epsilon_4_is_worse"}),
        (paper("paper_b", "paper.yaml"), {"all_models_drop", "finetuning_drops_less"}),
    ],
)
def test_claims_without_levels_or_models_say_that_they_were_not_asked(which, asked):
    claims = which.claims()
    empty = [each for each in claims if not each["scopes"]]
    assert asked <= {each["claim"] for each in claims} - {each["claim"] for each in empty}
    table = ask(empty, NO_CLIPS, cells(), 0.95)
    assert list(table.columns) == COLUMNS and len(table) == len(empty) > 3
    assert set(table["verdict"]) == {NOT_ASKED} and set(table["scope"]) == {"all"}
    assert as_text(table, "Claims.").count(NOT_ASKED) == len(empty)


def test_a_file_of_predictions_tells_what_it_is_of(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    cell = "results/predictions/motion/bat_oracle/random/1e-4/seed2/random/1e-4/seed1.parquet"
    path = tmp_path.joinpath(cell).relative_to(tmp_path)
    path.parent.mkdir(parents=True)
    write_parquet(path, frame([RIGHT, WRONG, LOST]).to_dict("records"), SCHEMA)

    class settings:
        playable, sources = ANY, {"motion": None}

    found = stage.of_predictions(path, settings)
    assert found["accuracy_playable"].fillna(-1).tolist() == [1, 0, -1]
    keys = ["dataset", "model", "training", "corruption", "level", "seed"]
    assert found[keys].drop_duplicates().values.tolist() == [
        ["motion", "bat_oracle", 2, "random", "1e-4", 1]
    ]  # fmt: skip


def test_text_has_verdicts_first_then_every_condition():
    samples = [
        outcomes(shares(*accuracies), model, scope["worse"])
        for scope in (SCOPE, OTHER)
        for model, accuracies in (("bat", (0.70, 0.72, 0.71)), ("none", (0.50, 0.52, 0.51)))
    ]
    table = ask([claim(scopes=[SCOPE, OTHER])], pd.concat(samples), cells(), 0.95)
    text = as_text(table, "Claims. Generated videos.")
    assert text.startswith("Claims. Generated videos.\n")
    summary, details = text.split("Value: the first side minus the second")
    assert "| BAT helps | 100 | 100 | 3 / 3 | 20 [" in " ".join(summary.split())
    assert summary.count("holds") == 1 and details.count("| holds") == 2
    assert "packet_loss 0.2" in details and "packet_loss 0.2" not in summary


@pytest.mark.parametrize("prefix", ["", "some/place/", "results/cells/"])
@pytest.mark.parametrize("model", ["none", "bat_oracle/random/1e-4"])
def test_condition_is_told_by_the_path_below_results(prefix, model):
    path = Path(f"{prefix}results/predictions/own/{model}/seed1/random/1e-4/seed2.parquet")
    found = {"dataset": "own", "model": model.partition("/")[0], "training": 1}
    assert stage.condition_of(path) == found | {"corruption": "random", "level": "1e-4", "seed": 2}
