"""The paper's claims, each asked of the results at hand: holds, does not hold, cannot be told.

Which version of a clip a model gets right is compared clip by clip. A clip counts for a claim
if it is right more often on the side that the claim says is better, over all conditions and
seeds of the claim, and against it if less often; an exact sign test decides. For one condition
and seed that is McNemar's exact test. Clips are independent of each other; conditions and seeds
of one clip are not, and are therefore never counted apart.
"""

import numpy as np
from scipy.stats import binomtest
from tabulate import tabulate

from framefault.evaluation.checksums import support_interval, support_law, unflipped
from framefault.evaluation.metrics import is_playable, predicted_class

HOLDS, FAILS, UNKNOWN = "holds", "does not hold", "cannot be told from this sample"
# Points that count as "near" 50 % AUROC, and as following the law of unchanged files.
MARGIN = 5.0
COLUMNS = (
    "dataset", "claim", "statement", "scope", "clips", "in_favour", "against", "value", "low",
    "high", "p", "test", "verdict",
)  # fmt: skip
SIGN_TEST = "sign test over clips"
LEGEND = (
    "Value: points of accuracy, AUROC in % (the one farthest from 50) or unchanged files; an"
    " interval in brackets. For / against: clips that are right more often on one side or the"
    " other; an exact sign test over clips decides. By condition, each p for itself:"
)


def outcomes(predictions, rule):
    """1.0 for a clip that is classified right, 0.0 for wrong, NaN for unplayable."""
    return np.array(
        [
            float(predicted_class(row["logits"]) == row["label"])
            if is_playable(row, rule)
            else np.nan
            for row in predictions
        ]
    )


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
        "test": SIGN_TEST,
        "verdict": decided if p < alpha else UNKNOWN,
    }


def near_chance(cell):
    """A claim that a detector cannot tell corrupted clips: its AUROC is within 50 ± MARGIN %."""
    low, high = (round(100 * end, 1) for end in cell["interval_auroc"])
    if cell["auroc"] is not None and 50 - MARGIN <= low and high <= 50 + MARGIN:
        decided = HOLDS
    else:
        decided = FAILS if high < 50 - MARGIN or low > 50 + MARGIN else UNKNOWN
    return {
        "clips": cell["playable"],
        "value": None if cell["auroc"] is None else round(100 * cell["auroc"], 1),
        "low": low,
        "high": high,
        "test": f"bootstrap interval within 50 ± {MARGIN:g} %",
        "verdict": decided,
    }


def unchanged_as_expected(files, confidence):
    """A claim that files stay unchanged as often as (1 - p) ^ bits says.

    `files` are (bytes, level, unchanged). The law's interval must hold the count; where the
    interval is wider than ± MARGIN % of the files, agreement says nothing.
    """
    chances = [float(unflipped(size, level)) for size, level, _ in files]
    count = sum(unchanged for *_, unchanged in files)
    low, high = support_interval(support_law(chances), confidence) if files else (0, 0)
    if not low <= count <= high:
        decided = FAILS
    else:
        telling = files and high - low <= 2 * MARGIN / 100 * len(files)
        decided = HOLDS if telling else UNKNOWN
    return {
        "clips": len(files),
        "value": count,
        "low": low,
        "high": high,
        "test": f"count within the exact law's interval, {sum(chances):.1f} expected",
        "verdict": decided,
    }


def together(verdicts):
    """One verdict for a claim that is made of each of several conditions."""
    if FAILS in verdicts:
        return FAILS
    return HOLDS if verdicts and set(verdicts) == {HOLDS} else UNKNOWN


def paired_rows(claim, right, datasets, seeds, alpha):
    """Rows of a "paired" claim: all its conditions together, then each.

    `right` maps (dataset, defence, seed, corruption, level) to `outcomes`.
    """
    for dataset in datasets:
        sides = {}
        for corruption, level in claim["conditions"]:
            clean = ("none", "0") if claim["clean"] else (corruption, level)
            sides[f"{corruption} {level}"] = [
                (
                    right[dataset, claim["better"], seed, *clean],
                    right[dataset, claim["worse"], seed, corruption, level],
                )
                for seed in seeds
            ]
        scopes = {"all": [pair for pairs in sides.values() for pair in pairs]} | sides
        for scope, pairs in scopes.items():
            if pairs:
                yield dataset, scope, paired(*zip(*pairs, strict=True), alpha)


def near_chance_rows(claim, cells, datasets, seeds):
    """Rows of the "near_chance" claim: the worst of all conditions, then each."""
    for dataset in datasets:
        found = {
            f"{corruption} {level}" + (f" seed {seed}" if len(seeds) > 1 else ""): near_chance(
                cells[dataset, "odin", seed, corruption, level]
            )
            for corruption, level in claim["conditions"]
            for seed in seeds
        }
        if found:
            worst = max(found.values(), key=lambda row: abs((row["value"] or 50) - 50))
            overall = together([row["verdict"] for row in found.values()])
            yield dataset, "all", worst | {"verdict": overall}
        for scope, row in found.items():
            yield dataset, scope, row


def unchanged_rows(claim, files, datasets, confidence):
    """Rows of the "unchanged" claim; `files` maps (dataset, level) to (bytes, level, unchanged)."""
    for dataset in datasets:
        levels = {f"{c} {level}": files[dataset, level] for c, level in claim["conditions"]}
        scopes = {"all": [file for level in levels.values() for file in level]} | levels
        for scope, found in scopes.items():
            if found:
                yield dataset, scope, unchanged_as_expected(found, confidence)


def named(claim, rows):
    """Rows for the file: every column, the claim's name and words in each."""
    names = {"claim": claim["claim"], "statement": claim["statement"]}
    return [{"dataset": dataset, "scope": scope} | names | row for dataset, scope, row in rows]


def as_text(rows, caption):
    """The claims for readers: verdicts first, then every condition (Markdown)."""
    heads = ("Data set", "Claim", "Scope", "Clips", "For / against", "Value", "p", "Verdict")
    lines = []
    for row in rows:
        votes = f"{row['in_favour']} / {row['against']}" if "in_favour" in row else ""
        value = "" if row.get("value") is None else f"{row['value']:g}"
        value += f" [{row['low']:g}, {row['high']:g}]" if "low" in row else ""
        p = f"{row['p']:.2g}" if "p" in row else ""
        words = (row["dataset"], row["statement"], row["scope"], row["clips"], votes, value, p)
        lines.append((*words, row["verdict"]))
    overall = [[*line[:2], *line[3:]] for line in lines if line[2] == "all"]
    details = [line for line in lines if line[2] != "all"]
    style = {"tablefmt": "github", "disable_numparse": True}
    summary = tabulate(overall, [*heads[:2], *heads[3:]], **style)
    return f"{caption}\n\n{summary}\n\n{LEGEND}\n\n{tabulate(details, heads, **style)}\n"
