"""What a review asks: the missing labels of anchors, if wanted, then one pair after the other."""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath
from typing import NamedTuple

from framefault.errors import UserError
from framefault.files import file_digest, read_json
from framefault.tasks.frames.sets import REACH

PICTURES = {".jpeg": "image/jpeg", ".jpg": "image/jpeg", ".png": "image/png", ".webp": "image/webp"}


class Item(NamedTuple):
    """One question: an anchor, or an anchor and a neighbour."""

    anchor: str  # key of the frame
    neighbour: str  # "" where the question is about the anchor alone
    labels: list  # indices of classes, per frame

    @property
    def kind(self):
        return "pair" if self.neighbour else "anchor"


@dataclass(frozen=True)
class Questions:
    """All questions of a review, numbered in the order in which they are asked."""

    classes: list  # names
    items: list
    digest: str  # of the candidates

    @cached_property
    def frames(self):
        """Keys of all frames that may be shown."""
        return list(dict.fromkeys(key for item in self.items for key in item[:2] if key))

    @cached_property
    def frame_number(self):
        return {key: number for number, key in enumerate(self.frames)}

    @cached_property
    def anchor_item(self):
        """{key of an anchor: the number of the question about it alone}."""
        return {item.anchor: n for n, item in enumerate(self.items) if not item.neighbour}


def read_questions(path, labels=False):
    """Questions of a file of candidates; `labels` asks for missing labels of the anchors first.

    Pairs of one anchor come one after the other, but not in the order of time: who sees a film
    misses slow changes. Raises UserError where the file is not of its form.
    """
    found = read_json(path, 'an object with "classes" and "anchors"', dict)
    try:
        anchors = checked(found)
    except (KeyError, TypeError, AttributeError) as error:
        raise UserError(f"{path} is not in the form of candidates: {error!r}.") from error
    except ValueError as error:
        raise UserError(f"{path}: {error}.") from error
    alone = [Item(anchor["frame"], "", [anchor["labels"]]) for anchor in anchors if labels]
    pairs = [
        Item(anchor["frame"], each["frame"], [anchor["labels"], labels_of(each, anchor)])
        for anchor in anchors
        for each in mixed(anchor["neighbours"])
    ]
    return Questions(found["classes"], [*alone, *pairs], file_digest(path))


def labels_of(neighbour, anchor):
    return neighbour.get("labels", anchor["labels"])


def mixed(neighbours):
    """Neighbours in an order that is not that of time, the same with any version of a library."""
    return sorted(neighbours, key=lambda each: hashlib.sha256(each["frame"].encode()).digest())


def checked(found):
    """The anchors of a file of candidates. Raises ValueError for what cannot be asked about."""
    classes, anchors, seen = found["classes"], found["anchors"], set()
    if not (classes and all(isinstance(name, str) for name in classes)):
        raise ValueError("its classes are not a list of names")
    if not anchors:
        raise ValueError("it has no anchor")
    for number, anchor in enumerate(anchors, 1):
        place = f"anchor {number}, {anchor['frame']!r}"
        neighbours = anchor["neighbours"]
        for labels in (anchor["labels"], *(labels_of(each, anchor) for each in neighbours)):
            wrong = [n for n in labels if type(n) is not int or n not in range(len(classes))]
            if wrong or not labels:
                what = f"the label {wrong[0]!r}" if wrong else "no label"
                raise ValueError(f"{place}, has {what}; classes count from 0 to {len(classes) - 1}")
        keys = [anchor["frame"], *(each["frame"] for each in neighbours)]
        for key in keys:
            if reason := unservable(key):
                raise ValueError(f"{place}: the frame {key!r} {reason}")
        if len(set(keys)) < len(keys) or anchor["frame"] in seen:
            raise ValueError(f"{place}, or one of its neighbours, is there twice")
        for each in neighbours:
            if type(each["offset"]) is not int or not 0 < abs(each["offset"]) <= REACH:
                raise ValueError(
                    f"{place}: {each['frame']!r} is {each['offset']!r} frames away; neighbours are"
                    f" from 1 to {REACH} frames before or after"
                )
        seen.add(anchor["frame"])
    return anchors


def unservable(key):
    """Why the page may not show a frame of this name; None if it may."""
    path = PurePosixPath(key)
    if path.is_absolute() or ".." in path.parts or "\\" in key or not key.isprintable():
        return "is not a path below the folder of frames"
    if path.suffix.lower() not in PICTURES:
        return f"is no picture that a browser shows ({', '.join(sorted(PICTURES))})"
    return None
