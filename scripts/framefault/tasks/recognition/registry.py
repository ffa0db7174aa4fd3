"""The registry of video models: one row each with where a network comes from and what it sees."""

from framefault.errors import UserError
from framefault.tabular import read_csv

COLUMNS = [
    "model", "factory", "weights", "frames", "stride", "resize", "size", "range", "mean", "std",
    "channels", "layout", "classes",
]  # fmt: skip


def read_registry(path):
    """{model: row}, each with the keys and values of an entry of recognition.models."""
    table = read_csv(path, dict.fromkeys(COLUMNS, str)).fillna("")
    if list(table.columns) != COLUMNS:
        raise UserError(f"{path} must have the columns {', '.join(COLUMNS)}.")
    if (wrong := (table["model"] == "") | table["model"].duplicated()).any():
        raise UserError(f"{path}, line {wrong.idxmax() + 2}: model must be a name of its own.")
    found = {}
    for line, row in enumerate(table.to_dict("records"), 2):
        try:
            found[row.pop("model")] = entry(row)
        except ValueError as error:
            raise UserError(
                f"{path}, line {line}: {error}; frames, stride, size and range are whole numbers,"
                " resize is one or HEIGHTxWIDTH, mean and std three numbers."
            ) from error
    return found


def entry(row):
    """A row as an entry of recognition.models; what is left open is not in it."""
    meant = {
        **dict.fromkeys(["frames", "stride", "size", "range"], int),
        **dict.fromkeys(["mean", "std"], lambda text: [float(part) for part in text.split()]),
        "resize": sides,
    }
    return {key: meant.get(key, str)(text) for key, text in row.items() if text}


def sides(text):
    """The shorter side, or [height, width], in pixels."""
    numbers = [int(part) for part in text.split("x")]
    return numbers[0] if len(numbers) == 1 else numbers
