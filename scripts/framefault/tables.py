"""Tables from cells, in the papers' rows and columns."""

import csv
import io
import json

from tabulate import tabulate

from framefault.files import whole

DEFENCES = {
    "none": "No defense",
    "at_eps2": "AT (ε = 2/255)",
    "bat": "BAT",
    "bat_low": "BAT (Low)",
    "bat_high": "BAT (High)",
    "bat_oracle": "BAT (Oracle)",
}
CORRUPTIONS = {
    "packet_loss": "Packet loss",
    "random": "Random file corruption",
    "contiguous": "Contiguous file corruption",
    "none": "None (standard acc.)",
}


def read_cells(paths):
    """Cells by (dataset, defence, seed, corruption, level); oracles count as one defence."""
    cells = {}
    for path in paths:
        cell = json.loads(path.read_text(encoding="utf-8"))
        defence = cell["defense"].split("/")[0]
        key = cell["dataset"], defence, cell["seed"], cell["corruption"], cell["level"]
        cells[key] = cell
    return cells


def accuracy_rows(cells, over, conditions, datasets, seed):
    """Rows of Table 1 (`over` "playable") or Table 2 ("all"): percentages per defence.

    `conditions` are (corruption, level) pairs in the table's order. A defence without a cell,
    such as the oracle on clean clips, is None.
    """
    rows = []
    for dataset in datasets:
        for corruption, level in conditions:
            row = {"dataset": dataset, "corruption": corruption, "level": level}
            for defence in DEFENCES:
                cell = cells.get((dataset, defence, seed, corruption, level))
                low, high = cell[f"interval_{over}"] if cell else (None, None)
                row[defence] = percent(cell and cell[f"accuracy_{over}"])
                row[f"{defence}_ci_low"], row[f"{defence}_ci_high"] = percent(low), percent(high)
            reference = cells[dataset, "none", seed, corruption, level]
            row["clips"], row["playable"] = reference["clips"], reference["playable"]
            rows.append(row)
    return rows


def percent(share):
    return None if share is None else round(100 * share, 1)


def as_csv(rows):
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def as_text(rows, caption, style):
    """The table for readers, in a style of tabulate ("github", "latex_booktabs")."""
    several = len({row["dataset"] for row in rows}) > 1
    head = (["Data set"] if several else []) + ["Corruption", "p", *DEFENCES.values(), "Playable"]
    body = []
    for before, row in zip([None, *rows], rows, strict=False):
        new = before is None or before["corruption"] != row["corruption"]
        cells = [CORRUPTIONS[row["corruption"]] if new else "", row["level"]]
        cells += ["N/A" if row[d] is None else f"{row[d]:.1f}" for d in DEFENCES]
        cells += [f"{row['playable']} of {row['clips']}"]
        body.append(([row["dataset"]] if several else []) + cells)
    table = tabulate(body, head, tablefmt=style, disable_numparse=True)
    if style.startswith("latex"):
        return (
            "\\begin{table}\n\\centering\n\\caption{" + caption + "}\n" + table + "\n\\end{table}\n"
        )
    return f"{caption}\n\n{table}\n"


def write_text(path, text):
    with whole(path) as part:
        part.write_text(text, encoding="utf-8")
