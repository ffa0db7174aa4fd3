"""Boxes as arrays: (n, 4) of left, top, right, bottom in pixels."""

import numpy as np


def corners(boxes):
    """Left, top, right, bottom of boxes (n, 4) that are left, top, width, height."""
    boxes = np.asarray(boxes, np.float64).reshape(-1, 4)
    return np.concatenate([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], axis=1)


def iou(first, second):
    """Intersection over union of each of n boxes with each of m: float64 (n, m).

    Coordinates are continuous: a box from 10 to 20 is 10 wide. A box without area overlaps none.
    """
    first, second = (np.asarray(boxes, np.float64) for boxes in (first, second))
    begin = np.maximum(first[:, None, :2], second[None, :, :2])
    end = np.minimum(first[:, None, 2:], second[None, :, 2:])
    shared = np.prod(np.maximum(end - begin, 0), axis=2)
    union = area(first)[:, None] + area(second)[None] - shared
    return np.divide(shared, union, out=np.zeros_like(shared), where=shared > 0)


def area(boxes):
    return np.prod(np.maximum(boxes[:, 2:] - boxes[:, :2], 0), axis=1)
