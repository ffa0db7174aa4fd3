"""What all figures share: style, colours that colour-blind readers can tell apart, files."""

from contextlib import contextmanager

import matplotlib
from matplotlib.figure import Figure

from framefault.files import whole

# Okabe and Ito's palette.
BLUE, ORANGE, GREEN, VERMILLION = "#0072B2", "#E69F00", "#009E73", "#D55E00"
SKY, YELLOW, PURPLE, GREY = "#56B4E9", "#F0E442", "#CC79A7", "#777777"
STYLE = {
    "font.size": 8,
    "axes.titlesize": 8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#DDDDDD",
    "grid.linewidth": 0.5,
    "lines.linewidth": 1.2,
    "lines.markersize": 4,
    "legend.frameon": False,
    "hatch.linewidth": 0.6,
    "image.composite_image": False,  # the PDF writer fails to join pictures of bytes
    "pdf.fonttype": 42,
}
DPI = 200


def say_nothing_evaluated(figure):
    """The whole content of a figure for a configuration without any level."""
    figure.text(0.5, 0.5, "No corruption level is evaluated.", ha="center", va="center")


def styled():
    """Within this context, figures are made in the common style."""
    return matplotlib.rc_context(matplotlib.rcParamsDefault | STYLE)


@contextmanager
def drawn(width, height, note, pdf, png):
    """Give an empty figure of that size in inches, with a small note below; save it as both."""
    with styled():
        figure = Figure((width, height), layout="constrained")
        yield figure
        save(figure, note, pdf, png)


def save(figure, note, pdf, png):
    """Write a figure as PDF and PNG, with a small note below it."""
    if note:
        figure.supxlabel(note, fontsize=6.5, color=GREY, x=0.01, ha="left")
    # Without dates and versions: the same picture, the same bytes.
    for path, metadata in (
        (pdf, {"CreationDate": None, "Creator": None, "Producer": None}),
        (png, {"Software": None}),
    ):
        with whole(path) as part:
            figure.savefig(part, dpi=DPI, metadata=metadata)
