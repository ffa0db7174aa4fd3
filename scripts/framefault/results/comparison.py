"""Our numbers beside the papers' printed ones."""

import numpy as np
import pandas as pd
from scipy.stats import t

COLUMNS = [
    "dataset", "row", "column", "ours", "ours_low", "ours_high", "ours_std", "runs", "paper",
    "difference", "verdict", "doubt",
]  # fmt: skip
BESIDE = {
    "low": "_ci_low", "high": "_ci_high", "std": "_std", "runs": "_runs", "trainings": "_trainings",
}  # fmt: skip
PRINTED = ["column", "value", "doubt"]


def compare(table, published, incomparable, confidence=0.95, given=()):
    """One row per printed number and data set of ours, in the order of the printed numbers.

    `table` is a frame as written by the table stage. `published` has one printed number per row:
    the keys that the table's rows are known by, column, value, doubt. ours_low and ours_high are
    the interval over clips; it says nothing here, as both tested the same clips. The verdict asks
    whether one more run of ours, another training under another draw, could give the paper's
    value; one training alone cannot tell. Of the data sets `given`, whose networks are published
    ones, runs are draws of the damage alone. `incomparable` says of data sets why it must not be
    asked.
    """
    if table.empty:
        return pd.DataFrame(columns=COLUMNS)
    keys = [name for name in published.columns if name not in PRINTED]
    published = published[published["column"].isin(table.columns)]
    ours = long(table, keys)
    # A number stands for the data set in its role, or without roles for all of them.
    if "role" in keys:
        published = published.merge(table[["role", "dataset"]].drop_duplicates(), "inner", "role")
    else:
        published = table[["dataset"]].drop_duplicates().merge(published, "cross")
    keys = ["dataset", *keys]
    found = published.merge(ours, "left", [*keys, "column"], suffixes=("_paper", ""))
    shown = [name for name in keys if name != "dataset"]
    return pd.DataFrame(
        {
            "dataset": found["dataset"],
            "row": found[shown].astype(str).agg(", ".join, axis=1),
            "column": found["column"],
            "ours": found["value"],
            "ours_low": found["low"],
            "ours_high": found["high"],
            "ours_std": found["std"],
            "runs": found["runs"],
            "paper": found["value_paper"],
            "difference": (found["value"] - found["value_paper"]).round(1),
            "verdict": verdicts(found, incomparable, confidence, given),
            "doubt": found["doubt"],
        },
        columns=COLUMNS,
    )


def long(table, keys):
    """The numbers of a table, one per row: keys, column, value and what is BESIDE it, known."""
    names = [name for name in dict.fromkeys(["dataset", *keys]) if name in table.columns]
    found = table.melt(names, var_name="column")
    found = found[pd.to_numeric(found["value"], errors="coerce").notna() | found["value"].isna()]
    found["value"] = found["value"].astype(float)
    numbers = found
    for name, suffix in BESIDE.items():
        beside = numbers[numbers["column"].str.endswith(suffix)].rename(columns={"value": name})
        beside["column"] = beside["column"].str.removesuffix(suffix)
        found = found.merge(beside, "left", [*names, "column"])
    return found.assign(known=True)


def verdicts(found, incomparable, confidence, given):
    """A sentence for every number; the first that applies."""
    ours, paper, std, trainings = (
        found[name] for name in ("value", "value_paper", "std", "trainings")
    )
    trainings = trainings.where(~found["dataset"].isin(given), found["runs"])
    # The interval that one more run falls into: the paper's is one, too. Trainings share draws,
    # so that only they are counted.
    reach = t.isf((1 - confidence) / 2, trainings - 1) * std * np.sqrt(1 + 1 / trainings)
    reasons = found["dataset"].map(incomparable).astype(object)
    return np.select(
        [
            found["known"].isna(),
            ours.isna(),
            reasons.notna(),
            ours == paper,
            ~(trainings > 1),
            (ours - paper).abs() <= reach,
        ],
        [
            "not evaluated: no such row in the table",
            "not evaluated: there is no such number",
            "not comparable: " + reasons.fillna(""),
            "equal",
            "no verdict: one training",
            "within the spread of our runs",
        ],
        "outside the spread of our runs",
    )
