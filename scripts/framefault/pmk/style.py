"""What paper B's figures share: a colour and a marker per kind of model, and one legend."""

from matplotlib.figure import Figure

from framefault.plots.style import BLUE, GREEN, ORANGE, PURPLE, SKY, VERMILLION

COLOURS = {
    "ilsvrc": BLUE, "augment": ORANGE, "robust": PURPLE, "finetuned": GREEN,
    "finetuned_deep": VERMILLION, "detection": SKY,
}  # fmt: skip
MARKERS = {
    "ilsvrc": "o", "augment": "s", "robust": "v", "finetuned": "^", "finetuned_deep": "D",
    "detection": "P",
}  # fmt: skip


def new_figure(rows, columns, size):
    """A figure and its axes; `size` in inches."""
    figure = Figure(size, layout="constrained")
    return figure, figure.subplots(rows, columns)


def panel_each(results, width, height):
    """A figure with a panel for each data set, in inches, and pairs of their results and axes."""
    figure = Figure((width * len(results), height), layout="constrained")
    axes = figure.subplots(1, len(results), squeeze=False)[0]
    return figure, list(zip(results, axes, strict=True))


def with_legend(figure):
    """One legend for all axes, above them."""
    entries = {}
    for axis in figure.axes:
        for handle, label in zip(*axis.get_legend_handles_labels(), strict=True):
            entries.setdefault(label, handle)
    columns = 3 if figure.get_figwidth() > 6 else 2
    figure.legend(
        entries.values(), entries.keys(), loc="outside upper center", ncols=columns, fontsize=7.5
    )
    return figure
