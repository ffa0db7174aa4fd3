"""Anchors and the nearby frames on which a detector does worst: figure 4 of paper B."""

import numpy as np
import pandas as pd

from framefault.plots.changes import place_of
from framefault.plots.style import say_nothing_evaluated
from framefault.plots.tracks import (
    DOUBLE,
    FALSE,
    HIT,
    LOOKS,
    MISS,
    dark_rim,
    draw_boxes,
    judged_boxes,
    legend_of_boxes,
)
from framefault.tasks.detection.boxes import CORNERS
from framefault.tasks.detection.score import IOU

TRUTH = "ground truth"
COLUMNS = ["pair", "number", "offset", "ap", "kind", "label", "score", *CORNERS]
LEGEND = {
    TRUTH: "object (ground truth)", HIT: "hit: on an object of its class",
    MISS: "miss: an object without such a box", DOUBLE: "double detection: a second box",
    FALSE: "false: on no object of its class",
}  # fmt: skip


def box_table(pairs, rows, ap, truth, found):
    """What each box of the frames of `pairs` is, one row per box: a frame of COLUMNS.

    `truth` and `found` are tables of boxes. Classes are judged one by one: a box of another class
    than the object's is false. A frame without boxes has a row without kind.
    """
    table = []
    for pair, both in enumerate(pairs):
        for row in both:
            number, offset = rows[row, 1:3].tolist()
            start = (pair, number, offset, round(float(ap[number]), 4))
            boxes = judged_frame(*(each[each["frame"] == number] for each in (truth, found)))
            table += [(*start, *box) for box in boxes or [(None,) * 7]]
    return pd.DataFrame(table, columns=COLUMNS)


def judged_frame(truth, found):
    """(kind, label, score, x1, y1, x2, y2) of the boxes of one frame; objects have no score."""
    boxes = []
    for label in sorted({*truth["label"], *found["label"]}):
        objects, seen = (each[each["label"] == label] for each in (truth, found))
        judged = judged_boxes(*(as_sizes(each[CORNERS]) for each in (objects, seen)), IOU)
        scores = [None] * len(objects) + seen["score"].round(4).tolist()
        corners = [*objects[CORNERS].to_numpy().tolist(), *seen[CORNERS].to_numpy().tolist()]
        boxes += [
            (kind, label, score, *corner)
            for (kind, *_), score, corner in zip(judged, scores, corners, strict=True)
        ]
    return boxes


def as_sizes(corners):
    """Left, top, width, height of corners."""
    boxes = corners.to_numpy(float)
    return np.concatenate([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]], axis=1)


def draw_detections(figure, table, pictures, classes):
    """Anchors on the left, their worst frames on the right, one legend for all.

    `pictures` is {frame number: (H, W, 3)}; `classes` are names.
    """
    if not len(table):
        return say_nothing_evaluated(figure, "No frame near an anchor is detected worse than it.")
    above, below = figure.subfigures(2, 1, height_ratios=[figure.get_figheight() - 0.65, 0.4])
    grid = above.subplots(table["pair"].nunique(), 2, squeeze=False)
    panels = table.groupby(["pair", table["offset"] != 0])
    for axes, (_, boxes) in zip(grid.flat, panels, strict=True):
        picture, first = pictures[boxes["number"].iloc[0]], boxes.iloc[0]
        shown = boxes.dropna(subset="kind")
        sized = zip(shown["kind"], *as_sizes(shown[CORNERS]).T, strict=True)
        draw_boxes(axes, picture, [*sized], picture.shape[:2])
        objects = shown.loc[shown["kind"].isin([TRUTH, MISS]), "label"].unique()
        names = ", ".join(classes[int(label)] for label in objects) or "nothing"
        title = f"{place_of(first['offset'])}: {names}, average precision {100 * first['ap']:.0f} %"
        axes.set_title(title, fontsize=7.5, pad=3)
        for box in shown.dropna(subset="score").itertuples():
            name = f"{classes[int(box.label)]} {box.score:.2f}"
            place = {"xy": (box.x1, box.y1), "xytext": (2, -2), "textcoords": "offset points"}
            axes.annotate(
                name, **place, va="top", fontsize=6, color=LOOKS[box.kind][0],
                path_effects=dark_rim(1.6), annotation_clip=False,
            )  # fmt: skip
    legend_of_boxes(below, LEGEND)
