"""One moment of a tracked sequence under several conditions: figure 8 of paper A."""

import numpy as np
import pandas as pd
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.patheffects import Normal, withStroke
from scipy.optimize import linear_sum_assignment

from framefault.plots.frame_grid import draw_frame
from framefault.plots.style import ORANGE, PURPLE, SKY, VERMILLION, say_nothing_evaluated
from framefault.tasks.tracking.boxes import corners, iou

COLUMNS = ["panel", "sequence", "frame", "kind", "x", "y", "w", "h"]
HIT, MISS, DOUBLE, FALSE = "hit", "miss", "double detection", "false positive"
# Colour, line and width of each kind of box; on pictures, a dark rim sets all of them off.
LOOKS = {
    "ground truth": ("white", "-", 0.8),
    HIT: (SKY, "-", 1.4),
    MISS: (ORANGE, (0, (4, 2)), 1.4),
    DOUBLE: (PURPLE, (0, (1, 1)), 1.6),
    FALSE: (VERMILLION, (0, (4, 1.5, 1, 1.5)), 1.4),
}
LEGEND = {
    "ground truth": "person (ground truth)", HIT: "hit: a track's box on a person",
    MISS: "miss: a person without a box", DOUBLE: "double detection: a second box on a person",
    FALSE: "false positive: a box on nobody",
}  # fmt: skip
PLURALS = {HIT: "hits", MISS: "misses", DOUBLE: "double detections", FALSE: "false positives"}


def judged_boxes(truth, found, least):
    """What each box at one moment is: a list of (kind, x, y, w, h).

    `truth` (n, 4) and `found` (m, 4) are left, top, width, height in pixels. Boxes are paired so
    that their overlaps, of an IoU of `least` or more, are as great as can be together. A box left
    over is a double detection where it overlaps a person that has a box already as much.
    """
    truth, found = (np.asarray(boxes, np.float64).reshape(-1, 4) for boxes in (truth, found))
    overlaps = iou(corners(truth), corners(found))
    close = overlaps >= least
    people, boxes = linear_sum_assignment(np.where(close, overlaps, 0), maximize=True)
    pairs = {b: p for p, b in zip(people.tolist(), boxes.tolist(), strict=True) if close[p, b]}
    hit = sorted(pairs.values())
    rows = [("ground truth" if p in hit else MISS, *box) for p, box in enumerate(truth.tolist())]
    for number, box in enumerate(found.tolist()):
        left_over = DOUBLE if close[hit, number].any() else FALSE
        rows.append((HIT if number in pairs else left_over, *box))
    return rows


def track_panels(tracks, moment, conditions, least):
    """The panels of the figure at a moment: title, image or None, and judged boxes.

    `conditions` are (title, image, place, boxes): what is seen (H, W, 3), the how manieth decoded
    frame that is, from 0, both None where nothing is, and a table of tracks with frame (from 0, of
    the decoded ones), x, y, w and h.
    """
    sequence, frame = moment
    there = (tracks["sequence"] == sequence) & (tracks["frame"] == frame)
    truth = tracks.loc[there, ["x", "y", "w", "h"]]
    panels = []
    for title, image, place, boxes in conditions:
        found = boxes.loc[boxes["frame"] == place, ["x", "y", "w", "h"]]
        judged = judged_boxes(truth, found, least)
        panels.append({"title": title, "image": image, "boxes": judged})
    return panels


def box_table(panels, moment):
    """All boxes of all panels, for the CSV file: left, top, width and height in pixels."""
    rows = [
        (panel["title"], *(moment or ()), kind, *box)
        for panel in panels
        for kind, *box in panel["boxes"]
    ]
    return pd.DataFrame(rows, columns=COLUMNS).round(2)


def panel_size(panels, width=7.5):
    """Width and height of the figure in inches."""
    if not panels:
        return 4, 1
    rows, columns = picture_size(panels)
    return width, 1.15 + width / len(panels) * rows / columns


def picture_size(panels):
    """(height, width) of the pictures; a panel without one is as large."""
    return next((p["image"].shape[:2] for p in panels if p["image"] is not None), (3, 4))


def draw_tracks(figure, panels, moment):
    """Panels side by side, with what was counted below each and one legend for all."""
    if not panels:
        return say_nothing_evaluated(figure, "No frame is decoded under all conditions.")
    rows, columns = picture_size(panels)
    # A part of its own keeps the legend clear of the note below the figure.
    above, below = figure.subfigures(2, 1, height_ratios=[figure.get_figheight() - 0.65, 0.4])
    above.suptitle(f"{moment[0]}, frame {moment[1]}", fontsize=8, fontweight="bold")
    grid = above.subplots(1, len(panels), squeeze=False)[0]
    for axes, panel in zip(grid, panels, strict=True):
        draw_boxes(axes, panel["image"], panel["boxes"], (rows, columns))
        axes.set_title(panel["title"], pad=3)
        axes.set_xlabel(counted(panel["boxes"]), fontsize=6.5, labelpad=3)
    legend_of_boxes(below, LEGEND)


def draw_boxes(axes, image, boxes, size):
    """A frame of `size` (height, width), or a grey field, under boxes (kind, x, y, w, h)."""
    rows, columns = size
    draw_frame(axes, image)
    axes.set(xlim=(-0.5, columns - 0.5), ylim=(rows - 0.5, -0.5))
    axes.set_box_aspect(rows / columns)
    for kind, x, y, width, height in sorted(boxes, key=lambda box: [*LOOKS].index(box[0])):
        # Pixels are centred on whole numbers, boxes begin at their borders.
        axes.add_patch(outline(kind, (x - 0.5, y - 0.5), width, height))


def legend_of_boxes(figure, words):
    """A legend of {kind: words} on grey, on which all kinds can be seen."""
    figure.legend(
        [line(kind) for kind in words], words.values(), loc="center", ncols=3, fontsize=6.5,
        facecolor="#BBBBBB", frameon=True, edgecolor="none", handlelength=3,
    )  # fmt: skip


def outline(kind, corner, width, height):
    colour, dashes, thick = LOOKS[kind]
    rim = dark_rim(thick)
    return Rectangle(
        corner, width, height, fill=False, ec=colour, ls=dashes, lw=thick, path_effects=rim
    )


def line(kind):
    """A line of a legend that looks like the boxes of a kind."""
    colour, dashes, thick = LOOKS[kind]
    return Line2D([], [], color=colour, ls=dashes, lw=thick, path_effects=dark_rim(thick))


def dark_rim(thick):
    return [withStroke(linewidth=thick + 0.9, foreground="#00000088"), Normal()]


def counted(boxes):
    """How many boxes of each kind there are, in words."""
    kinds = [kind for kind, *_ in boxes]
    counts = {kind: kinds.count(kind) for kind in PLURALS}
    words = [f"{n} {kind if n == 1 else PLURALS[kind]}" for kind, n in counts.items() if n]
    return ", ".join(words) or "nobody, and no box"
