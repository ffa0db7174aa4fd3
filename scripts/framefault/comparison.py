"""Our numbers beside the papers' printed ones."""

COLUMNS = (
    "dataset", "corruption", "level", "defense", "ours", "ours_low", "ours_high", "paper",
    "difference", "verdict", "doubt",
)  # fmt: skip

# The papers' data set of each table: numbers of another one are shown but not judged.
PAPER_DATASET = "hmdb51"


def compare(rows, published, defences):
    """One row per printed number and data set.

    `rows` are a table's rows as strings, `published` those of config/published: corruption, p,
    column, value, flag. The verdict asks whether the paper's value lies in our interval.
    """
    ours = {(r["dataset"], r["corruption"], float(r["level"])): r for r in rows}
    result = []
    for dataset in dict.fromkeys(row["dataset"] for row in rows):
        for printed in published:
            defence = printed["column"].lower()
            row = ours.get((dataset, printed["corruption"], float(printed["p"])))
            if defence not in defences or row is None or row[defence] == "":
                continue
            value, paper = float(row[defence]), float(printed["value"])
            low, high = float(row[f"{defence}_ci_low"]), float(row[f"{defence}_ci_high"])
            result.append(
                {
                    "dataset": dataset,
                    "corruption": row["corruption"],
                    "level": row["level"],
                    "defense": defence,
                    "ours": value,
                    "ours_low": low,
                    "ours_high": high,
                    "paper": paper,
                    "difference": round(value - paper, 1),
                    "verdict": verdict(dataset, paper, low, high),
                    "doubt": printed["flag"],
                }
            )
    return result


def verdict(dataset, paper, low, high):
    if dataset != PAPER_DATASET:
        return f"not comparable: the paper's number is for {PAPER_DATASET}"
    return "within our interval" if low <= paper <= high else "outside our interval"
