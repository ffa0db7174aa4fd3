"""Boxes of many frames: one flat table in memory, a list per frame in files.

A table has a row per box: frame (its number), x1 y1 x2 y2 in pixels of that frame, label (the index
of a class) and, of detections, score. Rows of a frame are contiguous, frames in order.
"""

import numpy as np
import pandas as pd
import pyarrow as pa

CORNERS = ["x1", "y1", "x2", "y2"]
BOX = pa.struct({name: pa.float32() for name in CORNERS} | {"label": pa.int32()})


def as_table(rows, kind=BOX):
    """A table of (frame, x1, y1, x2, y2, label, ...) in any order; boxes of a frame keep theirs."""
    names = ["frame", *kind.names]
    types = {field.name: field.type.to_pandas_dtype() for field in kind} | {"frame": np.int64}
    table = pd.DataFrame(rows, columns=names).astype(types)
    return table.sort_values("frame", kind="stable", ignore_index=True)


def nested(table, frames, kind=BOX):
    """A list of structs `kind` for each of so many frames."""
    ends = np.searchsorted(table["frame"], np.arange(frames + 1)).astype(np.int32)
    columns = [pa.array(table[field.name], field.type) for field in kind]
    return pa.ListArray.from_arrays(ends, pa.StructArray.from_arrays(columns, fields=list(kind)))


def flat(column):
    """The table of a column that `nested` made."""
    lists = column.combine_chunks()
    lengths = np.diff(lists.offsets.to_numpy())
    table = pa.RecordBatch.from_struct_array(lists.flatten()).to_pandas()
    table.insert(0, "frame", np.repeat(np.arange(len(lengths)), lengths))
    return table
