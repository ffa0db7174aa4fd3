"""Frames that review found unlike their anchor: figure 2 of paper B."""

import numpy as np
import pandas as pd

from framefault.plots.changes import place_of
from framefault.plots.style import BLUE, VERMILLION, say_nothing_evaluated

# Rows of the figure, with the words of a review that belong to each.
REASONS = {
    "Motion": {"deformation"},
    "Background": {"background-change"},
    "Blur": {"blur-increase"},
    "Other": {"problematic", "occlusion-increased"},
    (LABEL := "Wrong label"): {"incorrect"},
}
COLUMNS = ["reason", "anchor", "frame", "offset", "label", "words", "difference"]


def rejected_pairs(sets, frames, count=2):
    """`count` pairs per reason that differ most to the eye, of as many anchors.

    Of the rejected neighbours of accepted anchors those with that reason alone come first, but a
    wrong label may have others beside it; then those whose pixels differ most from the anchor's.
    `frames` are cached, uint8 (frames, H, W, 3).
    A frame of COLUMNS with pair, the frame numbers anchor_number and number, and difference, the
    mean over pixels in grey levels (0-255).
    """
    good, found, shown = {*sets.rows[np.isin(sets.rows[:, 1], sets.accepted), 0]}, [], set()
    reasons = {
        row: {*words} for row, words in (sets.reasons or {}).items()
        if sets.rows[row, 0] in good and sets.rows[row, 2]
    }  # fmt: skip
    for reason, words in REASONS.items():
        others = set() if reason == LABEL else set().union(*REASONS.values()) - words
        rows = sorted(row for row, why in reasons.items() if why & words)
        pairs = [described(sets, frames, row, reason, reasons[row]) for row in rows]
        mixed = [bool(reasons[row] & others) for row in rows]
        order = sorted(range(len(rows)), key=lambda at: (mixed[at], -pairs[at]["difference"], at))
        chosen = []
        for each in (pairs[at] for at in order):
            if each["anchor"] not in shown and len(chosen) < count:
                shown.add(each["anchor"])
                chosen.append(each | {"pair": len(chosen)})
        found += chosen
    return pd.DataFrame(found, columns=[*COLUMNS, "pair", "anchor_number", "number"])


def described(sets, frames, row, reason, words):
    """What is told of the pair of a row of the sets."""
    anchor, number, offset, _ = sets.rows[row].tolist()
    first = int(sets.anchors[anchor])
    apart = np.abs(frames[number].astype(np.int16) - frames[first]).mean()
    return {
        "reason": reason, "anchor": sets.frames[first], "frame": sets.frames[number],
        "offset": offset, "label": sets.classes[sets.labels[first][0]],
        "words": ", ".join(sorted(words)), "difference": round(float(apart), 2),
        "anchor_number": first, "number": number,
    }  # fmt: skip


def figure_size(table):
    """Width and height in inches."""
    pairs = table["pair"].max() + 1 if len(table) else 1
    return max(3.6, 0.3 + 2.9 * pairs), max(1, 1.65 * table["reason"].nunique())


def draw_rejected(figure, table, frames):
    """A row per reason: anchors with a blue and rejected frames with a vermillion edge."""
    if table.empty:
        words = "No rejected frame is known: the release has only what review kept."
        return say_nothing_evaluated(figure, words)
    reasons = list(dict.fromkeys(table["reason"]))
    parts = figure.subfigures(1, table["pair"].max() + 1, squeeze=False, wspace=0.03)[0]
    for number, part in enumerate(parts):
        grid = part.subplots(len(reasons), 2, squeeze=False)
        for axes in grid.flat:
            axes.set_axis_off()
        for _, row in table[table["pair"] == number].iterrows():
            cells = grid[reasons.index(row["reason"])]
            show(cells[0], frames[row["anchor_number"]], f"Anchor: {row['label']}", BLUE)
            show(cells[1], frames[row["number"]], place_of(row["offset"]), VERMILLION)
            name = " " if number else row["reason"]  # the same room in every part
            cells[0].set_ylabel(name, fontweight="bold")


def show(axes, picture, title, colour):
    axes.set_axis_on()
    axes.imshow(picture)
    axes.set_title(title, fontsize=8, pad=3)
    axes.set(xticks=[], yticks=[])
    axes.grid(False)
    for spine in axes.spines.values():
        spine.set(visible=True, edgecolor=colour, linewidth=2)
