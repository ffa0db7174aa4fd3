"""Reviewed pm-k sets in the layouts of the releases, as `sets` reads them."""

import json
from typing import NamedTuple

from framefault.data import scenes, wordnet
from framefault.data.classes import IMAGENET_VID, YOUTUBE_BB
from framefault.tasks.frames.sets import PROBLEMS, SWAPPED, read_class_map


class ClassMap(NamedTuple):
    """The classes of a data set and of the models that are tested on it."""

    targets: list  # (WordNet id, name) or (name, name) of each class
    subclasses: dict  # target -> indices of model outputs
    outputs: list  # (WordNet id, name) or (name, name) of each model output; [] if not known


def class_map(source, layout):
    """The ClassMap of a data set.

    `source`: {"kind": "scenes"}; {"map": path of the released rev_class_idx_map.json}; or
    {"wordnet": folder of WordNet, "ilsvrc": list of ILSVRC's classes}.
    """
    if source.get("kind") == "scenes":
        subclasses = {int(target): each for target, each in scenes.rev_class_idx_map().items()}
        names = scenes.class_names(layout), scenes.subclass_names()
        targets, outputs = ([(name, name) for name in each] for each in names)
        return ClassMap(targets, subclasses, outputs)
    targets = list({"vid": IMAGENET_VID, "ytbb": YOUTUBE_BB}[layout])
    outputs = wordnet.read_ilsvrc(source["ilsvrc"]) if source.get("ilsvrc") else []
    if source.get("map"):
        return ClassMap(targets, read_class_map(source["map"]), outputs)
    ids = [[wnid for wnid, _ in each] for each in (targets, outputs)]
    found = wordnet.subclasses(*ids, wordnet.read_parents(source["wordnet"]))
    return ClassMap(targets, found, outputs)


def metadata_files(layout, classes, anchors):
    """The files of a release's folders: {"metadata": {name: content}, "misc": {name: content}}.

    `anchors` as of `decision.decide`. The layout "vid" has labels per frame and, unlike the
    release, what review rejected; "ytbb" has the annotators' marks. Both say which outputs of a
    model make a class.
    """
    subclasses = {str(target): each for target, each in classes.subclasses.items()}
    targets = {str(output): int(t) for t, each in subclasses.items() for output in each}
    files = {"rev_class_idx_map.json": subclasses, "class_idx_map.json": targets}
    misc = {}
    if classes.outputs:
        misc["imagenet_class_index.json"] = by_index(classes.outputs)
    if layout == "vid":
        misc["imagenet_vid_class_index.json"] = by_index(classes.targets)
        return {"metadata": files | vid_files(anchors), "misc": misc}
    names = [name for _, name in classes.targets]
    return {"metadata": files | ytbb_files(names, anchors), "misc": misc}


def vid_files(anchors):
    """Files of ImageNet-Vid-Robust; rejected.json also names the anchors without a neighbour."""
    pmsets, rejected, labels = {}, {}, {}
    for anchor in anchors:
        labels[anchor.key] = anchor.labels
        labels |= {key: shown for key, _, shown, _ in anchor.neighbours}
        rejected[anchor.key] = {
            key: why for key, _, _, why in anchor.neighbours if why or anchor.reasons
        }
        if anchor.reasons:
            rejected[anchor.key][anchor.key] = anchor.reasons
        else:
            pmsets[anchor.key] = [key for key, _, _, why in anchor.neighbours if not why]
    return {"pmsets.json": pmsets, "rejected.json": rejected, "labels.json": labels}


def ytbb_files(names, anchors):
    """Files of YTBB-Robust, in its words; two indices of its table of labels are swapped."""
    words = ["good", "unsure", "bad", *names]
    marks = ["similar", *sorted(PROBLEMS), "correct"]
    anchor_marks, pair_marks, original = {}, {}, ["ytid,time_ms,label"]
    for anchor in anchors:
        video, _, time = anchor.key.split("/")[0].rpartition("_")
        original += [f"{video},{time},{SWAPPED.get(label, label)}" for label in anchor.original]
        added = [names[label] for label in anchor.labels if label not in anchor.original]
        anchor_marks[anchor.key] = [*(anchor.reasons or ["good"]), *added]
        for key, _, _, why in anchor.neighbours:
            pair_marks[f"{anchor.key},{key}"] = why or ["similar", "correct"]
    return {
        "ytbb_class_index.json": {str(index): name for index, name in enumerate(names)},
        "anchor_labels.json": annotations(words, anchor_marks),
        "ytbb_robustness_test_anchors_full.csv": "\n".join(original) + "\n",
        "pmk_labels.json": annotations(marks, pair_marks),
    }


def annotations(words, marks):
    """An annotation file of {key: some of the words}."""
    rows = [
        {"key": key, "notes": "", "labels": sorted(map(words.index, some))}
        for key, some in marks.items()
    ]
    return {"labels": words, "annotations": rows}


def by_index(classes):
    """{"0": [WordNet id, name], …}, or names alone where there are no ids."""
    return {
        str(index): name if wnid == name else [wnid, name]
        for index, (wnid, name) in enumerate(classes)
    }


def vid_key(name, frame):
    return f"val/{name}/{frame:06d}.JPEG"


def ytbb_key(name, frame):
    return f"{name}_0/frame-{frame}.jpg"


def write_release(folder, files):
    """Write what `metadata_files` gives below a folder."""
    for part, contents in files.items():
        (folder / part).mkdir(parents=True)
        for name, content in contents.items():
            text = content if isinstance(content, str) else json.dumps(content, indent=1) + "\n"
            (folder / part / name).write_text(text, encoding="utf-8")
