"""Pictures to train on: a cache made in the run, a folder per class, or a list of files."""

import json
from pathlib import Path

import numpy as np
from PIL import Image

from framefault.errors import UserError
from framefault.tabular import read_csv
from framefault.tasks.frames.sets import plain


class Images:
    """Labelled pictures: `open(index)` gives a PIL image, `labels` are indices into `classes`.

    `videos` tells which pictures are of one video; without it, each is on its own.
    """

    def __init__(self, open_picture, labels, classes, videos=None):
        self.open, self.labels, self.classes = open_picture, np.asarray(labels), list(classes)
        self.videos = np.arange(len(labels)) if videos is None else np.asarray(videos)

    def __len__(self):
        return len(self.labels)

    def relabelled(self, sets):
        """The pictures that show a target of pm-k sets, labelled with its index.

        A class is known by the name or the WordNet id of a target, or by the WordNet id of an
        ILSVRC class; as many classes as ILSVRC has are those in the order of their names. Pictures
        of an ILSVRC class that is no target's are left out, as in ILSVRC-30 of appendix J. Raises
        UserError for other classes, and for targets that no picture shows.
        """
        target_of = {index: sets.names.get(plain(name)) for index, name in enumerate(self.classes)}
        unknown = [name for name in self.classes if plain(name) not in sets.names]
        if unknown and len(self.classes) == sets.outputs:
            outputs = {each: target for target, some in sets.subclasses.items() for each in some}
            target_of = {index: outputs.get(index) for index in target_of}
        elif unknown:
            raise UserError(
                f"{listed(unknown)} of the training pictures are neither names nor WordNet ids of"
                f" the data set's classes or of ILSVRC's, nor are there all {sets.outputs} classes"
                " of ILSVRC; rename these classes or leave them out."
            )
        kept = np.array([i for i, c in enumerate(self.labels) if target_of[c] is not None], int)
        labels = [target_of[label] for label in self.labels[kept]]
        unseen = sorted(set(sets.subclasses) - set(labels))
        if unseen:
            raise UserError(
                f"No training picture shows {listed([sets.classes[each] for each in unseen])} of"
                " the data set; a model cannot learn classes without pictures, so add some."
            )
        return Images(lambda i: self.open(kept[i]), labels, sets.classes, self.videos[kept])


def listed(names, most=5):
    """Some names and how many more there are."""
    more = f" and {len(names) - most} more classes" if len(names) > most else ""
    return ", ".join(map(repr, names[:most])) + more


def cached_images(path):
    """Images of a .npy cache (N, H, W, 3); the facts about them lie beside it as .json."""
    pixels = np.load(path, mmap_mode="r")
    facts = json.loads(Path(path).with_suffix(".json").read_text(encoding="utf-8"))
    facts.pop("boxes", None)  # for detectors
    return Images(lambda i: Image.fromarray(pixels[i]), **facts)


def folder_images(root):
    """Images of a folder per class, as ILSVRC's; classes in the order of their names."""
    root = Path(root)
    classes = sorted(path.name for path in root.glob("[!.]*") if path.is_dir())
    files = [(f, c) for c, name in enumerate(classes) for f in sorted((root / name).glob("[!.]*"))]
    if not files:
        raise UserError(f"The folder {root} should hold one folder of pictures per class.")
    empty = sorted({*range(len(classes))} - {c for _, c in files})
    if empty:
        names = listed([classes[each] for each in empty])
        raise UserError(f"The folder {root} has no picture of {names}; add some, or remove them.")
    return Images(lambda i: open_picture(files[i][0]), [c for _, c in files], classes)


def listed_images(path):
    """Images of a CSV file with the columns file (relative to it), label, and perhaps video."""
    path = Path(path)
    try:
        rows = read_csv(path, {"file": str, "label": str, "video": str})
        columns = rows[["file", "label", *(["video"] if "video" in rows else [])]]
    except (OSError, KeyError, ValueError) as error:
        raise UserError(f"{path} is no CSV file with file and label: {error!r}.") from error
    gaps = columns.isna().any(axis=1)
    if gaps.any() or rows.empty:
        place = f"line {gaps.idxmax() + 2}" if gaps.any() else "it"
        raise UserError(f"{path} needs a file and a label per picture, but {place} lacks one.")
    files = [path.parent / name for name in rows["file"]]
    labels, classes = rows["label"].factorize(sort=True)
    videos = rows["video"].factorize()[0] if "video" in rows else None
    return Images(lambda i: open_picture(files[i]), labels, classes, videos)


def open_picture(path):
    """A picture file in RGB. Raises UserError for one that is not there or no picture."""
    try:
        with Image.open(path) as picture:
            return picture.convert("RGB")
    except OSError as error:
        raise UserError(f"The training picture {path} cannot be read: {error}.") from error


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
