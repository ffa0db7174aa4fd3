"""Which class each output of a network stands for, and predictions that a user brings."""

import json
from pathlib import Path

import numpy as np
import pandas as pd

from framefault.errors import UserError
from framefault.files import damaged
from framefault.tabular import read_csv


def read_classes(path):
    """The label of each output of a network, in its order; None where the data set has none.

    A text file has one label per line. A CSV file has the columns class and label: a row per
    output, and no label where it is left out.
    """
    try:
        if Path(path).suffix != ".csv":
            lines = Path(path).read_text(encoding="utf-8-sig").strip().splitlines()
            return [line.strip() for line in lines]
        table = read_csv(path, str)
    except (OSError, UnicodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise UserError(f"Cannot read {path}, the classes of a network: {error}.") from error
    if not {"class", "label"} <= set(table.columns):
        raise UserError(f"{path} must have the columns class and label.")
    return [None if pd.isna(label) else label for label in table["label"]]


def outputs_of(names, labels, outputs, name):
    """([class], [its outputs]) of a network whose outputs stand for `names`.

    `labels` are the data set's; classes that it does not have stay, for a network may be wrong in
    naming one. Raises UserError where the number of `outputs` is another, or a label has none.
    """
    if len(names) != outputs:
        raise UserError(
            f"{name} gives {outputs} logits per clip, but there are {len(names)} classes; say in"
            f" `classes` of recognition.models.{name} what each of its outputs stands for."
        )
    classes = list(dict.fromkeys(each for each in names if each is not None))
    missing = [label for label in labels if label not in classes]
    if missing:
        raise UserError(
            f"{name} lacks {len(missing)} of {len(labels)} classes of the data set, such as"
            f" {missing[0]!r}; say in `classes` of recognition.models.{name} which of its outputs"
            " stand for them."
        )
    found = [[place for place, other in enumerate(names) if other == each] for each in classes]
    return classes, found


def read_facts(path):
    """What `check_model` found of a network: classes, outputs of each, and its file's sha256."""
    try:
        facts = json.loads(Path(path).read_text(encoding="utf-8"))
        return {key: facts[key] for key in ("classes", "outputs", "sha256")}
    except (ValueError, KeyError, TypeError) as error:
        raise damaged(path, error) from error


def merged(logits, outputs):
    """A clip's logits of classes, a float32 array per segment: the highest of each's `outputs`."""
    return [np.array([row[places].max() for places in outputs]) for row in logits]


def read_handed_in(path, clips):
    """([class], logits per clip) of a user's file for DecodedClips: CSV or Parquet. UserError.

    Its columns are clip and one per class, whose numbers are logits. Rows of one clip are its
    segments. A clip without a frame needs none.
    """
    try:
        table = pd.read_parquet(path) if Path(path).suffix == ".parquet" else read_csv(path)
    except (OSError, ValueError, UnicodeError) as error:
        raise UserError(f"Cannot read the predictions {path}: {error}.") from error
    if Path(path).suffix != ".parquet" and not isinstance(table.index, pd.RangeIndex):
        raise UserError(f"{path} has rows with more fields than columns; correct them.")
    table = table.reset_index(drop=True)
    classes = [str(column) for column in table.columns if column != "clip"]
    missing = [label for label in clips.classes if label not in classes]
    if "clip" not in table or missing:
        lacks = "clip" if "clip" not in table else missing[0]
        raise UserError(
            f"{path} lacks the column {lacks!r}; it needs clip, and one per class of the data set."
        )
    if nameless := [each for each in classes if not each or each.startswith("Unnamed: ")]:
        raise UserError(
            f"{path} has a column without a name, {nameless[0]!r}; each but clip is a class, so"
            " write the file without an index."
        )
    scores = table.drop(columns="clip").apply(pd.to_numeric, errors="coerce").astype(np.float64)
    wrong = ~(scores.abs() <= np.finfo(np.float32).max).all(axis=1).to_numpy()
    if wrong.any():
        raise UserError(f"{path}: a score of {table['clip'][wrong.argmax()]} is no finite number.")
    rows = table.groupby(table["clip"].astype(str)).indices
    asked = [account["clip"] for account in clips.accounts if account["frames"]]
    lacking = [clip for clip in asked if clip not in rows]
    if lacking:
        raise UserError(
            f"{path} lacks {len(lacking)} of {len(asked)} clips that can be decoded, such as"
            f" {lacking[0]}; clips are named as in results/manifests."
        )
    scores = scores.to_numpy(np.float32)
    return classes, [
        list(scores[rows[account["clip"]]]) if account["frames"] else []
        for account in clips.accounts
    ]
