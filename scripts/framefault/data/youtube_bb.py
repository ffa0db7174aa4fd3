"""YouTube-BoundingBoxes: its segments, in tables of annotated moments, and clips of frames."""

import json
import math
import re
from pathlib import Path

import pandas as pd

from framefault.data.classes import YOUTUBE_BB
from framefault.errors import UserError

INDEX = {name: number for number, (_, name) in enumerate(YOUTUBE_BB)}
# Columns of the tables of detection; those of classification lack the box and the object.
BOX = ["xmin", "xmax", "ymin", "ymax"]
DETECTION = [
    "youtube_id", "timestamp_ms", "class_id", "class_name", "object_id", "object_presence", *BOX,
]  # fmt: skip
CLASSIFICATION = [*DETECTION[:4], "object_presence"]
PRESENCE = ("present", "absent", "uncertain")


def read_segments(path):
    """A table of annotated moments as a frame of youtube_id, timestamp_ms, label and present.

    The file has the columns DETECTION or CLASSIFICATION, with or without a line of their names;
    `label` is an index of YOUTUBE_BB, by the name: the publisher's ids have another order. Raises
    UserError that names the first line which is wrong.
    """
    try:
        width = pd.read_csv(path, header=None, nrows=1, dtype=str).shape[1]
        columns = {len(each): each for each in (DETECTION, CLASSIFICATION)}[width]
        table = pd.read_csv(
            path, names=columns, header=None, dtype=str, keep_default_na=False,
            index_col=False, skip_blank_lines=False,
        )  # fmt: skip
    except KeyError as error:
        raise UserError(
            f"{path}, line 1 has {error} columns; a table of YouTube-BB has {len(DETECTION)}"
            f" ({','.join(DETECTION)}) or {len(CLASSIFICATION)} ({','.join(CLASSIFICATION)})."
        ) from error
    except (OSError, ValueError) as error:
        raise UserError(f"{path} is no table of YouTube-BB: {error}.") from error
    table = table[table.ne("").any(axis=1)]
    table = table[~table.eq(columns).all(axis=1)]
    names = table["class_name"].str.replace("_", " ")
    times = pd.to_numeric(table["timestamp_ms"], errors="coerce")
    checks = [
        (table["youtube_id"].eq(""), "lacks the id of its video"),
        (~(times.ge(0) & times.mod(1).eq(0)), "needs a time in whole milliseconds"),
        (~names.isin(INDEX), "names a class that YouTube-BB does not have"),
        (~table["object_presence"].isin(PRESENCE), f"needs one of {', '.join(PRESENCE)}"),
        *box_checks(table),
    ]
    for wrong, reason in checks:
        if wrong.any():
            place = wrong.idxmax()
            raise UserError(
                f"{path}, line {place + 1} {reason}: {','.join(table.loc[place])}; correct or"
                " remove it."
            )
    return pd.DataFrame(
        {
            "youtube_id": table["youtube_id"],
            "timestamp_ms": times.astype(int),
            "label": names.map(INDEX),
            "present": table["object_presence"].eq("present"),
        }
    )


def box_checks(table):
    """(rows that are wrong, why) of boxes of present objects, from 0 to 1 across the picture."""
    if "xmin" not in table:
        return []
    boxes = table[BOX].apply(pd.to_numeric, errors="coerce")
    present = table["object_presence"].eq("present")
    inside = (boxes.ge(0) & boxes.le(1)).all(axis=1)
    ordered = boxes["xmin"].lt(boxes["xmax"]) & boxes["ymin"].lt(boxes["ymax"])
    return [
        (present & ~inside, "has a box that is not four numbers from 0 to 1"),
        (present & ~ordered, "has an empty or inverted box"),
    ]


def labelled_moments(tables):
    """{youtube id: {time in ms: labels}} where an object is present, videos and times in order.

    `tables` are files. Objects of several segments at one moment are all its labels; "none" is no
    object.
    """
    segments = pd.concat(map(read_segments, tables), ignore_index=True)
    shown = segments[segments["present"] & segments["label"].ne(INDEX["none"])]
    found = {}
    columns = (shown[name].tolist() for name in ("youtube_id", "timestamp_ms", "label"))
    for video, time, label in sorted(set(zip(*columns, strict=True))):
        found.setdefault(video, {}).setdefault(time, []).append(label)
    return found


def clip_frames(folder):
    """{number: "<clip>/frame-<number>.jpg"} of the frames in the folder of a clip."""
    found = {}
    for path in Path(folder).glob("frame-*.jpg"):
        if match := re.fullmatch(r"frame-(\d+)\.jpg", path.name):
            found[int(match[1])] = f"{Path(folder).name}/{path.name}"
    return dict(sorted(found.items()))


def anchor_number(folder):
    """Number of the frame that a clip "<youtube id>_<ms>" was cut around, from its info.json.

    The release has {"fps": 30.0, "anchor": 732, "timestamp": 24400} there; without `anchor` it is
    the first frame that is not before that time, as nearly all released anchors are. Raises
    UserError where it is not known, or no frame of the clip.
    """
    path = Path(folder, "info.json")
    try:
        info = json.loads(path.read_text(encoding="utf-8"))
        if "anchor" in info:
            number = int(info["anchor"])
        else:
            time = int(Path(folder).name.rpartition("_")[2])
            number = math.ceil(time * float(info["fps"]) / 1000)
    except (OSError, ValueError, KeyError, TypeError, OverflowError) as error:
        raise UserError(
            f'{path} should say which frame the clip was cut around, as {{"fps": 30.0,'
            f' "anchor": 732}}, or its frame rate alone, but: {error!r}.'
        ) from error
    if not Path(folder, f"frame-{number}.jpg").is_file():
        raise UserError(f"The clip {folder} lacks its frame {number}, which {path} names.")
    return number
