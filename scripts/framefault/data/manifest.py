"""Manifests: which clips a data set has, and what they are before any corruption."""

import json
import re
import sys
from collections import Counter, defaultdict
from pathlib import Path

import pandas as pd

from framefault.errors import UserError
from framefault.files import sha256
from framefault.seeds import rng
from framefault.shards import clip_id
from framefault.tabular import read_csv
from framefault.video.probe import probe
from framefault.video.watchdog import guarded_map

COLUMNS = [
    "id", "path", "label", "split", "bytes", "sha256", "codec", "frames", "fps", "width", "height",
    "turns",
]  # fmt: skip
# What reading a video may take: CPU seconds and MiB, and so much more for each MiB of its file.
SECONDS, MEMORY_MB, SECONDS_PER_MB, MEMORY_PER_MB = 60, 1024, 1, 4
TEXT = dict.fromkeys(["id", "path", "label", "sha256"], str)


def read_manifest(path, split=None):
    """The videos of a data set as a frame of COLUMNS, or those of one split."""
    videos = read_csv(path, TEXT)
    return videos if split is None else videos[videos["split"] == split]


def describe_videos(folder, paths, splits, dataset, workers=1, codecs=None, excluded=()):
    """The manifest: a frame of COLUMNS with a line per video, in the order of `paths`.

    Raises UserError that lists all videos that cannot be read, or whose codec is not among
    `codecs`, if these are given; `excluded` are those that the user leaves out already.
    """
    described = guarded_map(describe, (limited(Path(folder, path)) for path in paths), workers)
    rows, broken, other = [], {}, {}
    for path, (status, fact) in zip(paths, described, strict=True):
        fact = fact or status.replace("_", " ")
        if isinstance(fact, str):
            broken[path] = fact
        elif codecs and fact["codec"] not in codecs:
            other[path] = fact["codec"]
        else:
            names = {"id": clip_id(path), "path": path, "label": label_of(path)}
            row = fact | names | {"split": splits[path], "codec": sys.intern(fact["codec"])}
            rows.append(tuple(row[column] for column in COLUMNS))
    where = folder, paths, dataset, excluded
    refuse(broken, "cannot be used", "remove them", *where)
    what = "have a codec that packet loss cannot take"
    refuse(other, what, "set container: mp4, remove them", *where)
    return pd.DataFrame.from_records(rows, columns=COLUMNS)


def refuse(videos, what, cure, folder, paths, dataset, excluded):
    """Raise UserError with all `videos` ({path: reason}), if there are any."""
    if videos:
        reasons = ", ".join(f"{path} ({reason})" for path, reason in videos.items())
        exclude = json.dumps([*excluded, *videos], ensure_ascii=False)
        raise UserError(
            f"{len(videos)} of {len(paths)} videos in {folder} {what}: {reasons}; {cure}, or"
            f" write into datasets.{dataset}: exclude: {exclude}"
        )


def limited(path):
    """A video as `guarded_map` takes it: (path, CPU seconds, MiB)."""
    size = path.stat().st_size / 2**20 if path.is_file() else 0
    return path, SECONDS + SECONDS_PER_MB * size, MEMORY_MB + int(MEMORY_PER_MB * size)


def describe(path):
    """Facts of one video, or the reason why it cannot be read."""
    try:
        data = path.read_bytes()
        facts = probe(data)
    except OSError as error:
        return error.strerror
    except ValueError as error:
        return str(error)
    return facts | {"bytes": len(data), "sha256": sha256(data)}


def label_of(path):
    """The class of a video: the folder that it lies in."""
    return sys.intern(path.split("/")[0])


def check_names(paths, folder, dataset):
    """Raises UserError when two videos would have the same name in later stages."""
    twice = [name for name, count in Counter(map(clip_id, paths)).items() if count > 1]
    if twice:
        raise UserError(
            f"{folder} has videos that differ by extension only, such as {twice[0]!r};"
            f" remove them or list them in datasets.{dataset}.exclude."
        )


def assign_splits(paths, split, dataset):
    """Map each path to "train", "test" or "unused" by the `split` section of the data set.

    Raises UserError when a list names a video that is not there.
    """
    rule = {
        "ratio": by_ratio,
        "pattern": by_pattern,
        "list": by_list,
        "hmdb51": by_hmdb51,
        "ucf101": by_ucf101,
    }[split["by"]]
    return rule(paths, split, dataset)


def check_splits(assigned, dataset):
    """Raises UserError when a split is empty or a class is tested that is not trained."""
    classes = {
        side: {label_of(path) for path in assigned if assigned[path] == side}
        for side in ("train", "test")
    }
    for side, members in classes.items():
        if not members:
            raise UserError(
                f"The {side} split of data set {dataset!r} is empty;"
                f" check datasets.{dataset}.split."
            )
    unknown = sorted(classes["test"] - classes["train"])
    if unknown:
        raise UserError(
            f"No training video of data set {dataset!r} shows the class {unknown[0]!r} of its"
            f" test split; check datasets.{dataset}.split."
        )


def check_counts(assigned, official, dataset):
    """Raises UserError when a complete data set has other counts than its publisher's split.

    `official` is {"train": clips, "test": clips, "unused": clips}, or empty where not known.
    """
    found = {side: list(assigned.values()).count(side) for side in official}
    if found != official:
        raise UserError(
            f"Data set {dataset!r} has {in_words(found)} videos, but its official split has"
            f" {in_words(official)}; put back what is missing, or remove what does not belong."
        )


def in_words(counts):
    return ", ".join(f"{counts[side]} {side}" for side in ("train", "test", "unused"))


def by_ratio(paths, split, dataset):
    """A share of every class, drawn once per data set name, whatever other classes there are."""
    assigned, of_class = {}, defaultdict(list)
    for path in paths:
        of_class[label_of(path)].append(path)
    for label, members in sorted(of_class.items()):
        count = round(split["test"] * len(members))
        order = rng("split", dataset, label).permutation(len(members))
        for rank, index in enumerate(order):
            assigned[members[index]] = "test" if rank < count else "train"
    return assigned


def by_pattern(paths, split, dataset):
    return {path: "test" if re.search(split["test"], path) else "train" for path in paths}


def by_list(paths, split, dataset):
    test = read_list(split["test"])
    if "train" in split:
        train = read_list(split["train"])
    else:
        listed = set(matching(paths, test, split["test"]))
        train = [path for path in paths if path not in listed]
    return from_lists(paths, train, test, split["test"])


def by_ucf101(paths, split, dataset):
    """The official lists of UCF101: trainlist0N.txt ("class/clip.avi 1") and testlist0N.txt."""
    folder, number = Path(split["path"]), split["number"]
    lists = [read_list(folder / f"{side}list{number:02d}.txt") for side in ("train", "test")]
    return from_lists(paths, *lists, folder)


def by_hmdb51(paths, split, dataset):
    """The official files of HMDB51, one per class: lines "clip.avi code", 1 train, 2 test."""
    folder = Path(split["path"])
    train, test = [], []
    for file in sorted(folder.glob(f"*_test_split{split['number']}.txt")):
        label = file.name.removesuffix(f"_test_split{split['number']}.txt")
        for line in read_lines(file):
            name, _, code = line.rpartition(" ")
            {"1": train, "2": test}.get(code, []).append(f"{label}/{name.strip()}")
    if not train:
        raise UserError(f"The folder {folder} holds no *_test_split{split['number']}.txt files.")
    return from_lists(paths, train, test, folder)


def read_list(file):
    """First column of a list file: "class/video.ext", with or without a label behind it."""
    return [re.sub(r"\s+\d+$", "", line) for line in read_lines(file)]


def read_lines(file):
    try:
        text = Path(file).read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UserError(f"Cannot read the split file {file}: {error.strerror}.") from error
    except UnicodeError as error:
        raise UserError(f"The split file {file} is not in UTF-8; save it so.") from error
    return [line.strip() for line in text.splitlines() if line.strip()]


def from_lists(paths, train, test, source):
    train, test = (matching(paths, listed, source) for listed in (train, test))
    if both := sorted({*train} & {*test}):
        raise UserError(
            f"{source} lists {len(both)} videos for training as well as for testing, such as"
            f" {both[0]!r}; take them out of one of the lists."
        )
    assigned = dict.fromkeys(paths, "unused")
    return assigned | dict.fromkeys(train, "train") | dict.fromkeys(test, "test")


def matching(paths, listed, source):
    """The paths a list names; extensions may differ, as after a re-encode by the user."""
    by_id = {clip_id(path): path for path in paths}
    missing = [name for name in listed if clip_id(name) not in by_id]
    if missing:
        raise UserError(
            f"{source} lists {len(missing)} videos that are not in the data set,"
            f" the first is {missing[0]!r}."
        )
    return [by_id[clip_id(name)] for name in listed]
