"""ImageNet-VID as it is shipped: `Data/VID`, `Annotations/VID` and `ImageSets/VID`."""

import math
import re
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

from PIL import Image

from framefault.data.classes import IMAGENET_VID
from framefault.errors import UserError

CORNERS = ("xmin", "ymin", "xmax", "ymax")
INDEX = {wnid: number for number, (wnid, _) in enumerate(IMAGENET_VID)}


class Box(NamedTuple):
    """An annotated object: the numbers of its first and last columns and rows of pixels.

    `generated` says that the box was interpolated, not drawn by a person.
    """

    wnid: str
    track: int
    x1: float
    y1: float
    x2: float
    y2: float
    occluded: bool
    generated: bool


def read_list(root, part="val"):
    """{snippet: {frame number: key}} of the frames that ImageSets/VID/<part>.txt lists.

    Lines are "<snippet>/<number> <index>"; a key, "<part>/<snippet>/000012.JPEG", is the frame's
    place in Data/VID. Raises UserError for a list that is not there or not of that form.
    """
    path = Path(root, "ImageSets/VID", f"{part}.txt")
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"There is no list of frames {path} ({error}); put it there.") from error
    found = {}
    for place, line in enumerate(lines, 1):
        if not line.strip():
            continue
        match = re.fullmatch(r"\s*([\w-]+)/(\d{6})(\s+\d+)?\s*", line)
        if match is None:
            raise UserError(
                f"{path}, line {place} is no frame, <snippet>/<six digits> <index>: {line!r}."
            )
        frames, number = found.setdefault(match[1], {}), int(match[2])
        if number in frames:
            raise UserError(f"{path}, line {place} lists the frame {match[1]}/{match[2]} again.")
        frames[number] = f"{part}/{match[1]}/{match[2]}.JPEG"
    if not found:
        raise UserError(f"{path} lists no frame; put back the original list.")
    return found


def read_boxes(path):
    """((width, height) of the picture, [Box]) of an annotation file.

    Boxes are as written: like the official evaluation, this neither clips nor drops one that
    reaches over the picture's edge, and counts the last column and row as part of the object, so
    that one pixel has x1 = x2. Raises UserError for a file that is not there or no such annotation,
    an unknown class, and a box that is inverted or does not touch the picture.
    """
    try:
        root = ElementTree.parse(path).getroot()
        size = tuple(int(root.findtext(f"size/{name}")) for name in ("width", "height"))
        boxes = [read_object(each) for each in root.iterfind("object")]
    except FileNotFoundError as error:
        raise UserError(f"There is no annotation {path}; every frame needs one.") from error
    except (OSError, ElementTree.ParseError, LookupError, TypeError, ValueError) as error:
        raise UserError(f"{path} is not in the format of ImageNet-VID: {error}.") from error
    for number, box in enumerate(boxes, 1):
        where = f"{path}: the object {number} ({box.wnid})"
        if box.wnid not in INDEX:
            raise UserError(f"{where} is none of the 30 classes of ImageNet-VID; correct its name.")
        if box.x2 < box.x1 or box.y2 < box.y1:
            raise UserError(f"{where} has a box that ends before it starts; correct or remove it.")
        if box.x2 < 0 or box.y2 < 0 or box.x1 >= size[0] or box.y1 >= size[1]:
            raise UserError(
                f"{where} lies outside the picture of {size[0]} by {size[1]} pixels; correct or"
                " remove it."
            )
    return size, boxes


def read_object(element):
    corners = [float(element.findtext(f"bndbox/{name}")) for name in CORNERS]
    if not all(map(math.isfinite, corners)):
        raise ValueError("a corner of a box is no finite number")
    flags = [element.findtext(name) for name in ("occluded", "generated")]
    return Box(
        element.findtext("name") or "without name",
        int(element.findtext("trackid")),
        *corners,
        *({"0": False, "1": True}[(flag or "").strip()] for flag in flags),
    )


def frame_boxes(root, key):
    """Boxes of the frame `key`, whose picture must be there and of the annotated size."""
    picture, path = Path(root, "Data/VID", key), annotation(root, key)
    size, boxes = read_boxes(path)
    try:
        with Image.open(picture) as found:
            actual = found.size
    except OSError as error:
        raise UserError(f"The frame {picture} cannot be read: {error}.") from error
    if size != actual:
        raise UserError(
            f"{path} is for a picture of {size[0]} by {size[1]} pixels, but {picture} has"
            f" {actual[0]} by {actual[1]}; take both from the same release."
        )
    return boxes


def annotation(root, key):
    """The annotation file of a frame "<part>/<snippet>/000012.JPEG"."""
    return Path(root, "Annotations/VID", key).with_suffix(".xml")


def labels(boxes):
    """Indices of the classes of some boxes, sorted, each once."""
    return sorted({INDEX[box.wnid] for box in boxes})
