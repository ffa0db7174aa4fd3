"""Frames that review found unlike their anchor: figure 2 of paper B."""

from framefault.plots.changes import place_of
from framefault.plots.style import BLUE, VERMILLION, say_nothing_evaluated


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
