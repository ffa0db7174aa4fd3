"""Pictures to train on: a cache made in the run, a folder per class, or a list of files."""

import json
from pathlib import Path

import numpy as np
from PIL import Image

from framefault.errors import UserError
from framefault.tabular import read_csv


class Images:
    """Labelled pictures: `open(index)` gives a PIL image, `labels` are indices into `classes`."""

    def __init__(self, open_picture, labels, classes):
        self.open, self.labels, self.classes = open_picture, np.asarray(labels), list(classes)

    def __len__(self):
        return len(self.labels)

    def relabelled(self, subclasses, names):
        """The pictures that show a target, labelled with its index.

        Classes that are called like targets are those; other classes are subclasses by their
        index, as in ILSVRC-30 of appendix J, and pictures of no target are left out.
        """
        if set(self.classes) <= set(names):
            target_of = {index: names.index(name) for index, name in enumerate(self.classes)}
        else:
            target_of = {each: target for target, outputs in subclasses.items() for each in outputs}
        kept = np.array([i for i, label in enumerate(self.labels) if label in target_of], int)
        labels = [target_of[label] for label in self.labels[kept]]
        return Images(lambda index: self.open(kept[index]), labels, names)


def cached_images(path):
    """Images of a .npy cache (N, H, W, 3); labels and classes lie beside it as .json."""
    pixels = np.load(path, mmap_mode="r")
    facts = json.loads(Path(path).with_suffix(".json").read_text(encoding="utf-8"))
    return Images(lambda i: Image.fromarray(pixels[i]), facts["labels"], facts["classes"])


def folder_images(root):
    """Images of a folder per class, as ILSVRC's; classes in the order of their names."""
    root = Path(root)
    classes = sorted(path.name for path in root.glob("*") if path.is_dir())
    files = [
        (file, c) for c, name in enumerate(classes) for file in sorted((root / name).iterdir())
    ]
    if not files:
        raise UserError(f"The folder {root} should hold one folder of pictures per class.")
    return Images(lambda i: Image.open(files[i][0]).convert("RGB"), [c for _, c in files], classes)


def listed_images(path):
    """Images of a CSV file with the columns file (relative to it) and label (a class name)."""
    path = Path(path)
    try:
        rows = read_csv(path, {"file": str, "label": str})
        files = [path.parent / name for name in rows["file"]]
        labels, classes = rows["label"].factorize(sort=True)
    except (OSError, KeyError, ValueError) as error:
        raise UserError(f"{path} is no CSV file with file and label: {error!r}.") from error
    return Images(lambda i: Image.open(files[i]).convert("RGB"), labels, classes)


def random_crop(picture, size, area, flip, draw):
    """A part of a picture with a share of its area, scaled: uint8 (size, size, 3).

    The usual training view of ILSVRC (RandomResizedCrop, aspect 3:4 to 4:3, and a flip).
    """
    width, height = picture.size
    for _ in range(10):
        space = draw.uniform(*area) * width * height
        ratio = np.exp(draw.uniform(np.log(3 / 4), np.log(4 / 3)))
        across, down = np.sqrt(space * ratio), np.sqrt(space / ratio)
        if across <= width and down <= height:
            break
    else:
        across = down = min(width, height)
    left, top = draw.uniform(0, width - across), draw.uniform(0, height - down)
    box = (left, top, left + across, top + down)
    pixels = np.asarray(picture.resize((size, size), Image.Resampling.BILINEAR, box))
    return pixels[:, ::-1] if draw.random() < flip else pixels
