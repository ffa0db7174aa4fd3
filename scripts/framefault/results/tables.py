"""Tables of scores, in the papers' rows and columns."""

import numpy as np
import pandas as pd

from framefault.results import DEFAULTS, NAMES
from framefault.results.scores import SELECTION, over_runs, select
from framefault.results.statistics import rounded

HEADS = {"dataset": "Data set", "level": "p", "type": "Model type", "kind": "Type", "fps": "FPS",
         "from": "Weights"}  # fmt: skip
SYMBOLS = {"ε": "$\\varepsilon$", "Δ": "$\\Delta$", "±": "$\\pm$", "–": "--"}


def make_table(rows, columns, scores, several_runs=False):
    """The numbers of a table, one line per row.

    `rows` are {"labels": {name: text}, "scores": selection}, `columns` {name: column} with the
    selection of its own; together these name one score, see `scores.SELECTION`. A row whose part
    ends in "*" stands for all parts there are. A column shows its score's `field`, or with `minus`
    the difference of two others.
    """
    rows = expanded(rows, scores)
    table = pd.DataFrame([row["labels"] for row in rows])
    for name, column in columns.items():
        if "minus" in column:
            first, second = (table[each].astype(float) for each in column["minus"])
            # The papers subtract printed values: 67.5, 52.5 and 15.0 of 749 and 582 in 1,109.
            table[name] = plain(rounded(first - second, 1))
            continue
        wanted = [DEFAULTS | row["scores"] | selection(column) for row in rows]
        found = select(scores, pd.DataFrame(wanted, columns=SELECTION))
        counted = column["unit"] != "%"
        table[name] = in_unit(found[column["field"]], counted)
        if column["field"] == "value" and column["interval"]:
            table[f"{name}_ci_low"] = in_unit(found["low"], counted)
            table[f"{name}_ci_high"] = in_unit(found["high"], counted)
            if several_runs:
                table[f"{name}_std"] = in_unit(found["std"], counted)
                for counted_by in ("runs", "trainings"):
                    table[f"{name}_{counted_by}"] = found[counted_by].fillna(0).astype(int)
    return table


def selection(column):
    return {key: column[key] for key in ("model", "measure", "part") if key in column}


def expanded(rows, scores):
    """Rows with a row for each part that "*" stands for; the label of it is what "*" was."""
    found = []
    for row in rows:
        start = row["scores"].get("part", "")
        if not start.endswith("*"):
            found.append(row)
            continue
        start = start[:-1]
        mine = scores[scores["dataset"] == row["scores"]["dataset"]]
        parts = {part.removeprefix(start) for part in mine["part"] if part.startswith(start)}
        for part in sorted(parts, key=int):
            labels = {key: part if text == "*" else text for key, text in row["labels"].items()}
            found.append({"labels": labels, "scores": row["scores"] | {"part": start + part}})
    return found


def in_unit(values, counted):
    """Shares in percent to one decimal; counts as they are, whole where they are whole."""
    return plain(rounded(values.astype(float), 1 if counted else 100), counted)


def plain(values, counted=False):
    """Numbers as Python's own, None for missing ones."""
    return pd.Series(
        [
            None if np.isnan(value) else int(value) if counted and value == int(value) else value
            for value in values.tolist()
        ],
        dtype=object,
        index=values.index,
    )


def ordered(table, by):
    """Rows by falling value of a column; those without one last."""
    return table.sort_values(by, ascending=False, kind="stable", ignore_index=True)


def as_text(table, columns, intervals=False, names=None):
    """The table for readers: a frame of texts, with intervals where they are asked for.

    `names` are words for what labels say. A corruption that repeats the row above is left out.
    """
    words, text = NAMES | (names or {}), pd.DataFrame(index=table.index)
    for name in label_names(table, columns):
        labels = table[name].map(lambda each: "" if each is None else words.get(each, str(each)))
        if name == "corruption":
            repeated = (table[["dataset", name]] == table[["dataset", name]].shift()).all(axis=1)
            labels = labels.mask(repeated, "")
        text[HEADS.get(name, name.replace("_", " ").capitalize())] = labels
    for name, column in columns.items():
        if column["printed"]:
            rows = table.to_dict("records")
            text[column["heading"]] = [shown(row, name, column, intervals) for row in rows]
    return text


def label_names(table, columns):
    """The columns of a table that say what a row is of; one data set only is in the caption."""
    numbers = tuple(f"{name}_" for name in columns)
    names = [n for n in table.columns if n not in columns and not n.startswith(numbers or ("\0",))]
    alone = "dataset" in names and table["dataset"].nunique() <= 1 and len(names) > 1
    return [name for name in names if name != "role" and not (alone and name == "dataset")]


def shown(row, name, column, intervals):
    """One entry as text: 54.1, 54.1 ± 0.8 over runs, 54.1 [47.0, 61.1], 170 of 200."""
    value = row[name]
    if value is None:
        return column["absent"]
    text = f"{value:.1f}" if isinstance(value, float) else str(value)
    if row.get(f"{name}_std") is not None:
        text += f" ± {row[f'{name}_std']:.1f}"
    if intervals and row.get(f"{name}_ci_low") is not None:
        text += f" [{row[f'{name}_ci_low']:.1f}, {row[f'{name}_ci_high']:.1f}]"
    return f"{text} of {row[column['of']]}" if "of" in column else text


def chance_warnings(scores, names=None):
    """Sentences on models that may only guess: chance lies in their interval on clean clips."""
    clean = over_runs(scores[scores["corruption"] == "clean"])
    wide = clean.pivot_table(
        index=["dataset", "model"], columns="measure", values=["value", "low"], sort=False
    )
    if not {("value", "chance"), ("low", "accuracy_all")} <= set(wide.columns):
        return []
    guessing = wide[wide["low", "accuracy_all"] <= wide["value", "chance"]]
    return [
        f"Warning: {(names or {}).get(model, model)} may be guessing on {dataset}: it is right for"
        f" {100 * row['value', 'accuracy_all']:.1f} % of clean clips (at least"
        f" {100 * row['low', 'accuracy_all']:.1f} %), by chance it were"
        f" {100 * row['value', 'chance']:.1f} %."
        for (dataset, model), row in guessing.iterrows()
    ]


def markdown(text, caption):
    return f"{caption}\n\n{text.to_markdown(index=False, disable_numparse=True)}\n"


def latex(text, caption):
    found = text.to_latex(index=False, escape=True, caption=caption.replace("%", "\\%"))
    for symbol, command in SYMBOLS.items():
        found = found.replace(symbol, command)
    return found.replace("\\begin{table}", "\\begin{table}\n\\centering", 1)
