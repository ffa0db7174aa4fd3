"""Prediction files: the logits of one model for every frame of a data set."""

import numpy as np
import pyarrow as pa

from framefault.errors import UserError
from framefault.files import damaged, read_json
from framefault.tabular import read_parquet, write_parquet

SCHEMA = pa.schema({"frame": pa.string(), "logits": pa.list_(pa.float32())})


def write_predictions(path, frames, logits):
    """Write float32 logits (frames, outputs) with the frames' keys."""
    width = logits.shape[1]
    offsets = np.arange(0, logits.size + 1, width, dtype=np.int32)
    lists = pa.ListArray.from_arrays(offsets, logits.ravel())
    table = pa.table({"frame": frames, "logits": lists}).to_pandas()
    write_parquet(path, table, SCHEMA)


def read_predictions(path, sets):
    """Logits, float32 (frames, outputs), in the order of the sets' frames."""
    table = read_parquet(path, SCHEMA)
    if table["frame"].to_pylist() != sets.frames:
        raise damaged(path, "it is of other frames")
    return table["logits"].combine_chunks().flatten().to_numpy().reshape(len(sets.frames), -1)


def read_handed_in(path, sets):
    """Logits of a user's file: JSON, {frame key: [scores]}. Raises UserError."""
    frames = sets.frames
    scores = read_json(path, "an object with a list of scores per frame", dict)
    missing = [key for key in frames if key not in scores]
    if missing:
        raise UserError(
            f"{path} lacks {len(missing)} of {len(frames)} frames, such as {missing[0]}."
        )
    rows = [scores[key] for key in frames]
    for key, row in zip(frames, rows, strict=True):
        # numpy would take "1", true and null, too.
        if not isinstance(row, list) or not {*map(type, row)} <= {int, float}:
            raise UserError(f"{path} needs a list of numbers per frame, but not so for {key}.")
    try:
        with np.errstate(over="ignore"):
            logits = np.array(rows, np.float32)
    except (ValueError, OverflowError) as error:
        raise UserError(f"{path} needs equally many numbers per frame: {error}.") from error
    if not np.isfinite(logits).all():
        key = frames[np.argmin(np.isfinite(logits).all(1))]
        raise UserError(f"{path} has a score of {key} that is NaN, infinite or far too large.")
    check_width(logits, sets, path)
    return logits


def check_width(logits, sets, whose):
    """Raise UserError if logits are neither of the targets nor of their subclasses' classes."""
    width, targets = logits.shape[1], len(sets.classes)
    if width not in (targets, sets.outputs):
        raise UserError(
            f"{whose} gives {width} scores per frame; {targets} are right, one per class of the"
            f" data set, or {sets.outputs}, one per ILSVRC class without a background class."
        )
