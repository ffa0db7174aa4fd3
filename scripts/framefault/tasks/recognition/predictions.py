"""Prediction files: one row per clip with everything a score needs."""

import numpy as np
import pyarrow as pa
from scipy.special import softmax

from framefault.errors import UserError
from framefault.tabular import read_parquet, write_parquet
from framefault.video.playable import is_playable

SCHEMA = pa.schema(
    {
        "clip": pa.string(),
        "label": pa.int32(),
        "logits": pa.list_(pa.list_(pa.float32())),  # segments x classes; none without a frame
        "status": pa.string(),
        "opened": pa.bool_(),
        "frames": pa.int32(),
        "errors": pa.int32(),
        "flagged": pa.int32(),
        "full_length": pa.bool_(),
        "distance": pa.float64(),
    }
)


def write_predictions(path, clips, classes, logits):
    """Write accounts and logits of DecodedClips; `logits` are arrays (segments, classes)."""
    rows = [
        {name: account[name] for name in SCHEMA.names if name in account}
        | {"label": classes.index(account["label"]), "logits": rows}
        | {"distance": clips.distance(index)}
        for index, (account, rows) in enumerate(zip(clips.accounts, logits, strict=True))
    ]
    write_parquet(path, rows, SCHEMA)


def read_predictions(path):
    """A frame with the columns of SCHEMA, one row per clip. Raises UserError if it is damaged."""
    return read_parquet(path, SCHEMA).to_pandas()


def number_of_classes(predictions):
    """As many as a clip has logits, or where none can be played, as labels tell."""
    widths = [len(segments[0]) for segments in predictions["logits"] if len(segments)]
    return widths[0] if widths else int(predictions["label"].max()) + 1


def as_array(logits):
    """A clip's logits as float64 (segments, classes)."""
    return np.array(list(logits), np.float64)


def judged(predictions, rule):
    """The predictions with columns more: playable, predicted (class, -1 if not playable), right.

    `rule` is the `playable` section of the configuration. A clip's class has the highest
    probability, averaged over segments. An unplayable clip is not right.
    """
    playable = is_playable(predictions, rule)
    predicted = [
        softmax(as_array(logits), axis=1).mean(axis=0).argmax() if plays else -1
        for logits, plays in zip(predictions["logits"], playable, strict=True)
    ]
    right = playable & (predictions["label"] == predicted)
    return predictions.assign(playable=playable, predicted=predicted, right=right)


def check_same_clips(first, second, *paths):
    """Raise UserError where two tables of clips are not of the same clips in the same order."""
    if first["clip"].tolist() != second["clip"].tolist():
        raise UserError(f"{paths[0]} and {paths[1]} are of other clips; delete both.")
