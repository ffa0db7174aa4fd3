"""Our numbers of paper B beside the printed ones."""

COLUMNS = ("row", "value", "ours", "ours_low", "ours_high", "paper", "difference", "verdict",
           "doubt")  # fmt: skip
# What identifies a row of a table: of these, the columns that both sides have.
KEYS = ("role", "type", "model", "frames", "fps", "training", "reviewed")
PRINTED = {
    "original": "acc_orig",
    "original_ci_low": "orig_lo",
    "original_ci_high": "orig_hi",
    "perturbed": "acc_pert",
    "perturbed_ci_low": "pert_lo",
    "perturbed_ci_high": "pert_hi",
    "drop": "delta",
    "anchors": "anchors",
}


def compare(rows, published, generated):
    """One row per printed number, with ours where the table has that row.

    `rows` and `published` are tables of strings. On generated videos nothing is judged.
    """
    keys = [key for key in KEYS if key in published[0]]
    if len(keys) > 1 and "model" in keys:
        keys.remove("model")
    ours = {tuple(identity(row, key) for key in keys): row for row in rows}
    result = []
    for printed in published:
        key = tuple(printed[name] for name in keys)
        row = ours.get(key, {})
        for name, column in PRINTED.items():
            if printed.get(column, "") == "":
                continue
            paper, value = float(printed[column]), row.get(name, "")
            low, high = row.get(f"{name}_ci_low", ""), row.get(f"{name}_ci_high", "")
            found = value != ""
            result.append(
                {
                    "row": ", ".join(key),
                    "value": name,
                    "ours": value,
                    "ours_low": low,
                    "ours_high": high,
                    "paper": printed[column],
                    "difference": round(float(value) - paper, 1) if found else "",
                    "verdict": verdict(value, paper, low, high, generated),
                    "doubt": doubt(printed),
                }
            )
    return result


def identity(row, key):
    """What a row is called in the paper: a model trained for one data set loses its name."""
    return row.get(key, "").removesuffix(f"_{row['dataset']}")


def verdict(value, paper, low, high, generated):
    if value == "":
        return "not evaluated"
    if generated:
        return "not comparable: generated videos"
    if float(value) == paper:
        return "equal"
    if low == "":
        return "differs"
    return "within our interval" if float(low) <= paper <= float(high) else "outside our interval"


def doubt(printed):
    """The flag of config/published; "match" there means that the released logits agree."""
    check = printed.get("check", "")
    return "" if check == "match" else check
