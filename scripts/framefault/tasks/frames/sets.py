"""pm-k sets: anchor frames, their neighbours in time, and what human review kept (paper B, 2.1)."""

import json
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

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
    every anchor is its own first row, with offset 0. Rows of an anchor are contiguous.
    """

    classes: list  # names of the targets
    subclasses: dict  # target -> indices of model outputs
    frames: list  # keys of the distinct frames
    labels: list  # target indices of every frame
    rows: np.ndarray  # int (rows, 4)

    @cached_property
    def anchors(self):
        """Frame numbers of the anchors."""
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
    def knows_rejected(self):
        """Whether pairs that review rejected are known; ImageNet-Vid-Robust came without."""
        return bool((self.rows[:, 3] == 0).any())

    def with_all_pairs(self):
        """The sets as if no pair had been rejected; rejected anchors stay away."""
        rows = self.rows.copy()
        rows[:, 3] = 1
        return PmSets(self.classes, self.subclasses, self.frames, self.labels, rows)

    def subset(self, chosen):
        """Rows that count of some anchors; `chosen` is bool (anchors,)."""
        rows = self.reviewed()
        return rows[np.asarray(chosen)[rows[:, 0]]]


def pm_sets(classes, subclasses, anchors):
    """PmSets of (anchor key, labels, [(neighbour key, offset, labels, kept)]) tuples."""
    number, labels_of, rows = {}, [], []

    def frame(key, labels):
        if key not in number:
            number[key] = len(number)
            labels_of.append(sorted(labels))
        return number[key]

    for index, (key, labels, neighbours) in enumerate(anchors):
        rows.append((index, frame(key, labels), 0, 1))
        for neighbour, offset, theirs, kept in sorted(neighbours, key=lambda each: each[1]):
            rows.append((index, frame(neighbour, theirs), offset, int(kept)))
    return PmSets(list(classes), subclasses, list(number), labels_of, np.array(rows, np.int64))


def vid_sets(metadata):
    """ImageNet-Vid-Robust from its metadata folder: pmsets.json, labels.json, class maps.

    Labels are per frame. Neighbours that review rejected were not released. Raises UserError for
    files that are missing or not of their format.
    """
    metadata = Path(metadata)
    neighbours = read_json(metadata / "pmsets.json", "an object of lists of frames", dict)
    labels = read_json(metadata / "labels.json", "an object of lists of classes", dict)
    missing = [key for key in flatten(neighbours) if key not in labels]
    if missing:
        raise UserError(
            f"{metadata / 'labels.json'} lacks {len(missing)} of the frames of pmsets.json,"
            f" such as {missing[0]}; take both files from the same release."
        )
    anchors = [
        (
            anchor,
            labels[anchor],
            [(key, frame_number(key) - frame_number(anchor), labels[key], True) for key in keys],
        )
        for anchor, keys in neighbours.items()
    ]
    classes = metadata.parent / "misc" / "imagenet_vid_class_index.json"
    return pm_sets(
        class_names(classes) if classes.is_file() else VID_CLASSES, subclasses(metadata), anchors
    )


def ytbb_sets(metadata, pmk_labels):
    """YTBB-Robust from its metadata folder and the review of pairs (see `valid_pairs`).

    An anchor is valid if it is "good", neither "bad" nor "unsure", and no pair calls it a bad
    anchor. Its labels are the original one and those that annotators added; its neighbours have
    the same. Every reviewed pair within ten frames is a row, kept or not.
    """
    metadata = Path(metadata)
    names = class_names(metadata / "ytbb_class_index.json")
    good = valid_anchors(metadata / "anchor_labels.json", names)
    original = original_labels(metadata / "ytbb_robustness_test_anchors_full.csv")
    reviewed, bad = reviewed_pairs(pmk_labels)
    anchors = []
    for key, added in good.items():
        if key in bad:
            continue
        clip = key.split("/")[0]
        if clip not in original:
            raise UserError(f"The list of original labels of YTBB-Robust lacks the anchor {key}.")
        labels = added | {original[clip]}
        pairs = [
            (neighbour, frame_number(neighbour) - frame_number(key), labels, kept)
            for neighbour, kept in reviewed.get(key, {}).items()
        ]
        anchors.append((key, labels, [p for p in pairs if 0 < abs(p[1]) <= REACH]))
    return pm_sets(names, subclasses(metadata), anchors)


def valid_anchors(path, names):
    """{anchor key: set of added class indices} of the anchors that annotators called good."""
    words, annotations = read_annotations(path, {"good", "bad", "unsure"})
    index = {name: number for number, name in enumerate(names)}
    return {
        key: {index[word] for word in marks if word in index}
        for key, marks in annotations.items()
        if "good" in marks and not marks & {"bad", "unsure"}
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
    """({anchor: {neighbour: kept}}, bad anchors) of pmk_labels.json.

    The file is {"labels": [words], "annotations": [{"key": "anchor,neighbour", "notes": text,
    "labels": [indices of words]}]}; the later annotation of a pair counts.
    """
    words, annotations = read_annotations(path, PROBLEMS | {"similar"}, pairs=True)
    pairs, bad = {}, set()
    for (anchor, neighbour), marks in annotations.items():
        pairs.setdefault(anchor, {})[neighbour] = "similar" in marks and not marks & PROBLEMS
        if "bad-anchor" in marks:
            bad.add(anchor)
    return pairs, bad


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
    found = {"anchors": len(sets.anchors), "pairs": len(sets.reviewed()) - len(sets.anchors)}
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
    }
    with whole(path) as part:
        part.write_text(json.dumps(record) + "\n", encoding="utf-8")


def read_sets(path):
    record = json.loads(Path(path).read_text(encoding="utf-8"))
    subclasses = {int(target): outputs for target, outputs in record["subclasses"].items()}
    rows = np.array(record["rows"], np.int64)
    return PmSets(record["classes"], subclasses, record["frames"], record["labels"], rows)
