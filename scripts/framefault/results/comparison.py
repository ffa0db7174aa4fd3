"""Our numbers beside the papers' printed ones."""

import numpy as np
import pandas as pd

COLUMNS = [
    "dataset", "row", "column", "ours", "ours_low", "ours_high", "paper", "difference", "verdict",
    "doubt",
]  # fmt: skip
PRINTED = ["column", "value", "doubt"]


def compare(table, published, incomparable):
    """One row per printed number and data set of ours, in the order of the printed numbers.

    `table` is a frame as written by the table stage. `published` has one printed number per row:
    the keys that the table's rows are known by, column, value, doubt. The verdict asks whether the
    paper's value lies in our interval; `incomparable` says of data sets why it must not be asked.
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
            "paper": found["value_paper"],
            "difference": (found["value"] - found["value_paper"]).round(1),
            "verdict": verdicts(found, incomparable),
            "doubt": found["doubt"],
        },
        columns=COLUMNS,
    )


def long(table, keys):
    """The numbers of a table, one per row: keys, column, value, low, high, and that it is there."""
    names = [name for name in dict.fromkeys(["dataset", *keys]) if name in table.columns]
    found = table.melt(names, var_name="column")
    found = found[pd.to_numeric(found["value"], errors="coerce").notna() | found["value"].isna()]
    found["value"] = found["value"].astype(float)
    numbers = found
    for end in ("low", "high"):
        ends = numbers[numbers["column"].str.endswith(f"_ci_{end}")].rename(columns={"value": end})
        ends["column"] = ends["column"].str.removesuffix(f"_ci_{end}")
        found = found.merge(ends, "left", [*names, "column"])
    return found.assign(known=True)


def verdicts(found, incomparable):
    """A sentence for every number; the first that applies."""
    ours, paper, low, high = (found[name] for name in ("value", "value_paper", "low", "high"))
    reasons = found["dataset"].map(incomparable).astype(object)
    return np.select(
        [
            found["known"].isna(),
            ours.isna(),
            reasons.notna(),
            ours == paper,
            low.isna(),
            (low <= paper) & (paper <= high),
        ],
        [
            "not evaluated: no such row in the table",
            "not evaluated: there is no such number",
            "not comparable: " + reasons.fillna(""),
            "equal",
            "differs",
            "within our interval",
        ],
        "outside our interval",
    )
