"""Pictures with boxes to learn from: made in the run, or frames of ImageNet-VID."""

import json
from pathlib import Path

import numpy as np
from PIL import Image

from framefault.data.imagenet_vid import annotation, frame_boxes
from framefault.errors import UserError
from framefault.tasks.detection.truth import as_rows


class Cached:
    """Frames of training videos, from a .npy cache (N, H, W, 3) and the .json beside it."""

    def __init__(self, path):
        self.path = Path(path).with_suffix(".json")
        self.pixels = np.load(path, mmap_mode="r")
        facts = json.loads(self.path.read_text(encoding="utf-8"))
        self.classes, self.labels, self.boxes = facts["classes"], facts["labels"], facts["boxes"]
        self.facts = [self.labels, self.boxes]

    def __len__(self):
        return len(self.pixels)

    def open(self, index):
        """uint8 RGB (H, W, 3), boxes float32 (n, 4) x1 y1 x2 y2 in its pixels, labels (n,)."""
        boxes = np.array([self.boxes[index]], np.float32)
        shown = (boxes[:, 2:] > boxes[:, :2]).all(1)  # not after the object has left the picture
        return self.pixels[index], boxes[shown], np.array([self.labels[index]])[shown]


class ImageNetVid:
    """Every so many-th frame of ImageNet-VID's training snippets; annotations are read when needed.

    `folder` has Data, Annotations and ImageSets. `classes` are names, `index` is {WordNet id:
    number of a class}.
    """

    def __init__(self, folder, every, classes, index):
        self.folder, self.classes, self.index = Path(folder), classes, index
        data = self.folder / "Data/VID"
        self.facts = self.frames = [
            frame.relative_to(data).as_posix()
            for snippet in listed_snippets(self.folder / "ImageSets/VID")
            for frame in sorted((data / "train" / snippet).glob("*.JPEG"))[::every]
        ]
        if not self.frames:
            raise UserError(f"{data}/train has no frame of the snippets that ImageSets/VID lists.")

    def __len__(self):
        return len(self.frames)

    def open(self, index):
        """As of `Cached`. Raises UserError for a picture or annotation that cannot be read."""
        key = self.frames[index]
        objects = frame_boxes(self.folder, key)
        try:
            with Image.open(self.folder / "Data/VID" / key) as picture:
                pixels = np.asarray(picture.convert("RGB"))
        except OSError as error:
            raise UserError(f"The picture {key} of {self.folder} is damaged: {error}.") from error
        rows = as_rows(objects, self.index, annotation(self.folder, key))
        rows = np.array(rows, np.float32).reshape(-1, 5)
        return pixels, rows[:, :4], rows[:, 4].astype(int)


def listed_snippets(folder):
    """Names of the snippets that train_1.txt, train_2.txt, ... list, a line each, in order."""
    files = sorted(folder.glob("train_*.txt"))
    if not files:
        raise UserError(f"{folder} has no train_1.txt, train_2.txt, ..., which list snippets.")
    lines = [line for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    return sorted({line.split()[0] for line in lines if line.strip()})
