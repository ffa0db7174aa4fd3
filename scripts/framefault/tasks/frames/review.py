"""Review of the embedded scenes by rule, and its record in the layouts of the releases."""

import json

import numpy as np

from framefault.data.scenes import (
    HEIGHT,
    NAMES,
    UNSEEN_NAME,
    WIDTH,
    rev_class_idx_map,
    subclass_names,
)
from framefault.seeds import rng
from framefault.tasks.frames.sets import REACH

# What review rejects, relative to the anchor.
MOTION, SCALING, BLURRING, VISIBLE = 0.5, 1.3, 1.0, 0.55


def visible(scene):
    """Share of the object's box that lies in the centred square, which classifiers see."""
    half, margin = scene.size / 2, (WIDTH - HEIGHT) / 2
    right, left = (np.clip(scene.x + side * half, margin, WIDTH - margin) for side in (1, -1))
    below, above = (np.clip(scene.y + side * half, 0, HEIGHT) for side in (1, -1))
    return (right - left) * (below - above) / scene.size**2


def review(scene, name):
    """(anchor frame, reasons to reject it, {neighbour: reasons to reject it}) of a video.

    The anchor is drawn from the middle of the video. It is rejected if its object is blurred or
    cut off; a neighbour if its object moved, grew, blurred or left too much.
    """
    anchor = int(rng("anchor", name).integers(5, scene.frames - 5))
    shown = visible(scene)
    neighbours = {}
    for frame in range(max(0, anchor - REACH), min(scene.frames, anchor + REACH + 1)):
        if frame == anchor:
            continue
        moved = np.hypot(scene.x[frame] - scene.x[anchor], scene.y[frame] - scene.y[anchor])
        growth = abs(np.log(scene.size[frame] / scene.size[anchor]))
        blurred = scene.blur[frame] - scene.blur[anchor]
        reasons = []
        if moved > MOTION * scene.size[anchor] or growth > np.log(SCALING):
            reasons.append("background-change")
        if blurred > BLURRING:
            reasons.append("blur-increase")
        if shown[frame] < VISIBLE:
            reasons.append("occlusion-increased")
        neighbours[frame] = reasons
    bad = {"occluded": shown[anchor] < VISIBLE, "blurred": scene.blur[anchor] > 1.5}
    return anchor, [reason for reason, found in bad.items() if found], neighbours


def metadata(layout, videos):
    """The files of the official release's metadata folder, as {name: content}.

    `videos` are (name, target, anchor, its reasons, {neighbour: reasons}). The layout "vid" has
    labels per frame and, unlike the release, what was rejected; "ytbb" has the annotators' marks.
    """
    files = {"rev_class_idx_map.json": rev_class_idx_map()}
    files["class_idx_map.json"] = {
        str(output): int(target)
        for target, outputs in rev_class_idx_map().items()
        for output in outputs
    }
    if layout == "vid":
        pmsets, rejected, labels = {}, {}, {}
        for name, target, anchor, bad, neighbours in videos:
            key = vid_key(name, anchor)
            found = {vid_key(name, frame): reasons for frame, reasons in neighbours.items()}
            labels |= {frame: [target] for frame in (*found, key)}
            rejected[key] = {frame: why for frame, why in found.items() if bad or why}
            if bad:
                rejected[key][key] = bad
            else:
                pmsets[key] = [frame for frame, reasons in found.items() if not reasons]
        return files | {"pmsets.json": pmsets, "rejected.json": rejected, "labels.json": labels}
    names = [*NAMES, UNSEEN_NAME]
    words = ["good", "unsure", "bad", *names]
    marks = [
        "similar", "dissimilar", "problematic", "incorrect", "dont know", "deformation",
        "background-change", "occlusion-increased", "blur-increase", "bad-anchor",
    ]  # fmt: skip
    anchors, pairs, original = [], [], ["ytid,time_ms,label"]
    for name, target, anchor, bad, neighbours in videos:
        key = ytbb_key(name, anchor)
        anchors.append({"key": key, "notes": "", "labels": [words.index("bad" if bad else "good")]})
        original.append(f"{name},0,{target}")
        for frame, reasons in neighbours.items():
            found = [marks.index(reason) for reason in reasons] + ([1] if reasons else [0])
            pair = f"{key},{ytbb_key(name, frame)}"
            pairs.append({"key": pair, "notes": "", "labels": sorted(found)})
    return files | {
        "ytbb_class_index.json": by_index(names),
        "anchor_labels.json": {"labels": words, "annotations": anchors},
        "ytbb_robustness_test_anchors_full.csv": "\n".join(original) + "\n",
        "pmk_labels.json": {"labels": marks, "annotations": pairs},
    }


def class_indices(layout):
    """The files of the release's folder `misc` that say which classes there are."""
    files = {"imagenet_class_index.json": by_index(subclass_names())}
    if layout == "vid":
        files["imagenet_vid_class_index.json"] = by_index(NAMES)
    return files


def by_index(names):
    return {str(index): name for index, name in enumerate(names)}


def vid_key(name, frame):
    return f"val/{name}/{frame:06d}.JPEG"


def ytbb_key(name, frame):
    return f"{name}_0/frame-{frame}.jpg"


def write_metadata(folder, files):
    folder.mkdir(parents=True)
    for name, content in files.items():
        text = content if isinstance(content, str) else json.dumps(content, indent=1) + "\n"
        (folder / name).write_text(text, encoding="utf-8")
