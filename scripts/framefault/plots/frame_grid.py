"""Grids of frames: figures 4 and 5 of paper A."""

import pandas as pd

from framefault.plots.examples import CLEAN, clip_that_degrades, median_clip, spread
from framefault.plots.style import BLUE, GREY, VERMILLION, drawn, say_nothing_evaluated
from framefault.tabular import write_csv

COLUMNS = [
    "block", "clip", "corruption", "level", "frames", "label", "predicted", "right", "distance",
]  # fmt: skip


def level_blocks(examples, names, shown=3):
    """Figure 4: one clip, clean and by rising level, a block per corruption.

    `names` are what the corruptions are called, in the order of their blocks.
    """
    by_level = [[examples.facts[pair] for pair in examples.of(name)] for name in names]
    index = clip_that_degrades(examples.facts[CLEAN], by_level)
    blocks = []
    for corruption, title in names.items():
        lines = [
            line(examples, condition, index, shown, level_name(condition))
            for condition in (CLEAN, *examples.of(corruption))
        ]
        blocks.append({"title": title, "lines": lines})
    return blocks


def pair_blocks(examples, names, shown=4):
    """Figure 5: a correctly and an incorrectly classified clip per condition, clean and corrupt."""
    blocks = []
    for condition in examples.conditions[1:]:
        lines = []
        for right in (True, False):
            index = median_clip(examples.facts[CLEAN], examples.facts[condition], right)
            if index is None:
                kind = "correctly" if right else "incorrectly"
                lines += 2 * [nothing(f"no clip is {kind} classified", shown)]
                continue
            label = examples.facts[CLEAN][index]["label"]
            for each, state in ((CLEAN, "clean"), (condition, "corrupt")):
                lines.append(line(examples, each, index, shown, f"{label}, {state}"))
        title = f"{names[condition[0]]}, {level_name(condition)}"
        blocks.append({"title": title, "lines": lines})
    return blocks


def line(examples, condition, index, shown, words):
    """A row of frames: its title, its images (None for missing frames), and its facts."""
    numbers = spread(int(examples.video(index)["frames"]), shown)
    fact = examples.facts[condition][index]
    return {
        "title": f"{words}: {verdict(fact)}",
        "images": examples.seen(condition, index, numbers),
        "facts": fact
        | {"corruption": condition[0], "level": condition[1]}
        | {"frames": " ".join(map(str, numbers))},
    }


def nothing(title, shown):
    return {"title": title, "images": [None] * shown, "facts": {"right": None}}


def level_name(condition):
    return "clean" if condition == CLEAN else f"p = {condition[1]}"


def verdict(fact):
    """A prediction in words: ✓ or ✗ and the class."""
    if not fact["playable"]:
        return "not playable"
    return f"{'✓' if fact['right'] else '✗'} {fact['predicted']}"


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
