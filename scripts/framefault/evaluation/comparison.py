"""Our numbers beside the papers' printed ones."""

COLUMNS = (
    "dataset", "corruption", "level", "column", "ours", "ours_low", "ours_high", "paper",
    "difference", "verdict", "doubt",
)  # fmt: skip

# The papers' data set of each table: numbers of another one are shown but not judged.
PAPER_DATASET = "hmdb51"


def printed_numbers(published):
    """All numbers of a file of config/published, in one form: corruption, p, column, value, flag.

    Some files have a row per number, some a row per condition. What the paper leaves empty is
    left out.
    """
    numbers = []
    for row in published:
        row = {"flag": "", **row}
        if "column" in row:
            numbers.append(row | {"column": row["column"].lower()})
            continue
        for name in [name for name in row if name not in ("corruption", "p", "flag")]:
            key = {"corruption": row["corruption"], "p": row["p"], "column": name}
            # A flag is about the column that it names, or about the whole row.
            about = [column for column in row if column in row["flag"]]
            flag = row["flag"] if not about or name in about else ""
            numbers.append(key | {"value": row[name], "flag": flag})
    return [number for number in numbers if number["value"]]


def compare(rows, published, columns):
    """One row per printed number and data set, in the order of the file of printed numbers.

    `rows` are a table's rows as strings and `columns` the names of those that the paper prints.
    The verdict asks whether the paper's value lies in our interval.
    """
    ours = {(r["dataset"], r["corruption"], float(r["level"])): r for r in rows}
    result = []
    for dataset in dict.fromkeys(row["dataset"] for row in rows):
        for printed in printed_numbers(published):
            column, paper = printed["column"], float(printed["value"])
            if column not in columns:
                continue
            row = ours.get((dataset, printed["corruption"], float(printed["p"])), {})
            value, low, high = (
                float(text) if text else None
                for text in (row.get(column + end) for end in ("", "_ci_low", "_ci_high"))
            )
            result.append(
                {
                    "dataset": dataset,
                    "corruption": printed["corruption"],
                    "level": row.get("level", printed["p"]),
                    "column": column,
                    "ours": value,
                    "ours_low": low,
                    "ours_high": high,
                    "paper": paper,
                    "difference": None if value is None else round(value - paper, 1),
                    "verdict": verdict(dataset, row, value, paper, low, high),
                    "doubt": printed["flag"],
                }
            )
    return result


def verdict(dataset, row, value, paper, low, high):
    if not row:
        return "not evaluated: the level is not in the configuration"
    if value is None:
        return "not evaluated: no clip is left for it"
    if dataset != PAPER_DATASET:
        return f"not comparable: the paper's number is for {PAPER_DATASET}"
    return "within our interval" if low <= paper <= high else "outside our interval"
