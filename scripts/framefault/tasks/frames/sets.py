"""pm-k sets: anchor frames, their neighbours in time, and what human review kept (paper B, 2.1)."""

import json
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np

from framefault.errors import UserError
from framefault.files import whole
from framefault.tabular import read_csv

# The 30 classes of ImageNet-VID in the order of their index.
VID_CLASSES = (
    "airplane", "antelope", "bear", "bicycle", "bird", "bus", "car", "cattle", "dog",
    "domestic cat", "elephant", "fox", "giant panda", "hamster", "horse", "lion", "lizard",
    "monkey", "motorcycle", "rabbit", "red panda", "sheep", "snake", "squirrel", "tiger", "train",
    "turtle", "watercraft", "whale", "zebra",
)  # fmt: skip
# A pair of Youtube-BB frames is kept if it is "similar" and none of these.
PROBLEMS = {
    "dissimilar", "problematic", "incorrect", "dont know", "deformation", "background-change",
    "occlusion-increased", "blur-increase", "bad-anchor",
}  # fmt: skip
# The class list of Youtube-BB and its table of anchors disagree on these two.
SWAPPED = {22: 23, 23: 22}
REACH = 10  # frames before and after the anchor


@dataclass
class PmSets:
    """The pm-k sets of one data set.

    `subclasses` maps a target class to the outputs of a 1000-class (ILSVRC) model that count as
    it; a target may have none. `rows` are (anchor number, frame number, offset in frames, kept);
    every anchor is its own first row, with offset 0. Rows of an anchor are contiguous; where the
    anchor was rejected, so are all of them. `reasons` is None where rejected frames are not known.
    """

    classes: list  # names of the targets
    subclasses: dict  # target -> indices of model outputs
    frames: list  # keys of the distinct frames
    labels: list  # target indices of every frame
    rows: np.ndarray  # int (rows, 4)
    reasons: dict | None = None  # row -> why review rejected it
    original: dict | None = None  # frame -> its labels before review updated them, if it did so

    @cached_property
    def anchors(self):
        """Frame numbers of all anchors, rejected ones among them, by anchor number."""
        return self.rows[self.rows[:, 2] == 0, 1]

    @cached_property
    def label_matrix(self):
        """bool (frames, targets): which targets a frame shows."""
        matrix = np.zeros((len(self.frames), len(self.classes)), bool)
        for frame, labels in enumerate(self.labels):
            matrix[frame, labels] = True
        return matrix

    def reviewed(self):
        """Rows that count: the anchors and the neighbours that review kept."""
        return self.rows[self.rows[:, 3] == 1]

    @property
    def accepted(self):
        """Frame numbers of the anchors that review kept."""
        kept = self.reviewed()
        return kept[kept[:, 2] == 0, 1]

    def before_review(self):
        """The sets as if nothing had been reviewed: all anchors, all pairs, the original labels."""
        rows, labels = self.rows.copy(), list(self.labels)
        rows[:, 3] = 1
        for frame, original in (self.original or {}).items():
            labels[frame] = original
        return PmSets(self.classes, self.subclasses, self.frames, labels, rows)

    def subset(self, chosen):
        """Rows that count of some anchors; `chosen` is bool (anchors,)."""
        rows = self.reviewed()
        return rows[np.asarray(chosen)[rows[:, 0]]]


class Anchor(NamedTuple):
    """An anchor frame with its neighbours: (key, offset, labels, reasons to reject the pair)."""

    key: str
    labels: list
    neighbours: list
    reasons: list = ()  # to reject the anchor and all its pairs
    original: list | None = None  # labels before review updated them; None: they are the same


def pm_sets(classes, subclasses, anchors, knows_rejected=True, reviews_labels=False):
    """PmSets of Anchors, or of tuples like them.

    `knows_rejected` says whether they are all that was reviewed, `reviews_labels` whether review
    updated labels.
    """
    number, labels_of, rows, reasons, original = {}, [], [], {}, {}

    def add(anchor, key, labels, offset, why):
        if key not in number:
            number[key] = len(number)
            labels_of.append(sorted(labels))
        if why:
            reasons[len(rows)] = sorted(why)
        rows.append((anchor, number[key], offset, int(not why)))

    for index, anchor in enumerate(Anchor(*each) for each in anchors):
        first = len(number)
        add(index, anchor.key, anchor.labels, 0, anchor.reasons)
        for key, offset, labels, why in sorted(anchor.neighbours, key=lambda each: each[1]):
            add(index, key, labels, offset, why or (anchor.reasons and ["rejected anchor"]))
        if anchor.original is not None and sorted(anchor.original) != sorted(anchor.labels):
            original |= dict.fromkeys(range(first, len(number)), sorted(anchor.original))
    return PmSets(
        list(classes), subclasses, list(number), labels_of, np.array(rows, np.int64),
        reasons if knows_rejected else None, original if reviews_labels else None,
    )  # fmt: skip


def vid_sets(metadata):
    """ImageNet-Vid-Robust from its metadata folder: pmsets.json, labels.json, class maps.

    Labels are per frame. What review rejected was not released; where it is known, rejected.json
    has it: {anchor: {frame: [reasons]}}, with all frames of a rejected anchor, itself among them.
    Raises UserError for files that are missing or not of their format.
    """
    metadata = Path(metadata)
    neighbours = read_json(metadata / "pmsets.json", "an object of lists of frames", dict)
    labels = read_json(metadata / "labels.json", "an object of lists of classes", dict)
    rejected = {}
    if knows_rejected := (metadata / "rejected.json").is_file():
        rejected = read_json(metadata / "rejected.json", "an object of reasons by frame", dict)
    found = {
        anchor: dict.fromkeys(neighbours.get(anchor, ()), ()) | rejected.get(anchor, {})
        for anchor in {**neighbours, **rejected}
    }
    missing = [key for key in flatten(found) if key not in labels]
    if missing:
        raise UserError(
            f"{metadata / 'labels.json'} lacks {len(missing)} of the frames of pmsets.json,"
            f" such as {missing[0]}; take both files from the same release."
        )
    anchors = [
        Anchor(
            anchor,
            labels[anchor],
            [
                (key, frame_number(key) - frame_number(anchor), labels[key], reasons)
                for key, reasons in frames.items()
                if key != anchor
            ],
            frames.get(anchor, ()),
        )
        for anchor, frames in found.items()
    ]
    classes = metadata.parent / "misc" / "imagenet_vid_class_index.json"
    names = class_names(classes) if classes.is_file() else VID_CLASSES
    return pm_sets(names, subclasses(metadata), anchors, knows_rejected)


def ytbb_sets(metadata, pmk_labels, rejected=True):
    """YTBB-Robust from its metadata folder and the review of pairs (see `valid_pairs`).

    An anchor is valid if it is "good", neither "bad" nor "unsure", and no pair calls it a bad
    anchor. Its labels are the original one and those that annotators added; its neighbours have
    the same. Every reviewed anchor is there, and every reviewed pair within ten frames; without
    `rejected` only what review kept.
    """
    metadata = Path(metadata)
    names = class_names(metadata / "ytbb_class_index.json")
    reviewed = reviewed_anchors(metadata / "anchor_labels.json", names)
    original = original_labels(metadata / "ytbb_robustness_test_anchors_full.csv")
    pairs, bad = reviewed_pairs(pmk_labels)
    anchors = []
    for key, (added, reasons) in reviewed.items():
        clip = key.split("/")[0]
        if clip not in original:
            raise UserError(f"The list of original labels of YTBB-Robust lacks the anchor {key}.")
        labels = added | {original[clip]}
        neighbours = [
            (neighbour, frame_number(neighbour) - frame_number(key), labels, why)
            for neighbour, why in pairs.get(key, {}).items()
        ]
        near = [pair for pair in neighbours if 0 < abs(pair[1]) <= REACH]
        reasons = reasons | ({"bad-anchor"} if key in bad else set())
        if rejected or not reasons:
            near = [pair for pair in near if rejected or not pair[3]]
            anchors.append(Anchor(key, labels, near, reasons, {original[clip]}))
    return pm_sets(names, subclasses(metadata), anchors, rejected, reviews_labels=True)


def reviewed_anchors(path, names):
    """{anchor key: (added class indices, reasons to reject it)}, both sets, of all anchors."""
    words, annotations = read_annotations(path, {"good", "bad", "unsure"})
    index = {name: number for number, name in enumerate(names)}
    return {
        key: (
            {index[word] for word in marks if word in index},
            why_rejected(marks, "good", {"bad", "unsure"}),
        )
        for key, marks in annotations.items()
    }


def original_labels(path):
    """{clip: class index} of Youtube-BB's own labels, with two swapped indices put right."""
    try:
        rows = read_csv(path, {"ytid": str, "time_ms": str, "label": int})
        clips = rows["ytid"] + "_" + rows["time_ms"]
        return dict(zip(clips, rows["label"].replace(SWAPPED).tolist(), strict=True))
    except (OSError, KeyError, ValueError, TypeError) as error:
        raise UserError(f"{path} is no table with ytid, time_ms and label: {error!r}.") from error


def reviewed_pairs(path):
    """({anchor: {neighbour: reasons to reject it}}, bad anchors) of pmk_labels.json.

    The file is {"labels": [words], "annotations": [{"key": "anchor,neighbour", "notes": text,
    "labels": [indices of words]}]}; the later annotation of a pair counts.
    """
    words, annotations = read_annotations(path, PROBLEMS | {"similar"}, pairs=True)
    pairs, bad = {}, set()
    for (anchor, neighbour), marks in annotations.items():
        pairs.setdefault(anchor, {})[neighbour] = why_rejected(marks, "similar", PROBLEMS)
        if "bad-anchor" in marks:
            bad.add(anchor)
    return pairs, bad


def why_rejected(marks, needed, problems):
    """Reasons to reject what is marked so; `needed` must be among its marks, no problem may be."""
    return marks & problems or (set() if needed in marks else {f"not {needed}"})


def read_annotations(path, needed, pairs=False):
    """(words, {key: set of words}) of an annotation file; keys lose what precedes "clip/frame"."""
    data = read_json(path, 'an object with "labels" and "annotations"', dict)
    try:
        words = data["labels"]
        absent = sorted(needed - set(words))
        found = {}
        for row in data["annotations"]:
            marks = {words[index] for index in row["labels"]}
            keys = [short_key(key) for key in row["key"].split(",")]
            if len(keys) != 1 + pairs:
                raise ValueError(f"the key {row['key']!r} names {len(keys)} frames")
            found[tuple(keys) if pairs else keys[0]] = marks
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise UserError(f"{path} is not in the format of annotations: {error!r}.") from error
    if absent:
        raise UserError(f"{path} lacks the labels {', '.join(absent)} in its list of labels.")
    return words, found


def short_key(key):
    """ "clip/frame.jpg" of a path that may start with folders of the annotators' machine."""
    return "/".join(Path(key).parts[-2:])


def frame_number(key):
    """Number of a frame in its video: the last digits of its key."""
    digits = re.findall(r"\d+", key.rpartition("/")[2])
    if not digits:
        raise UserError(f"The frame {key!r} has no number in its name.")
    return int(digits[-1])


def class_names(path):
    """Class names in the order of their index, from {"0": name, ...}."""
    names = read_json(path, "an object of class names by index", dict)
    try:
        return [names[str(index)] for index in range(len(names))]
    except KeyError as error:
        raise UserError(f"{path} has no class {error}; classes count from 0.") from error


def subclasses(metadata):
    """{target: model outputs} of rev_class_idx_map.json; targets without subclasses are absent."""
    path = metadata / "rev_class_idx_map.json"
    found = read_json(path, "an object of lists of ILSVRC classes", dict)
    return {int(target): sorted(outputs) for target, outputs in found.items()}


def flatten(neighbours):
    return [key for anchor, keys in neighbours.items() for key in (anchor, *keys)]


def read_json(path, what, kind):
    """A user's JSON file. Raises UserError where it is missing, no JSON or of another kind."""
    try:
        value = json.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise UserError(f"There is no {path}; it should hold {what}.") from error
    except (OSError, ValueError) as error:
        raise UserError(f"{path} cannot be read as JSON: {error}.") from error
    if not isinstance(value, kind):
        raise UserError(f"{path} is not {what}.")
    return value


def check_counts(sets, expected):
    """Raise UserError if there are not as many anchors and kept pairs as `expected` says."""
    anchors = len(sets.accepted)
    found = {"anchors": anchors, "pairs": len(sets.reviewed()) - anchors}
    wrong = [
        f"{found[name]} instead of {count} {name}"
        for name, count in expected.items()
        if found[name] != count
    ]
    if wrong:
        raise UserError(f"The metadata give {' and '.join(wrong)}; see `expect` of the data set.")


def write_sets(path, sets):
    record = {
        "classes": sets.classes,
        "subclasses": {str(target): outputs for target, outputs in sets.subclasses.items()},
        "frames": sets.frames,
        "labels": sets.labels,
        "rows": sets.rows.tolist(),
        "reasons": sets.reasons,
        "original": sets.original,
    }
    with whole(path) as part:
        part.write_text(json.dumps(record) + "\n", encoding="utf-8")


def read_sets(path):
    record = json.loads(Path(path).read_text(encoding="utf-8"))
    for name in ("subclasses", "reasons", "original"):  # JSON's keys are texts
        if record[name] is not None:
            record[name] = {int(key): value for key, value in record[name].items()}
    return PmSets(**record | {"rows": np.array(record["rows"], np.int64)})
