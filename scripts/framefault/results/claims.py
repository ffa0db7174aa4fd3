"""The papers' claims, each asked of the results at hand: holds, does not hold, cannot be told.

Which version of a clip a model gets right is compared clip by clip. A clip counts for a claim
if it is right more often on the side that the claim says is better, over all conditions and
seeds of the claim, and against it if less often; an exact sign test decides. For one condition
and seed that is McNemar's exact test. Clips are independent of each other; conditions and seeds
of one clip are not, and are therefore never counted apart.
"""

import numpy as np
import pandas as pd
from scipy.stats import binomtest

from framefault.results.statistics import support_interval, support_law, unflipped

HOLDS, FAILS, UNKNOWN = "holds", "does not hold", "cannot be told from this sample"
# Points that count as "near" 50 % AUROC, and as following the law of unchanged files.
MARGIN = 5.0
COLUMNS = [
    "dataset", "claim", "statement", "scope", "clips", "in_favour", "against", "value", "low",
    "high", "p", "test", "verdict",
]  # fmt: skip
LEGEND = (
    "Value: points of accuracy, AUROC in % (the one farthest from 50) or unchanged files; an"
    " interval in brackets. For / against: clips that are right more often on one side or the"
    " other; an exact sign test over clips decides. By condition, each p for itself:"
)


def ask(claims, right, scores, files, datasets, seeds, confidence):
    """A frame of COLUMNS: of every claim and data set all its conditions together, then each.

    By (dataset, model, seed, corruption, level), `right` holds outcomes per clip (1, 0, NaN for
    unplayable) and `files` frames of bytes and unchanged. `scores` are those of detectors.
    """
    rows = []
    for claim in claims:
        for dataset in datasets:
            if claim["test"] == "paired":
                found = paired_scopes(claim, right, dataset, seeds, 1 - confidence)
            elif claim["test"] == "near_chance":
                found = near_chance_scopes(claim, scores, dataset)
            else:
                found = unchanged_scopes(claim, files, dataset, seeds, confidence)
            names = {key: claim[key] for key in ("claim", "statement")} | {"dataset": dataset}
            rows += [names | {"scope": scope} | row for scope, row in found.items()]
    return pd.DataFrame(rows, columns=COLUMNS, dtype=object)


def paired_scopes(claim, right, dataset, seeds, alpha):
    """{scope: row} of a claim that one model, or the clean version of clips, does better."""
    sides = {}
    for corruption, level in claim["conditions"]:
        better = ("clean", "0") if claim.get("clean") else (corruption, level)
        sides[f"{corruption} {level}"] = [
            (right[dataset, claim["better"], seed, *better],
             right[dataset, claim["worse"], seed, corruption, level])
            for seed in seeds
        ]  # fmt: skip
    if not sides:
        return {}
    scopes = {"all": [pair for pairs in sides.values() for pair in pairs]} | sides
    return {scope: paired(*zip(*pairs, strict=True), alpha) for scope, pairs in scopes.items()}


def paired(better, worse, alpha):
    """A claim that clips do better on one side, from outcomes (conditions, clips) of both.

    `value` is the mean difference in points on the clips that both sides can play.
    """
    difference = np.asarray(better, np.float64) - np.asarray(worse, np.float64)
    shared = np.isfinite(difference)
    balance = np.where(shared, difference, 0).sum(axis=0)
    favour, against = int((balance > 0).sum()), int((balance < 0).sum())
    p = float(binomtest(favour, favour + against).pvalue) if favour + against else 1.0
    decided = HOLDS if favour > against else FAILS
    return {
        "clips": int(shared.any(axis=0).sum()),
        "in_favour": favour,
        "against": against,
        "value": round(100 * float(difference[shared].mean()), 1) if shared.any() else None,
        "p": float(f"{p:.3g}"),
        "test": "sign test over clips",
        "verdict": decided if p < alpha else UNKNOWN,
    }


def near_chance_scopes(claim, scores, dataset):
    """{scope: row} of a claim that a detector cannot tell: the worst condition, then each."""
    chosen = scores[(scores["dataset"] == dataset) & (scores["model"] == claim["model"])]
    several, found = chosen["seed"].nunique() > 1, {}
    for corruption, level in claim["conditions"]:
        mine = chosen[(chosen["corruption"] == corruption) & (chosen["level"] == level)]
        for seed, of_seed in mine.groupby("seed"):
            scope = f"{corruption} {level}" + (f" seed {seed}" if several else "")
            found[scope] = near_chance(of_seed.set_index("measure"))
    if not found:
        return {}
    worst = max(found.values(), key=lambda row: abs((row["value"] or 50) - 50))
    overall = together([row["verdict"] for row in found.values()])
    return {"all": worst | {"verdict": overall}} | found


def near_chance(scores):
    """A claim that a detector's AUROC is within 50 ± MARGIN %, from its scores by measure."""
    auroc = scores.loc["auroc"]
    value, low, high = (
        None if pd.isna(auroc[name]) else round(100 * auroc[name], 1)
        for name in ("value", "low", "high")
    )
    if value is not None and 50 - MARGIN <= low and high <= 50 + MARGIN:
        decided = HOLDS
    elif value is not None and (high < 50 - MARGIN or low > 50 + MARGIN):
        decided = FAILS
    else:
        decided = UNKNOWN
    return {
        "clips": int(scores.loc["playable", "value"]),
        "value": value,
        "low": low,
        "high": high,
        "test": f"bootstrap interval within 50 ± {MARGIN:g} %",
        "verdict": decided,
    }


def together(verdicts):
    """One verdict for a claim that is made of each of several conditions."""
    if FAILS in verdicts:
        return FAILS
    return HOLDS if verdicts and set(verdicts) == {HOLDS} else UNKNOWN


def unchanged_scopes(claim, files, dataset, seeds, confidence):
    """{scope: row} of the claim on the number of unchanged files."""
    levels = {
        f"{corruption} {level}": pd.concat(
            files[dataset, claim["model"], seed, corruption, level].assign(level=float(level))
            for seed in seeds
        )
        for corruption, level in claim["conditions"]
    }
    if not levels:
        return {}
    scopes = {"all": pd.concat(levels.values())} | levels
    return {scope: unchanged_as_expected(found, confidence) for scope, found in scopes.items()}


def unchanged_as_expected(files, confidence):
    """A claim that files stay unchanged as often as (1 - p) ^ bits says.

    `files` have bytes, level (p) and unchanged. The law's interval must hold the count; where the
    interval is wider than ± MARGIN % of the files, agreement says nothing.
    """
    chances = unflipped(files["bytes"].to_numpy(), files["level"].to_numpy())
    count = int(files["unchanged"].sum())
    low, high = support_interval(support_law(chances), confidence)
    if not low <= count <= high:
        decided = FAILS
    else:
        telling = len(files) and high - low <= 2 * MARGIN / 100 * len(files)
        decided = HOLDS if telling else UNKNOWN
    return {
        "clips": len(files),
        "value": count,
        "low": low,
        "high": high,
        "test": f"count within the exact law's interval, {chances.sum():.1f} expected",
        "verdict": decided,
    }


def as_text(claims, caption):
    """The claims for readers: verdicts first, then every condition (Markdown)."""
    text = pd.DataFrame(
        {
            "Data set": claims["dataset"],
            "Claim": claims["statement"],
            "Scope": claims["scope"],
            "Clips": claims["clips"],
            "For / against": [votes(row) for row in claims.to_dict("records")],
            "Value": [value(row) for row in claims.to_dict("records")],
            "p": ["" if pd.isna(p) else f"{p:.2g}" for p in claims["p"]],
            "Verdict": claims["verdict"],
        }
    )
    style = {"index": False, "disable_numparse": True}
    together = text["Scope"] == "all"
    summary = text[together].drop(columns="Scope").to_markdown(**style)
    details = text[~together].to_markdown(**style)
    return f"{caption}\n\n{summary}\n\n{LEGEND}\n\n{details}\n"


def votes(row):
    return "" if pd.isna(row["in_favour"]) else f"{row['in_favour']} / {row['against']}"


def value(row):
    text = "" if pd.isna(row["value"]) else f"{row['value']:g}"
    return text if pd.isna(row["low"]) else f"{text} [{row['low']:g}, {row['high']:g}]"
