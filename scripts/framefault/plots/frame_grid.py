"""Grids of frames: figures 4 and 5 of paper A."""

import pandas as pd

from framefault.plots.style import BLUE, GREY, VERMILLION, drawn, say_nothing_evaluated
from framefault.tabular import write_csv

COLUMNS = [
    "block", "clip", "corruption", "level", "frames", "label", "predicted", "right", "distance",
]  # fmt: skip


def titled(blocks, names):
    """Blocks with their titles; `names` are what the corruptions are called."""
    return [
        block | {"title": names[block["corruption"]] + (level and f", p = {level}")}
        for block in blocks
        for level in [block.get("level", "")]
    ]


def clips_of(blocks):
    """Names of the clips that are shown, in the order in which they are."""
    shown = (line["facts"].get("clip") for block in blocks for line in block["lines"])
    return ", ".join(dict.fromkeys(filter(None, shown)))


def write_grid(blocks, note, output):
    """A figure of blocks as PDF, PNG and CSV."""
    write_csv(output["csv"], csv_table(blocks))
    with drawn(*grid_size(blocks), note, output) as figure:
        draw_blocks(figure, blocks)


def csv_table(blocks):
    """What the grid shows, for its CSV file."""
    rows = [
        row["facts"] | {"block": block["title"]}
        for block in blocks
        for row in block["lines"]
        if "clip" in row["facts"]
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def grid_size(blocks):
    """Width and height of the figure in inches."""
    columns = sum(len(block["lines"][0]["images"]) for block in blocks)
    rows = max((len(block["lines"]) for block in blocks), default=0)
    return max(4, 0.4 + 1.15 * columns), 0.7 + 1.05 * rows


def draw_blocks(figure, blocks):
    """Blocks side by side; titles are blue for right and vermillion for wrong predictions."""
    if not blocks:
        return say_nothing_evaluated(figure)
    parts = figure.subfigures(1, len(blocks), squeeze=False, wspace=0.04)[0]
    for part, block in zip(parts, blocks, strict=True):
        part.suptitle(block["title"], fontweight="bold", fontsize=8)
        grid = part.subplots(len(block["lines"]), len(block["lines"][0]["images"]), squeeze=False)
        for row, cells in zip(block["lines"], grid, strict=True):
            numbers = row["facts"].get("frames", "").split() or [""] * len(cells)
            for axes, image, number in zip(cells, row["images"], numbers, strict=True):
                draw_frame(axes, image)
                axes.set_xlabel(number and f"frame {number}", fontsize=5.5, color=GREY, labelpad=1)
            colour = {True: BLUE, False: VERMILLION, None: GREY}[row["facts"]["right"]]
            cells[0].set_title(row["title"], loc="left", color=colour, fontsize=7, pad=2)


def draw_frame(axes, image):
    """One frame without scales; a grey field where the clip has no such frame."""
    axes.set(xticks=[], yticks=[])
    axes.grid(False)
    axes.spines[:].set_visible(False)
    if image is not None:
        axes.imshow(image, interpolation="nearest")
        return
    axes.set_facecolor("#EEEEEE")
    axes.set_box_aspect(0.75)
    place = {"ha": "center", "va": "center", "transform": axes.transAxes}
    axes.text(0.5, 0.5, "no frame", fontsize=6, color=GREY, **place)
