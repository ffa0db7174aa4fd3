"""Tables from cells, in the papers' rows and columns."""

from framefault.evaluation.summary import of_seeds, summarise
from framefault.evaluation.typeset import typeset

CORRUPTIONS = {
    "packet_loss": "Packet loss",
    "random": "Random file corruption",
    "contiguous": "Contiguous file corruption",
    "none": "None (standard acc.)",
}
SCALE = {"%": 100, "files": 1}


def table_rows(cells, columns, counts, conditions, datasets, seeds):
    """Rows of a table: per column its value, interval, and with several seeds their spread.

    `columns` are those of framefault.paper_a and `conditions` (corruption, level) pairs in the
    table's order. An entry without a cell, such as the oracle on clean clips, is None. `counts`
    name counts of the first column's cells, shown for every seed.
    """
    rows = []
    for dataset in datasets:
        for corruption, level in conditions:
            row = {"dataset": dataset, "corruption": corruption, "level": level}
            for column in columns:
                found = of_seeds(cells, dataset, column["defense"], seeds, corruption, level)
                row |= entry(column, summarise(found, column["measure"]), len(seeds))
            found = of_seeds(cells, dataset, columns[0]["defense"], seeds, corruption, level)
            for name in reversed(counts):
                row[name] = " ".join(str(cell[name]) for cell in found)
            rows.append(row)
    return rows


def entry(column, summary, seeds):
    """The CSV fields of one column: value, interval, and with several seeds their spread."""
    name, summary = column["name"], summary or {}
    fields = {name: "mean", f"{name}_ci_low": "low", f"{name}_ci_high": "high"}
    values = {field: scaled(summary.get(key), column["unit"]) for field, key in fields.items()}
    if seeds > 1:
        values[f"{name}_std"] = scaled(summary.get("std"), column["unit"])
        values[f"{name}_seeds"] = summary.get("seeds", 0)
    return values


def scaled(value, unit):
    """In the table's unit, to one decimal; a count of one seed stays whole."""
    if value is None:
        return None
    value = round(SCALE[unit] * value, 1)
    return int(value) if unit == "files" and value.is_integer() else value


def as_text(rows, columns, counts, caption, style):
    """The table for readers, in a style of tabulate ("github", "latex_booktabs")."""
    several = len({row["dataset"] for row in rows}) > 1
    columns = [column for column in columns if column["printed"]]
    head = (["Data set"] if several else []) + ["Corruption", "p"]
    head += [column["heading"] for column in columns]
    head += [counts[0].capitalize()] if counts else []
    body = []
    for before, row in zip([None, *rows], rows, strict=False):
        new = before is None or before["corruption"] != row["corruption"]
        texts = [row["dataset"]] if several else []
        texts += [CORRUPTIONS[row["corruption"]] if new else "", row["level"]]
        texts += [shown(row, column) for column in columns]
        body.append(texts + ([share(row, *counts)] if counts else []))
    return typeset(body, head, caption, style)


def shown(row, column):
    """One entry as text: 54.1, with several seeds 54.1 ± 0.8."""
    value, spread = row[column["name"]], row.get(f"{column['name']}_std")
    if value is None:
        return "N/A"
    digits = 1 if isinstance(value, float) else 0
    return f"{value:.{digits}f}" + ("" if spread is None else f" ± {spread:.1f}")


def share(row, part, whole):
    """Counts of all seeds as "170 of 200" or "168-171 of 200"."""
    return f"{span(row[part])} of {span(row[whole])}"


def span(counts):
    values = [int(count) for count in counts.split()] or [0]
    return str(values[0]) if min(values) == max(values) else f"{min(values)}-{max(values)}"
