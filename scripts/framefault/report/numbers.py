"""Printed numbers beside ours, claims, and tables, as the page shows them."""

import re
from collections import Counter

import pandas as pd

from framefault.results.tables import as_text, label_names
from framefault.tabular import read_csv

# What the sentences of comparisons and claims begin with: how they are marked.
MARKS = {
    "equal": "good", "within": "good", "outside": "bad", "holds": "good", "does not hold": "bad",
}  # fmt: skip
BESIDE = ("_ci_low", "_ci_high", "_std", "_runs", "_trainings")
COUNTED = {
    "hold": "holds", "do not": "does not hold", "cannot be told": "cannot be told",
    "are not asked": "not asked",
}  # fmt: skip


def mark(verdict):
    """How a verdict is marked: good, bad, or open."""
    return next((each for start, each in MARKS.items() if verdict.startswith(start)), "open")


def compared(name, table, columns, names):
    """A row in words for every printed number of a table; `columns` as its paper has them.

    `names` are {corruption: its title}.
    """
    rows = []
    for row in known(table).to_dict("records"):
        kind, _, reason = row["verdict"].partition(": ")
        words = {
            "row": row_in_words(row["row"], names),
            "column": column_in_words(row["column"], columns),
        }
        rows.append(
            row | words | {"table": name, "kind": kind, "reason": reason, "mark": mark(kind)}
        )
    return rows


def row_in_words(keys, names):
    """What a comparison says of a row, "random, 1e-05", in words; `names` are of corruptions."""
    first, *rest = keys.split(", ")
    if first == "clean":  # at no level
        return names[first]
    return ", ".join([names.get(first, first), *rest])


def column_in_words(name, columns):
    """The heading of a column, also where it is an end of the column's interval."""
    base, end = re.fullmatch(r"(.*?)(?:_ci_(low|high))?", name).groups()
    heading = columns[base]["heading"] if base in columns else base.replace("_", " ").capitalize()
    return f"{heading}, {end} end" if end else heading


def known(table):
    """A frame with None for all that is missing."""
    return table.astype(object).where(table.notna(), None)


def by_kind(rows):
    """{kind of verdict: how many printed numbers have it}, the most frequent first."""
    return dict(Counter(row["kind"] for row in rows).most_common())


def claims(table):
    """The claims of a paper: a row for each, with those of its conditions under `conditions`."""
    rows = [row | {"mark": mark(row["verdict"])} for row in known(table).to_dict("records")]
    found = [row | {"conditions": []} for row in rows if row["scope"] == "all"]
    by_name = {(row["dataset"], row["claim"]): row["conditions"] for row in found}
    for row in rows:
        if row["scope"] != "all":
            by_name[row["dataset"], row["claim"]].append(row)
    return found


def by_verdict(rows):
    """{what claims do: how many}, without those that none does."""
    verdicts = [row["verdict"] for row in rows]
    counts = {words: sum(v.startswith(start) for v in verdicts) for words, start in COUNTED.items()}
    return {words: count for words, count in counts.items() if count}


def read_table(path, columns):
    """A table as the table stage made it: labels are texts, counts whole where they are whole."""
    table = read_csv(path, str)
    numbers = [
        name
        for name in table.columns
        if name in columns or any(name == f"{column}{end}" for column in columns for end in BESIDE)
    ]
    table[numbers] = table[numbers].apply(pd.to_numeric)
    table = known(table)
    for name in columns.keys() & set(table.columns):
        if columns[name]["unit"] != "%":
            whole = [
                int(value) if isinstance(value, float) and value.is_integer() else value
                for value in table[name]
            ]
            # Otherwise pandas makes them floats again where one is missing.
            table[name] = pd.Series(whole, table.index, object)
    return table


def captions(text):
    """The caption of a table's Markdown, and its warnings."""
    return re.split(r" (?=Warning: )", text.partition("\n\n")[0])


def table_view(table, columns, names):
    """(headings, rows of cells) of a table; a cell has its text, and below it its interval."""
    text = as_text(table, columns, names=names)
    labels = len(label_names(table, columns))
    shown = [name for name, column in columns.items() if column["printed"]]
    rows = [
        [
            {"text": each, "label": place < labels}
            | (beside(row, shown[place - labels]) if place >= labels else {})
            for place, each in enumerate(line)
        ]
        for line, row in zip(text.values.tolist(), table.to_dict("records"), strict=True)
    ]
    return list(text.columns), rows


def beside(row, name):
    """The interval of one entry, and the runs that it is of, where the table has them."""
    low, high = row.get(f"{name}_ci_low"), row.get(f"{name}_ci_high")
    runs = row.get(f"{name}_runs")
    return {
        "interval": None if low is None or high is None else f"{low:.1f} to {high:.1f}",
        "runs": int(runs) if runs and row[name] is not None else None,
    }


def headline(table, entry, columns):
    """What a paper says first of a table: "Clean clips, undefended: motion 81.8 ± 2.8 %"."""
    rows, column = table, entry["column"]
    for name, value in entry["where"].items():
        rows = rows[rows[name] == value]
    unit = " %" if columns[column]["unit"] == "%" else ""
    found = []
    for row in rows[rows[column].notna()].to_dict("records"):
        std = row.get(f"{column}_std")
        spread = "" if std is None else f" ± {std:.1f}"
        found.append(f"{row['dataset']} {row[column]:.1f}{spread}{unit}")
    return f"{entry['words']}: {', '.join(found)}" if found else None


def totals(papers):
    """What all papers come to; each has its tables, figures, claims, numbers and headlines."""

    def of_all(part):
        return [each for paper in papers for each in paper[part]]

    numbers = of_all("numbers")
    return {
        "headlines": of_all("headlines"),
        "numbers": numbers,
        "kinds": by_kind(numbers),
        "verdicts": by_verdict(of_all("claims")),
        "made": {
            "tables": len(of_all("tables")),
            "figures": len(of_all("figures")),
            "comparisons": len(of_all("comparisons")),
            "claims": len(of_all("claims_files")),
        },
    }
