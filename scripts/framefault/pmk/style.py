"""How figures look, and how they are written so that the same numbers give the same bytes."""

import io

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

from framefault.files import whole

# Okabe and Ito's colours, by kind of model; a marker each for readers without colour.
COLOURS = {
    "ilsvrc": "#0072B2",
    "augment": "#E69F00",
    "robust": "#CC79A7",
    "finetuned": "#009E73",
    "finetuned_deep": "#D55E00",
    "detection": "#56B4E9",
}
MARKERS = {
    "ilsvrc": "o",
    "augment": "s",
    "robust": "v",
    "finetuned": "^",
    "finetuned_deep": "D",
    "detection": "P",
}
STYLE = {
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "0.92",
    "axes.axisbelow": True,
    "legend.frameon": False,
    "pdf.fonttype": 42,
    "image.composite_image": False,  # the PDF writer fails to join pictures of bytes
    "figure.constrained_layout.use": True,
}


def new_figure(rows, columns, size):
    """A figure and its axes; `size` in inches."""
    plt.rcParams.update(STYLE)
    return plt.subplots(rows, columns, figsize=size)


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


def save(figure, pdf, png, note=""):
    """Write a figure as PDF and PNG without dates; `note` stands small below it."""
    if note:
        figure.supxlabel(note, fontsize=6.5, color="0.4", x=0.99, ha="right")
    for path, kind, metadata in (
        (pdf, "pdf", {"CreationDate": None, "Creator": None, "Producer": None}),
        (png, "png", {"Software": None}),
    ):
        file = io.BytesIO()
        figure.savefig(file, format=kind, dpi=150, metadata=metadata)
        with whole(path) as part:
            part.write_bytes(file.getvalue())
    plt.close(figure)
