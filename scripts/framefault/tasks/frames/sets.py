"""pm-k sets: anchor frames, their neighbours in time, and what human review kept (paper B, 2.1)."""

import json
import logging
import re
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np

from framefault.data import REACH
from framefault.data.classes import IMAGENET_VID as VID_CLASSES
from framefault.errors import UserError
from framefault.files import read_json, whole
from framefault.tabular import read_csv

ILSVRC = 1000  # classes
# A pair of Youtube-BB frames is kept if it is "similar" and none of these.
PROBLEMS = {
    "dissimilar", "problematic", "incorrect", "dont know", "deformation", "background-change",
    "occlusion-increased", "blur-increase", "bad-anchor",
}  # fmt: skip
# The class list of Youtube-BB and its table of anchors disagree on these two.
SWAPPED = {22: 23, 23: 22}

log = logging.getLogger("framefault")


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
    outputs: int = ILSVRC  # of a model whose classes are the subclasses
    # {name or WordNet id of a class of pictures: its target, None if it is of no target}
    names: dict = field(default_factory=dict)

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
        return replace(self, rows=rows, labels=labels)

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


def pm_sets(classes, subclasses, anchors, knows_rejected=True, reviews_labels=False, **more):
    """PmSets of Anchors, or of tuples like them.

    `knows_rejected` says whether they are all that was reviewed, `reviews_labels` whether review
    updated labels; `more` as of PmSets.
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
        reasons if knows_rejected else None, original if reviews_labels else None, **more,
    )  # fmt: skip


def vid_sets(metadata):
    """ImageNet-Vid-Robust from its metadata folder, pmsets.json and labels.json, and `misc`.

    Labels are per frame. What review rejected was not released; where it is known, rejected.json
    has it: {anchor: {frame: [reasons]}}, with all frames of a rejected anchor, itself among them.
    Raises UserError for files that are missing or not of their format.
    """
    metadata = Path(metadata)
    neighbours = read_json(metadata / "pmsets.json", "an object of lists of frames", dict)
    labels = read_json(metadata / "labels.json", "an object of lists of classes", dict)
    index = misc(metadata) / "imagenet_vid_class_index.json"
    targets = class_index(index) if index.is_file() else VID_CLASSES
    rejected = {}
    if knows_rejected := (metadata / "rejected.json").is_file():
        rejected = read_json(metadata / "rejected.json", "an object of reasons by frame", dict)
        for anchor, frames in rejected.items():
            if not isinstance(frames, dict) or not all(map(is_names, frames.values())):
                raise UserError(
                    f"{metadata / 'rejected.json'}: {anchor} needs an object of lists of reasons by"
                    " frame."
                )
    found = {
        anchor: checked_offsets(anchor, neighbours.get(anchor, ()), metadata / "pmsets.json")
        | checked_offsets(
            anchor, [key for key in rejected.get(anchor, ()) if key != anchor],
            metadata / "rejected.json",
        )
        for anchor in {**neighbours, **rejected}
    }  # fmt: skip
    missing = [key for key in flatten(found) if key not in labels]
    if missing:
        raise UserError(
            f"{metadata / 'labels.json'} lacks {len(missing)} of the frames of pmsets.json,"
            f" such as {missing[0]}; take both files from the same release."
        )
    labels = {
        key: checked_labels(labels[key], targets, f"{metadata / 'labels.json'}: {key}")
        for key in flatten(found)
    }
    anchors = [
        Anchor(
            anchor,
            labels[anchor],
            [
                (key, offset, labels[key], rejected.get(anchor, {}).get(key, ()))
                for key, offset in frames.items()
            ],
            rejected.get(anchor, {}).get(anchor, ()),
        )
        for anchor, frames in found.items()
    ]
    return released_sets(metadata, targets, anchors, knows_rejected=knows_rejected)


def ytbb_sets(metadata, pmk_labels, rejected=True):
    """YTBB-Robust from its metadata folder and the review of pairs (see `reviewed_pairs`).

    An anchor is valid if it is "good", neither "bad" nor "unsure", and no pair calls it a bad
    anchor. Its labels are the original one and those that annotators added; its neighbours have
    the same. Every reviewed anchor is there, and every reviewed pair of one clip within ten
    frames; without `rejected` only what review kept.
    """
    metadata = Path(metadata)
    if not metadata.is_dir():
        raise UserError(
            f"There is no folder {metadata}; the released archive lacks the metadata of"
            " YTBB-Robust, so name the folder where they are as `metadata` of the data set."
        )
    targets = class_index(metadata / "ytbb_class_index.json")
    reviewed = reviewed_anchors(metadata / "anchor_labels.json", [name for _, name in targets])
    table = metadata / "ytbb_robustness_test_anchors_full.csv"
    original = original_labels(table)
    pairs, bad = reviewed_pairs(pmk_labels)
    anchors = []
    for key, (added, reasons) in reviewed.items():
        clip = key.split("/")[0]
        if clip not in original:
            raise UserError(f"The list of original labels of YTBB-Robust lacks the anchor {key}.")
        first = checked_labels(original[clip], targets, f"{table}: {clip}")
        labels = added | set(first)
        neighbours = [
            (neighbour, frame_number(neighbour) - frame_number(key), labels, why)
            for neighbour, why in pairs.get(key, {}).items()
        ]
        near = [pair for pair in neighbours if 0 < abs(pair[1]) <= REACH]
        reasons = reasons | ({"bad-anchor"} if key in bad else set())
        if rejected or not reasons:
            near = [pair for pair in near if rejected or not pair[3]]
            anchors.append(Anchor(key, labels, near, reasons, first))
    review = {"knows_rejected": rejected, "reviews_labels": True}
    return released_sets(metadata, targets, anchors, **review)


def released_sets(metadata, targets, anchors, **review):
    """PmSets of anchors as of `pm_sets`, with what a release's files tell of classes."""
    index = misc(metadata) / "imagenet_class_index.json"
    ilsvrc = class_index(index) if index.is_file() else []
    outputs = len(ilsvrc) or ILSVRC
    found = subclasses(metadata, targets, ilsvrc)
    numbers = [number for each in found.values() for number in each]
    if not (set(found) <= set(range(len(targets))) and set(numbers) <= set(range(outputs))):
        raise UserError(
            f"The map of classes of {metadata} is for other classes: there are {len(targets)}"
            f" targets and {outputs} ILSVRC classes, counted from 0."
        )
    target_of = {number: target for target, numbers in found.items() for number in numbers}
    names = {id_: target_of.get(number) for number, (id_, _) in enumerate(ilsvrc)}
    names |= {plain(each): number for number, both in enumerate(targets) for each in both}
    classes = [plain(name) for _, name in targets]
    return pm_sets(classes, found, anchors, outputs=outputs, names=names, **review)


def misc(metadata):
    """The folder beside a release's metadata that tells what its classes are."""
    return Path(metadata).parent / "misc"


def plain(name):
    """A class name as it is compared: "domestic_cat" is "domestic cat"."""
    return name.replace("_", " ")


def checked_labels(labels, targets, place):
    """A frame's labels as a list. Raises UserError for one that is no index of a target."""
    labels = labels if isinstance(labels, list) else [labels]
    wrong = [each for each in labels if not is_index(each, len(targets))]
    if wrong or not labels:
        what = f"the label {wrong[0]!r}" if wrong else "no label"
        raise UserError(f"{place} has {what}, but classes count from 0 to {len(targets) - 1}.")
    return labels


def is_index(value, count):
    """Whether a value of a file counts something from 0: true and 1.0 do not."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < count


def is_names(value):
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def checked_offsets(anchor, neighbours, path):
    """{neighbour: frames from the anchor}. Raises UserError for one that is no neighbour."""
    if not is_names([*neighbours] if isinstance(neighbours, list | tuple) else None):
        raise UserError(f"{path}: the anchor {anchor} needs a list of the keys of its neighbours.")
    found = {}
    for key in neighbours:
        offset = frame_number(key) - frame_number(anchor)
        reason = None
        if key.rpartition("/")[0] != anchor.rpartition("/")[0]:
            reason = "is of another video"
        elif offset == 0:
            reason = "is the anchor itself"
        elif abs(offset) > REACH:
            reason = f"is {abs(offset)} frames away, more than {REACH}"
        elif key in found:
            reason = "is there twice"
        if reason:
            raise UserError(f"{path}: the neighbour {key} of the anchor {anchor} {reason}.")
        found[key] = offset
    return found


def reviewed_anchors(path, names):
    """{anchor key: (added class indices, reasons to reject it)}, both sets, of all anchors."""
    words, annotations = read_annotations(path, {"good", "bad", "unsure"})
    index = {name: number for number, name in enumerate(names)}
    return {
        short_key(key): (
            {index[word] for word in marks if word in index},
            why_rejected(marks, "good", {"bad", "unsure"}),
        )
        for key, marks in annotations.items()
    }


def original_labels(path):
    """{clip: class indices} of Youtube-BB's own labels, with two swapped indices put right."""
    try:
        rows = read_csv(path, {"ytid": str, "time_ms": str, "label": int})
        clips = rows["ytid"] + "_" + rows["time_ms"]
        return rows["label"].replace(SWAPPED).groupby(clips).agg(list).to_dict()
    except (OSError, KeyError, ValueError, TypeError) as error:
        raise UserError(f"{path} is no table with ytid, time_ms and label: {error!r}.") from error


def reviewed_pairs(path):
    """({anchor: {neighbour: reasons to reject it}}, bad anchors) of pmk_labels.json.

    The file is {"labels": [words], "annotations": [{"key": "anchor,neighbour", "notes": text,
    "labels": [indices of words]}]}; the later annotation of a key counts. As in the released code,
    a pair whose key has folders before "clip/frame", or two clips, is not valid: it keeps no
    neighbour, but it can still call an anchor bad. The log says how many there are.
    """
    words, annotations = read_annotations(path, PROBLEMS | {"similar"}, frames=2)
    pairs, bad, odd = {}, set(), []
    for key, marks in annotations.items():
        anchor, neighbour = map(short_key, key.split(","))
        if "bad-anchor" in marks:
            bad.add(anchor)
        one_clip = anchor.split("/")[0] == neighbour.split("/")[0]
        if key != f"{anchor},{neighbour}" or not one_clip:
            odd.append(key)
        if one_clip:
            why = {"not valid"} if key in odd[-1:] else why_rejected(marks, "similar", PROBLEMS)
            mine = pairs.setdefault(anchor, {})
            mine[neighbour] = why and mine.get(neighbour, why)  # a valid key counts
    if odd:
        log.warning(
            "%d of %d pairs of %s have folders in their keys, or two clips, such as %s: they are"
            " not valid, as in the released code",
            len(odd), len(annotations), path, odd[0],
        )  # fmt: skip
    if len(odd) == len(annotations) > 0:
        raise UserError(
            f"{path} has no valid pair: all keys have folders before clip/frame, or two clips,"
            f" such as {odd[0]}; write them as the release does, clip/frame,clip/frame."
        )
    return pairs, bad


def why_rejected(marks, needed, problems):
    """Reasons to reject what is marked so; `needed` must be among its marks, no problem may be."""
    return marks & problems or (set() if needed in marks else {f"not {needed}"})


def read_annotations(path, needed, frames=1):
    """(words, {key: set of words}) of an annotation file whose keys name `frames` frames."""
    data = read_json(path, 'an object with "labels" and "annotations"', dict)
    try:
        words = data["labels"]
        absent = sorted(needed - set(words))
        found = {}
        for row in data["annotations"]:
            if (named := row["key"].count(",") + 1) != frames:
                raise ValueError(f"the key {row['key']!r} names {named} frames")
            if wrong := [each for each in row["labels"] if not is_index(each, len(words))]:
                raise ValueError(f"{row['key']!r} has the label {wrong[0]!r} of {len(words)}")
            found[row["key"]] = {words[index] for index in row["labels"]}
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
    if not digits or len(digits[-1]) > 18:
        raise UserError(f"The frame {key!r} has no number in its name, or too long a one.")
    return int(digits[-1])


def class_index(path):
    """[(WordNet id or name, name)] by index, from {"0": [WordNet id, name] or name, ...}."""
    found = read_json(path, "an object of class names by index", dict)
    try:
        entries = [found[str(index)] for index in range(len(found))]
        pairs = [(each, each) if isinstance(each, str) else tuple(each) for each in entries]
    except KeyError as error:
        raise UserError(f"{path} has no class {error}; classes count from 0.") from error
    except TypeError as error:
        raise UserError(f"{path} needs a name, or WordNet id and name, per class.") from error
    wrong = [each for each in pairs if len(each) != 2 or not all(isinstance(p, str) for p in each)]
    if wrong:
        raise UserError(f"{path} needs a name, or WordNet id and name, but has {wrong[0]!r}.")
    return pairs


def subclasses(metadata, targets, ilsvrc):
    """{target: model outputs}, from rev_class_idx_map.json or else from WordNet ids in `misc`.

    Targets without subclasses are absent. `targets` and `ilsvrc` as of `class_index`.
    """
    path, children = metadata / "rev_class_idx_map.json", misc(metadata) / "rev_wnid_map.json"
    parents = misc(metadata) / "wnid_map.json"
    if path.is_file() or not (ilsvrc and (children.is_file() or parents.is_file())):
        return read_class_map(path)
    if children.is_file():
        found = read_json(children, "an object of lists of WordNet ids", dict)
        if not all(map(is_names, found.values())):
            raise UserError(f"{children} needs a list of WordNet ids for each.")
        pairs = [(child, parent) for parent, each in found.items() for child in each]
    else:
        pairs = read_json(parents, "an object of WordNet ids", dict).items()
    target_of, output_of = (
        {id_: number for number, (id_, _) in enumerate(index)} for index in (targets, ilsvrc)
    )
    found = {}
    try:
        for child, parent in pairs:
            found.setdefault(target_of[parent], []).append(output_of[child])
    except TypeError as error:
        raise UserError(f"{misc(metadata)} maps what are no WordNet ids: {error}.") from error
    except KeyError as error:
        raise UserError(
            f"{misc(metadata)} maps the WordNet id {error}, which its lists of classes lack."
        ) from error
    return {target: sorted(outputs) for target, outputs in sorted(found.items())}


def read_class_map(path):
    """{target: model outputs} of a release's rev_class_idx_map.json. Raises UserError."""
    found = read_json(path, "an object of lists of ILSVRC classes", dict)
    try:
        if not all(type(each) is int for outputs in found.values() for each in outputs):
            raise ValueError("a class is no whole number")
        return {int(target): sorted(outputs) for target, outputs in found.items()}
    except (TypeError, ValueError) as error:
        raise UserError(f"{path} is no map of numbers to lists of numbers: {error}.") from error


def flatten(neighbours):
    return [key for anchor, keys in neighbours.items() for key in (anchor, *keys)]


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
        "outputs": sets.outputs,
        "names": sets.names,
    }
    with whole(path) as part:
        part.write_text(json.dumps(record) + "\n", encoding="utf-8")


def read_sets(path):
    record = json.loads(Path(path).read_text(encoding="utf-8"))
    for name in ("subclasses", "reasons", "original"):  # JSON's keys are texts
        if record[name] is not None:
            record[name] = {int(key): value for key, value in record[name].items()}
    return PmSets(**record | {"rows": np.array(record["rows"], np.int64)})
