"""Prediction files: one row per clip with everything a metric needs."""

import pyarrow as pa

from framefault.tabular import read_rows, write_rows

SCHEMA = pa.schema(
    {
        "clip": pa.string(),
        "label": pa.int32(),
        "logits": pa.list_(pa.list_(pa.float32())),  # segments x classes; none without a frame
        "status": pa.string(),
        "opened": pa.bool_(),
        "frames": pa.int32(),
        "errors": pa.int32(),
        "full_length": pa.bool_(),
        "distance": pa.float64(),
    }
)


def write_predictions(path, clips, classes, logits):
    """One row per clip: everything a metric needs."""
    rows = [
        {name: account[name] for name in SCHEMA.names if name in account}
        | {"label": classes.index(account["label"]), "logits": rows}
        for account, rows in zip(clips.accounts, logits, strict=True)
    ]
    write_rows(path, rows, SCHEMA)


def read_predictions(path):
    """Rows of a prediction file as dictionaries. Raises UserError if it is damaged."""
    return read_rows(path, SCHEMA)
