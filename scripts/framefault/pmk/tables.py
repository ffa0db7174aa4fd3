"""Tables of paper B: rows of plain values, and their text for readers."""

import numpy as np

from framefault.evaluation.typeset import typeset
from framefault.pmk.results import KINDS
from framefault.pmk.scoring import pm_k, proportion
from framefault.pmk.sets import REACH

NARROW = {"ilsvrc": "ILSVRC-30", "finetuned": "ILSVRC-30 + FT"}
NOT_AVAILABLE = "not available today"


def percent(share):
    """One decimal, halves away from zero as the paper rounds; None stays None."""
    return None if share is None else round(100 * share + 1e-9, 1)


def accuracies(original, perturbed):
    """The columns every accuracy table shares, from two proportions."""
    row = {"anchors": original["of"]}
    for name, level in (("original", original), ("perturbed", perturbed)):
        row[name] = percent(level["accuracy"])
        row[f"{name}_ci_low"], row[f"{name}_ci_high"] = (
            percent(level["low"]),
            percent(level["high"]),
        )
    # The paper subtracts printed values: 749 and 582 of 1,109 are 67.5, 52.5 and 15.0.
    drop = round(row["original"] - row["perturbed"], 1) if original["of"] else None
    return row | {"drop": drop}


def table1(results):
    """What review kept; rejected pairs are known only where the release has them."""
    rows = []
    for each in results:
        kept, everything = each.sets.reviewed(), each.sets.rows
        anchors = len(each.sets.anchors)
        rows.append(
            {
                "dataset": each.name,
                "anchors": anchors,
                "pairs reviewed": len(everything) - anchors if each.knows_rejected else None,
                "pairs accepted": len(kept) - anchors,
                "frames": len(np.unique(kept[:, 1])),
                "median neighbours": float(np.median(np.bincount(kept[:, 0]) - 1)),
            }
        )
    return rows


def table2(results):
    return [
        {"dataset": each.name, "role": each.role, "type": kind, "model": model}
        | accuracies(each.level(model, 0), each.level(model, 10))
        for each in results
        for kind, model in each.representatives.items()
    ]


def table4(results):
    """The best model, with all candidates of an anchor that are known, and with the kept ones."""
    rows = []
    for each in results:
        answers = each.answers(each.best)[0]
        for reviewed in (False, True):
            row = {"dataset": each.name, "role": each.role, "model": each.best}
            row["reviewed"] = "yes" if reviewed else "pairs not"
            if reviewed or each.knows_rejected:
                sets = each.sets if reviewed else with_all_pairs(each.sets)
                counts, anchors = pm_k(answers, sets, each.rules["labels"])
                confidence = each.rules["confidence"]
                levels = [proportion(int(counts[k]), anchors, confidence) for k in (0, REACH)]
                row |= accuracies(*levels)
            rows.append(row)
    return rows


def with_all_pairs(sets):
    """The sets as if no pair had been rejected; rejected anchors stay away."""
    rows = sets.rows.copy()
    rows[:, 3] = 1
    return type(sets)(sets.classes, sets.subclasses, sets.frames, sets.labels, rows)


def table5(results):
    """All models of one data set, best first; those that cannot be had come last, empty."""
    (each,) = results
    rows = []
    for model in each.facts["models"]:
        if model["model"] in each.facts["narrow"]:
            continue
        row = {"dataset": each.name} | {name: model[name] for name in ("model", "kind", "from")}
        if model["model"] in each.cells:
            row |= accuracies(each.level(model["model"], 0), each.level(model["model"], 10))
        rows.append(row)
    return sorted(rows, key=lambda row: -(row.get("original") or -1))


def table7(results, streams):
    """Anchors of one frame type removed: all of them, then without I, P and B frames."""
    (each,) = results
    types = np.array([row["type"] for row in streams])
    everything = [("All frames", np.ones(len(types), bool))]
    subsets = everything + [(f"w/o {t}-frames", types != t) for t in "IPB"]
    return [
        {"dataset": each.name, "model": each.best, "frames": name}
        | accuracies(*each.on_subset(each.best, chosen))
        for name, chosen in subsets
    ]


def table8(results, streams):
    """Anchors by the whole part of their video's frame rate: 29.97 counts as 29."""
    (each,) = results
    rates = np.array([int(float(row["fps"])) for row in streams])
    return [
        {"dataset": each.name, "model": each.best, "fps": rate}
        | accuracies(*each.on_subset(each.best, rates == rate))
        for rate in sorted(set(rates.tolist()))
    ]


def table9(results):
    (each,) = results
    return [
        {"dataset": each.name, "training": NARROW[each.kinds[model]], "model": model}
        | accuracies(each.level(model, 0), each.level(model, 10))
        for model in each.facts["narrow"]
        if model in each.cells
    ]


def table10(recipes):
    """Hyper-parameters as the configuration has them, one row per model trained in the run."""
    columns = ("learning_rate", "schedule", "batch_size", "epochs", "momentum", "weight_decay")
    return [
        {"model": name, "start": recipe["start"] or ""} | {key: recipe[key] for key in columns}
        for name, recipe in recipes.items()
    ]


HEADS = {
    "dataset": "Data set", "type": "Model type", "model": "Model", "kind": "Type",
    "from": "Weights", "reviewed": "Reviewed", "frames": "Frames", "fps": "FPS",
    "original": "Original", "perturbed": "Perturbed", "drop": "Δ", "anchors": "Anchors",
    "learning_rate": "Learning rate", "batch_size": "Batch size", "weight_decay": "Weight decay",
}  # fmt: skip


def as_text(rows, caption, style):
    """The table for readers, in a style of tabulate: intervals stand beside their value."""
    columns = [name for name in columns_of(rows) if "_ci_" not in name and name != "role"]
    if len({row.get("dataset") for row in rows}) == 1:
        columns = [name for name in columns if name != "dataset"]
    head = [HEADS.get(name, name.capitalize()) for name in columns]
    body = [[cell(row, name) for name in columns] for row in rows]
    return typeset(body, head, caption, style)


def cell(row, name):
    value = row.get(name)
    if name == "type":
        value = KINDS[value]
    if value is None:
        return NOT_AVAILABLE if name == "original" else "" if name != "drop" else "–"
    if f"{name}_ci_low" in row:
        low, high = row[f"{name}_ci_low"], row[f"{name}_ci_high"]
        return f"{value:.1f} [{low:.1f}, {high:.1f}]"
    return f"{value:.1f}" if name == "drop" else str(value)


def columns_of(rows):
    """All columns of all rows, in the order of the fullest row."""
    fullest = max(rows, key=len)
    return [*fullest, *(name for row in rows for name in row if name not in fullest)]
