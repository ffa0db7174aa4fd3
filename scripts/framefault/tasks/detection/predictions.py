"""Prediction files of detection: one row per frame, with its boxes by falling score."""

import logging
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from framefault.errors import UserError
from framefault.files import damaged, read_json
from framefault.tabular import read_csv, read_parquet, write_parquet
from framefault.tasks.detection.boxes import BOX, as_table, flat, nested

DETECTION = pa.struct([*BOX, pa.field("score", pa.float32())])
SCHEMA = pa.schema({"frame": pa.string(), "boxes": pa.list_(DETECTION)})
HANDED_IN = ["image_id", "category_id", "x", "y", "w", "h", "score"]

log = logging.getLogger("framefault")


def write_predictions(path, frames, found):
    """Write a table of detections (see `boxes`) with the frames' keys."""
    found = found.sort_values(["frame", "score"], ascending=[True, False], kind="stable")
    boxes = nested(found, len(frames), DETECTION)
    write_parquet(path, pa.table({"frame": frames, "boxes": boxes}), SCHEMA)


def read_predictions(path, frames):
    """The table of detections of these frames. Raises UserError for a file of others."""
    table = read_parquet(path, SCHEMA)
    if table["frame"].to_pylist() != frames:
        raise damaged(path, "it is of other frames")
    return flat(table["boxes"])


def read_handed_in(path, frames, names, sizes):
    """The table of detections of a user's file. Raises UserError.

    `path` is JSON as COCO's results, [{"image_id": frame key, "category_id": class, "bbox": [left,
    top, width, height], "score": number}, ...], or CSV with the columns of HANDED_IN. A class is an
    index from 0, a name or a WordNet id, as of `names` ({name: index}). A box may leave its frame,
    of which `sizes` (frames, 2) has width and height, but not be all outside. Frames without a
    detection show nothing; detections of other frames are left out.
    """
    rows = read_coco(path) if Path(path).suffix == ".json" else read_columns(path)
    index = pd.Series(range(len(frames)), frames)
    known = rows["image_id"].isin(index.index)
    if not known.any():
        first = rows["image_id"].iloc[0] if len(rows) else "none"
        raise UserError(
            f"{path} has no detection in any of the {len(frames)} frames of the data set; its first"
            f" image_id is {first}, but must be the key of a frame, such as {frames[0]}."
        )
    if not known.all():
        log.warning("%s has %d detections in other frames, left out", path, (~known).sum())
    rows = rows[known].reset_index(names="number")
    labels = rows["category_id"].map({str(place): place for place in names.values()} | names)
    x, y, w, h, score = numbers = rows[HANDED_IN[2:]].apply(pd.to_numeric, errors="coerce").T.values
    frame = index[rows["image_id"]].to_numpy()
    width, height = sizes[frame].T
    last = max(names.values())
    for wrong, what in (
        (labels.isna(), f"a class that is neither an index from 0 to {last} nor a known name"),
        (~np.isfinite(numbers).all(0), "a box or a score that is no number"),
        ((w <= 0) | (h <= 0), "a box without width or height"),
        (
            (x + w <= 0) | (y + h <= 0) | (x >= width) | (y >= height),
            "a box outside the frame; left, top, width and height are in pixels of the frame",
        ),
    ):
        if np.any(wrong):
            number, key = rows.loc[np.argmax(wrong), ["number", "image_id"]]
            raise UserError(f"{path}: detection {number + 1}, of {key}, has {what}.")
    return as_table(np.column_stack([frame, x, y, x + w, y + h, labels, score]), DETECTION)


def read_coco(path):
    """Rows of COCO's results as a frame of texts and numbers, with the columns of HANDED_IN."""
    rows = []
    for number, each in enumerate(read_json(path, "a list of detections", list), 1):
        try:
            left, top, width, height = each["bbox"]
            names = str(each["image_id"]), str(each["category_id"])
            rows.append((*names, *map(number_of, (left, top, width, height, each["score"]))))
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise UserError(
                f"{path}, detection {number} lacks image_id, category_id, bbox with four numbers"
                f" or score: {error!r}."
            ) from error
    return pd.DataFrame(rows, columns=HANDED_IN)


def number_of(value):
    """A number of a JSON file, NaN for anything else: float takes "1" and true, too."""
    return float(value) if type(value) in (int, float) else math.nan


def read_columns(path):
    """Rows of a CSV file, with the columns of HANDED_IN; all texts."""
    try:
        return read_csv(path, dict.fromkeys(HANDED_IN, str))[HANDED_IN]
    except FileNotFoundError as error:
        raise UserError(f"There is no file of detections {path}.") from error
    except (OSError, KeyError, ValueError) as error:
        columns = ", ".join(HANDED_IN)
        raise UserError(f"{path} is no CSV file with {columns}: {error!r}.") from error
