"""Data sets of multi-object tracking in MOTChallenge's layout, and their ground truth."""

import math
from collections import Counter
from pathlib import Path

import pandas as pd

from framefault.data.folder import folder_of
from framefault.errors import UserError
from framefault.tabular import read_csv, write_csv
from framefault.video.sequence import INFO, describe_pictures, picture_folder, read_info

# One row per object and frame: frames from 1, boxes as left, top, width, height in pixels.
TRACKS = {
    "sequence": str, "frame": int, "id": int, "x": float, "y": float, "w": float, "h": float,
}  # fmt: skip
BOX = list(TRACKS)[1:]
TRUTH = Path("gt", "gt.txt")


def write_tracks(path, tracks):
    """Write the ground truth of a data set, a frame of TRACKS."""
    write_csv(path, tracks[list(TRACKS)])


def read_tracks(path):
    """The ground truth of a data set as a frame of TRACKS, by sequence and frame."""
    return read_csv(path, TRACKS)


def find_sequences(folder, parts, wanted=None):
    """(name, split, path below `folder`) of sequences, in the order of `wanted`, or all by name.

    `parts` maps each split to a folder below `folder`; where that is not there, its sequences are
    looked for in `folder` itself. Raises UserError for a sequence that is not there, or is twice.
    """
    found = {}
    for split, part in parts.items():
        below = folder_of(folder, part)
        for name in list_sequences(Path(folder, below)):
            if name in found:
                raise UserError(
                    f"The sequence {name} of {folder} is in both splits, {found[name][1]} and"
                    f" {split}; put each split into a folder of its own."
                )
            found[name] = name, split, str(Path(below, name))
    if not found:
        raise UserError(
            f"{folder} holds no sequences, which are folders with {TRUTH} and pictures; put them"
            f" there, or below it into {' and '.join(parts.values())}."
        )
    if missing := [name for name in wanted or () if name not in found]:
        raise UserError(
            f"{folder} has no sequence {missing[0]}; it has {', '.join(sorted(found))}."
        )
    chosen = wanted if wanted is not None else sorted(found)
    return [found[name] for name in dict.fromkeys(chosen)]


def list_sequences(folder):
    """Names of the folders that hold pictures or ground truth, sorted."""
    try:
        below = sorted(Path(folder).iterdir())
    except OSError as error:
        raise UserError(f"Cannot read the folder {folder}: {error.strerror}.") from error
    return [
        path.name
        for path in below
        if path.is_dir() and not path.name.startswith(".") and looks_like_sequence(path)
    ]


def looks_like_sequence(folder):
    return any(path.exists() for path in (folder / TRUTH, folder / INFO, picture_folder(folder)))


def describe_sequence(folder, rates):
    """A sequence's line in the manifest but for its id, label, path and split.

    `rates` are frames per second by name of the sequence, which go before seqinfo.ini's.
    """
    facts, info = describe_pictures(folder), read_info(folder)
    fps, name = rates.get(folder.name, info.get("frameRate")), folder.name
    if fps is None:
        raise UserError(
            f"The frame rate of the sequence {name} is not known: it has no {INFO}; write it into"
            f" the data set's key rates, such as rates: {{{name}: 25}}."
        )
    if "seqLength" in info and info["seqLength"].strip() != str(facts["frames"]):
        raise UserError(
            f"{folder} holds {facts['frames']} pictures, but its {INFO} says {info['seqLength']};"
            " put back what is missing."
        )
    return facts | {"fps": positive(fps, name), "codec": "pictures", "turns": 0}


def positive(fps, sequence):
    try:
        rate = float(fps)
    except ValueError:
        rate = math.nan
    if not 0 < rate < math.inf:
        raise UserError(
            f"The frame rate of the sequence {sequence} is {fps!r}; write it into the data set's"
            f" key rates as frames per second, such as rates: {{{sequence}: 25}}."
        )
    return rate


def read_ground_truth(file, frames):
    """The boxes of one sequence, a frame of TRACKS without `sequence`, by frame and id.

    `frames` is how many pictures it has. Every line is a box, `frame,id,x,y,w,h` in pixels and
    whatever else; the mark in the seventh column does not count in MOT15, nor are x and y shifted,
    as FairMOT has it. Raises UserError that names a line which is no such box.
    """
    try:
        lines = Path(file).read_text(encoding="utf-8-sig").splitlines()
    except FileNotFoundError as error:
        raise UserError(f"There is no ground truth {file}; put it there.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"The ground truth {file} cannot be read as text; replace it.") from error
    boxes = {}
    for number, line in enumerate(lines, 1):
        if line.strip():
            box = read_box(line, frames, f"{file}, line {number}")
            if box[:2] in boxes:
                raise UserError(
                    f"{file}, line {number}: the object {box[1]} is in frame {box[0]} already;"
                    " remove one of its boxes."
                )
            boxes[box[:2]] = box
    table = pd.DataFrame([boxes[key] for key in sorted(boxes)], columns=BOX)
    return table.astype({name: TRACKS[name] for name in BOX})


def read_box(line, frames, where):
    """(frame, id, x, y, w, h) of one line of ground truth."""
    fields = line.split(",")
    if len(fields) < len(BOX):
        raise UserError(
            f"{where} has {len(fields)} columns; a box has {len(BOX)} or more, {','.join(BOX)}."
        )
    try:
        values = [float(field) for field in fields[: len(BOX)]]
    except ValueError as error:
        raise UserError(f"{where} is not a row of numbers, {','.join(BOX)}: {line!r}.") from error
    if not all(map(math.isfinite, values)):
        raise UserError(
            f"{where} has a value that is no finite number: {line!r}; correct or remove it."
        )
    frame, who, _, _, width, height = values
    if not (frame.is_integer() and who.is_integer()):
        raise UserError(f"{where}: frame and id are whole numbers, not {fields[0]}, {fields[1]}.")
    if not 1 <= frame <= frames:
        raise UserError(
            f"{where} is about frame {int(frame)}, but the sequence has the frames 1 to {frames};"
            " correct it, or put back the pictures that are missing."
        )
    if width <= 0 or height <= 0:
        raise UserError(
            f"{where} has a box of {fields[4]} by {fields[5]} pixels; correct or remove it."
        )
    return int(frame), int(who), *values[2:]


def read_data_set(folder, sequences, rates):
    """(lines of the manifest, frame of TRACKS) of what `find_sequences` found."""
    rows, truths = [], []
    for name, split, path in sequences:
        where = Path(folder, path)
        facts = describe_sequence(where, rates)
        rows.append(facts | {"id": name, "label": name, "path": path, "split": split})
        truth = read_ground_truth(where / TRUTH, facts["frames"])
        truths.append(truth.assign(sequence=name)[list(TRACKS)])
    return rows, pd.concat(truths, ignore_index=True).astype(TRACKS)


def check_boxes(tracks, sequences, expected):
    """Raise UserError where the sequences have another number of boxes than `expected`."""
    if expected is not None and len(tracks) != expected:
        found = Counter(tracks["sequence"])
        counts = ", ".join(f"{name} {found[name]}" for name, *_ in sequences)
        raise UserError(
            f"The ground truth has {len(tracks)} boxes instead of {expected} ({counts}); put back"
            " the original files, or correct the data set's key boxes."
        )
