"""The released archive of pm-k as public loaders read it: layout and formats, small content."""

import json

import numpy as np
from PIL import Image

from framefault.tasks.frames.sets import VID_CLASSES

# ILSVRC's classes: 1,000 WordNet ids, of which these are real and are subclasses of VID's targets.
CHILDREN = {
    "n02691156": ["n02690373", "n04552348"],  # airplane
    "n02391049": ["n02391049"],  # zebra is a class of both
    "n02084071": ["n02085620", "n02085782", "n02085936"],  # dog
}
ILSVRC = sorted({
    *(f"n0{number:07d}" for number in range(3_000_000, 3_000_994)),
    *(child for children in CHILDREN.values() for child in children),
})  # fmt: skip
NAMES = {0: "airplane", 29: "zebra"}  # of the frames below
YTBB = ["person", "bird", "bicycle", "zebra", "none"]
MARKS = [
    "similar", "dissimilar", "problematic", "incorrect", "dont know", "deformation",
    "background-change", "occlusion-increased", "blur-increase", "bad-anchor", "correct",
]  # fmt: skip


def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))


def write_picture(path, seed):
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (40, 52, 3), np.uint8)
    Image.fromarray(pixels).save(path, "JPEG")


def vid_key(video, frame):
    return f"val/ILSVRC2015_val_{video:08d}/{frame:06d}.JPEG"


def ytbb_key(clip, frame):
    return f"{clip}/frame-{frame}.jpg"


def write_vid(root):
    """imagenet-vid-robust: frames, metadata and misc; no class map, as it is released."""
    around = {0: (9, 10, 11), 29: (4, 5)}
    labels = {vid_key(target, frame): [target] for target, some in around.items() for frame in some}
    pmsets = {
        vid_key(0, 10): [vid_key(0, 9), vid_key(0, 11)],
        vid_key(29, 5): [vid_key(29, 4)],
    }
    for number, key in enumerate(labels):
        write_picture(root / key, number)
    write(root / "metadata/labels.json", labels)
    write(root / "metadata/pmsets.json", pmsets)
    targets = {str(i): [id_, name.replace(" ", "_")] for i, (id_, name) in enumerate(VID_CLASSES)}
    write(root / "misc/imagenet_vid_class_index.json", targets)
    classes = {str(index): [id_, f"class_{index}"] for index, id_ in enumerate(ILSVRC)}
    write(root / "misc/imagenet_class_index.json", classes)
    write(root / "misc/rev_wnid_map.json", CHILDREN)
    parents = {child: parent for parent, children in CHILDREN.items() for child in children}
    write(root / "misc/wnid_map.json", parents)


def write_ytbb(root):
    """ytbb-robust: frames only, in a folder of their own."""
    for clip, frames in (("aB-_c1_1000", (29, 30, 31, 40)), ("_x_y_2000", (60, 61))):
        for frame in frames:
            write_picture(root / "ytbb_videos" / ytbb_key(clip, frame), frame)


def write_ytbb_metadata(folder):
    """The metadata of YTBB-Robust, which public loaders bring themselves."""
    first, second = "aB-_c1_1000", "_x_y_2000"
    names = {str(index): name for index, name in enumerate(YTBB)}
    write(folder / "ytbb_class_index.json", names)
    write(folder / "rev_class_idx_map.json", {"1": [7, 8], "2": [444], "3": [340]})
    anchors = [(ytbb_key(first, 30), [0, 3]), (ytbb_key(second, 60), [0])]
    write(folder / "anchor_labels.json", {
        "annotations": [{"key": key, "notes": "", "labels": marks} for key, marks in anchors],
        "labels": ["good", "unsure", "bad", *YTBB],
    })  # fmt: skip
    table = "ytid,time_ms,label\naB-_c1,1000,3\n_x_y,2000,1\n"
    write(folder / "ytbb_robustness_test_anchors_full.csv", table)
    pairs = [
        (f"{ytbb_key(first, 30)},{ytbb_key(first, 29)}", [0, 10]),
        (f"{ytbb_key(first, 30)},{ytbb_key(first, 31)}", [0, 8]),
        (f"frames/{ytbb_key(first, 30)},frames/{ytbb_key(first, 40)}", [0, 10]),
        (f"{ytbb_key(second, 60)},{ytbb_key(second, 61)}", [0]),
    ]
    write(folder / "pmk_labels.json", {
        "labels": MARKS,
        "annotations": [{"key": key, "notes": "", "labels": marks} for key, marks in pairs],
    })  # fmt: skip


def write_archive(root):
    """Both data sets below `root` as the archive has them."""
    write_vid(root / "imagenet_vid_ytbb_robust/imagenet-vid-robust")
    write_ytbb(root / "imagenet_vid_ytbb_robust/ytbb-robust")
