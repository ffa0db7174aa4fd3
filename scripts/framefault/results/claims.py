"""The papers' claims, each asked of the results at hand: holds, does not hold, cannot be told.

A claim says that one side is `more` than the other (by a margin), the `same` within a margin, or
that its gain `grows` with the level (Spearman's rank correlation). What it says of a method has to
outlast two draws: of the trainings, and of the sources that were tested, the pictures or films that
clips show. Both are asked with Student's t (scipy): over trainings with Welch's test between those
of two methods, or the paired one where both sides are of the same trainings; over sources with one
difference for each. The claim has to stand in every test that there are enough draws for (an
intersection-union test, Berger 1982): p is the largest, the interval spans all. Scores that are no
mean over clips, as AUROC, bring an interval with them instead (differences of two by Zou and
Donner 2008).
"""

import warnings

import numpy as np
import pandas as pd
from scipy.stats import spearmanr, ttest_1samp, ttest_ind, ttest_rel

HOLDS, FAILS, UNKNOWN = "holds", "does not hold", "cannot be told from this sample"
NOT_ASKED = "not asked: nothing is evaluated for it"
COLUMNS = [
    "dataset", "claim", "statement", "scope", "says", "clips", "sources", "trainings", "value",
    "low", "high", "p", "verdict",
]  # fmt: skip
LEGEND = (
    "Value: the first side minus the second, in points (distances and numbers of boxes as they"
    " are), with an interval that spans the draw of trainings and the draw of sources (the pictures"
    " or films that clips show, or the tracked sequences); for a trend the rank correlation of gain"
    " and level, from -1 to 1. Trainings: of the first and of the second side. With one training on"
    " a side, a verdict is about these models, not about the method."
)
KEYS = ["scope", "seed", "item"]


def ask(claims, outcomes, scores, confidence):
    """A frame of COLUMNS: of every claim and data set all its conditions together, then each.

    `claims` as of `workflow.papers.Paper.claims`. `outcomes` has a row per test item, model,
    training, condition and seed with a column per measure (NaN: nothing to measure) and the item's
    source; `scores` as of `scores.read_scores`.
    """
    rows = []
    for claim in claims:
        names = {key: claim[key] for key in ("claim", "statement", "dataset", "says")}
        mine = outcomes[outcomes["dataset"] == claim["dataset"]]
        of_scores = scores[scores["dataset"] == claim["dataset"]]

        def answer(scopes, claim=claim, mine=mine, of_scores=of_scores):
            if claim["says"] == "grows":
                return by_trend(claim, scopes, mine, confidence)
            if claim["by_items"]:
                return by_items(claim, scopes, mine, confidence)
            return by_scores(claim, scopes, of_scores, confidence)

        scopes = claim["scopes"]
        alone = [] if claim["says"] == "grows" else scopes
        each = [{"scope": scope["name"]} | answer([scope]) for scope in alone]
        together = {"scope": "all"} | (answer(scopes) if scopes else {"verdict": NOT_ASKED})
        # What is said to be the same must be so under each condition.
        if claim["says"] == "same" and each:
            together["verdict"] = worst([row["verdict"] for row in each])
        rows += [names | row for row in [together, *(each if len(each) > 1 else [])]]
    return pd.DataFrame(rows, columns=COLUMNS, dtype=object)


def worst(verdicts):
    """One verdict for a claim that is made of each of several conditions."""
    if any(verdict.startswith(FAILS) for verdict in verdicts):
        return next(verdict for verdict in verdicts if verdict.startswith(FAILS))
    undecided = [verdict for verdict in verdicts if not verdict.startswith(HOLDS)]
    return (undecided or verdicts)[0]


def by_items(claim, scopes, outcomes, confidence):
    """The answer from outcomes per clip or frame; only items count that both sides have."""
    better, worse = both_sides(claim, scopes, outcomes)
    if not claim["unpaired"]:
        better, worse = (
            one.merge(other[KEYS].drop_duplicates())
            for one, other in ((better, worse), (worse, better))
        )
    # Every source counts once under every condition, however many clips it has: what is far off at
    # high levels is also wrong there, and must not be compared with what is right at low ones.
    cells = [
        each.groupby(["model", "training", "scope", "source"])["value"].mean()
        for each in (better, worse)
    ]
    runs = [each.groupby(["model", "training"]).mean() for each in cells]
    if runs[0].index.equals(runs[1].index):
        difference = (cells[0] - cells[1]).dropna()
        by_source = difference.groupby("source").mean()
        by_training = difference.groupby(["model", "training"]).mean()
        runs = [by_training, 0 * by_training]
    else:
        by_source = (cells[0].groupby("source").mean() - cells[1].groupby("source").mean()).dropna()
    counts = {"clips": worse["item"].nunique(), "sources": len(by_source)}
    tests = over_sources(by_source, confidence)
    return conclusion(claim, runs, tests, counts, by_source.mean(), confidence)


def both_sides(claim, scopes, outcomes):
    """Outcomes of the better and the worse side of a claim; NaN ones are left out."""
    sides = {
        side: pd.concat([of_side(claim[side], scope, side, outcomes) for scope in scopes]).dropna()
        for side in ("better", "worse")
        if "number" not in claim[side]
    }
    for side, other in (("better", "worse"), ("worse", "better")):
        if side not in sides:
            number = {"model": "", "training": 0, "value": float(claim[side]["number"])}
            sides[side] = sides[other].assign(**number)
        elif claim[side].get("clean"):  # clean clips have no draw: they stand beside every one
            draws = sides[other][["scope", "seed"]].drop_duplicates()
            sides[side] = sides[side].drop(columns="seed").merge(draws)
    return sides["better"], sides["worse"]


def over_sources(by_source, confidence):
    """The test over sources, where there are several."""
    return [t_test(ttest_1samp, confidence, by_source, 0)] if len(by_source) > 1 else []


def by_trend(claim, scopes, outcomes, confidence):
    """The answer from rank correlations of gain and level, by training and by source."""
    better, worse = (
        pd.concat([of_side(claim[side], scope, side, outcomes) for scope in scopes])
        .groupby(["training", "scope", "source"])["value"]
        .mean()
        for side in ("better", "worse")
    )
    gains = (better - worse).dropna()
    if gains.empty:
        return {"verdict": NOT_ASKED}
    places = {scope["name"]: scope["worse"] for scope in scopes}
    by_training, by_source = (
        correlations(gains.groupby([by, "scope"]).mean(), by, places)
        for by in ("training", "source")
    )
    nothing = pd.Series([0.0], pd.MultiIndex.from_tuples([("", 0)], names=["model", "training"]))
    side = pd.concat({claim["better"]["models"][0]: by_training}, names=["model"])
    counts = {"sources": len(by_source)}
    tests = over_sources(by_source, confidence)
    return conclusion(claim, [side, nothing], tests, counts, by_training.mean(), confidence)


def correlations(gains, by, places):
    """Spearman's correlation of gain and level, a mean over corruptions, for each of `by`.

    `places` are the (corruption, level) of scopes. Equal numbers have none.
    """
    gains = gains.rename("gain").reset_index()
    gains["corruption"] = [places[name][0] for name in gains["scope"]]
    gains["level"] = [float(places[name][1]) for name in gains["scope"]]

    def of(rows):
        if rows["gain"].nunique() < 2 or rows["level"].nunique() < 2:
            return 0.0
        return spearmanr(rows["level"], rows["gain"]).statistic

    return (
        pd.Series(
            {
                (each, corruption): of(rows)
                for (each, corruption), rows in gains.groupby([by, "corruption"])
            }
        )
        .rename_axis([by, "corruption"])
        .groupby(by)
        .mean()
    )


def of_side(side, scope, name, outcomes):
    """Outcomes of one side of a claim under one condition, as the column value.

    A model that stands for others, its counterparts, is there once for each, under their names.
    """
    if "stands_for" in side:
        alone = {key: side[key] for key in side if key != "stands_for"}
        return pd.concat(
            of_side(alone | {"models": [model]}, scope, name, outcomes).assign(model=other)
            for other, model in side["stands_for"].items()
        )
    corruption, level = scope[name]
    found = outcomes[
        outcomes["model"].isin(side["models"])
        & (outcomes["corruption"] == corruption)
        & (outcomes["level"] == level)
    ]
    kept = found[["model", "training", "seed", "item", "source"]]
    return kept.assign(value=found[side["measure"]].astype(float), scope=scope["name"])


def by_scores(claim, scopes, scores, confidence):
    """The answer from scores that bring their own interval over clips."""
    sides = [
        pd.concat([score_of(claim[name], scope, name, scores) for scope in scopes])
        for name in ("better", "worse")
    ]
    if not any("number" in claim[name] for name in ("better", "worse")):
        same = set(sides[0]["model"]) == set(sides[1]["model"])
        keys = ["scope", "seed", *(["model", "training"] if same else [])]
        sides = [
            one.merge(other[keys].drop_duplicates()) for one, other in (sides, reversed(sides))
        ]
    by_training = [each.groupby(["model", "training"])["value"].mean() for each in sides]
    (one, low, high), (other, other_low, other_high) = (
        each[["value", "low", "high"]].mean() for each in sides
    )
    down, up = np.hypot(one - low, other_high - other), np.hypot(high - one, other - other_low)
    of_clips = one - other - down, one - other + up, None
    # Precisions of detectors bring no interval: they have the test over models alone.
    tests = [] if np.isnan(down + up) else [of_clips]
    return conclusion(claim, by_training, tests, {}, one - other, confidence)


def score_of(side, scope, name, scores):
    """Scores of one side under one condition; a side may be a plain number instead."""
    if "number" in side:
        row = {"model": "", "training": 0} | dict.fromkeys(("value", "low", "high"), side["number"])
        return pd.DataFrame([row])
    corruption, level = scope[name]
    found = scores[
        scores["model"].isin(side["models"])
        & (scores["corruption"] == corruption)
        & (scores["level"] == level)
        & (scores["measure"] == side["measure"])
        & (scores["part"] == side.get("part", ""))
    ].dropna(subset="value")
    return found.assign(scope=scope["name"], model=side.get("trained", found["model"]))


def conclusion(claim, by_training, tests, counts, value, confidence):
    """The row of a claim: `tests`, as (low, high, p) each, and the one over trainings together.

    `by_training` are a value per training of both sides; a number has no name of a model.
    """
    better, worse = by_training
    trained = [each for each in by_training if each.index.get_level_values("model").all()]
    sizes = [len(each) for each in trained]
    row = counts | {"trainings": " / ".join(map(str, sizes))}
    if better.empty or worse.empty:
        return row | {"verdict": NOT_ASKED}
    if min(sizes) > 1:
        if len(trained) == 1:
            values = better.to_numpy() - worse.to_numpy()
            tests = [*tests, t_test(ttest_1samp, confidence, values, 0)]
        elif better.index.equals(worse.index):
            tests = [*tests, t_test(ttest_rel, confidence, better, worse)]
        else:
            tests = [*tests, t_test(ttest_ind, confidence, better, worse, equal_var=False)]
    row["value"] = in_unit(value, claim)
    if not tests:
        return row | {"verdict": UNKNOWN}
    lows, highs, ps = zip(*tests, strict=True)
    low, high = round(min(lows), 12), round(max(highs), 12)  # 0.1 + 0.2 - 0.3 is no difference
    p = max((p for p in ps if p is not None), default=None)
    found = verdict(low, high, claim["says"], claim["margin"])
    if min(sizes) == 1 and found != UNKNOWN:
        found += ", these models"
    return row | {
        "low": in_unit(low, claim),
        "high": in_unit(high, claim),
        "p": None if p is None or claim["says"] == "same" else float(f"{p:.3g}"),
        "verdict": found,
    }


def t_test(test, confidence, *samples, **options):
    """(low, high, p) of the difference of two samples' means; without any spread it is certain."""
    difference = float(np.mean(samples[0]) - np.mean(samples[1]))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # equal numbers
        result = test(*samples, **options)
        low, high = map(float, result.confidence_interval(confidence))
    if np.isnan(result.pvalue):
        return difference, difference, None if np.isnan(difference) else float(difference == 0)
    return low, high, float(result.pvalue)


def verdict(low, high, says, margin):
    """What an interval of the difference says of a claim; `margin` in the interval's unit."""
    if says == "same":
        if -margin <= low and high <= margin:
            return HOLDS
        return FAILS if high < -margin or low > margin else UNKNOWN
    return HOLDS if low > margin else FAILS if high < margin else UNKNOWN


def in_unit(value, claim):
    """Shares in percent points, distances as they are."""
    return round(100 * float(value), 1) if claim["points"] else round(float(value), 4)


def as_text(claims, caption):
    """The claims for readers: verdicts first, then every condition (Markdown)."""
    text = pd.DataFrame(
        {
            "Data set": claims["dataset"],
            "Claim": claims["statement"],
            "Scope": claims["scope"],
            "Clips": claims["clips"],
            "Sources": claims["sources"],
            "Trainings": claims["trainings"],
            "Value": [value(row) for row in claims.to_dict("records")],
            "p": ["" if pd.isna(p) else f"{p:.2g}" for p in claims["p"]],
            "Verdict": claims["verdict"],
        }
    ).fillna("")
    style = {"index": False, "disable_numparse": True}
    together = text["Scope"] == "all"
    summary = text[together].drop(columns="Scope").to_markdown(**style)
    parts = [caption, summary, LEGEND]
    if not together.all():
        parts += ["By condition:", text[~together].to_markdown(**style)]
    return "\n\n".join(parts) + "\n"


def value(row):
    text = "" if pd.isna(row["value"]) else f"{row['value']:g}"
    return text if pd.isna(row["low"]) else f"{text} [{row['low']:g}, {row['high']:g}]"
