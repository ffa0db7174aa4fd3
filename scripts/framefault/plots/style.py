"""What all figures share: style, colours that colour-blind readers can tell apart, files."""

import textwrap
from contextlib import contextmanager

import matplotlib
from matplotlib.figure import Figure

from framefault.files import whole

# Okabe and Ito's palette.
BLUE, ORANGE, GREEN, VERMILLION = "#0072B2", "#E69F00", "#009E73", "#D55E00"
SKY, PURPLE, GREY = "#56B4E9", "#CC79A7", "#777777"
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
LETTERS = 18.5  # of a note in an inch
# Colour and marker of each kind of image classifier.
KINDS = {
    "ilsvrc": (BLUE, "o"),
    "augment": (ORANGE, "s"),
    "robust": (PURPLE, "v"),
    "finetuned": (GREEN, "^"),
    "finetuned_deep": (VERMILLION, "D"),
    "detection": (SKY, "P"),
}


def looks_of(kinds):
    """({name: colour}, {name: marker}) of {kind: name}."""
    looks = {name: KINDS[kind] for kind, name in kinds.items()}
    return tuple({name: look[place] for name, look in looks.items()} for place in (0, 1))


def say_nothing_evaluated(figure, words="No corruption level is evaluated."):
    """The whole content of a figure that has nothing to show."""
    figure.text(0.5, 0.5, words, ha="center", va="center")


@contextmanager
def drawn(width, height, note, output):
    """Give an empty figure of that size in inches; save it as `output.pdf` and `output.png`.

    A small note stands below it. Files have no dates: the same picture, the same bytes.
    """
    with matplotlib.rc_context(matplotlib.rcParamsDefault | STYLE):
        figure = Figure((width, height), layout="constrained")
        yield figure
        if note:
            lines = textwrap.fill(note, int(LETTERS * width))
            figure.supxlabel(lines, fontsize=6.5, color=GREY, x=0.01, ha="left")
        for path, metadata in (
            (output["pdf"], {"CreationDate": None, "Creator": None, "Producer": None}),
            (output["png"], {"Software": None}),
        ):
            with whole(path) as part:
                figure.savefig(part, dpi=DPI, metadata=metadata)


def panels(figure, titles):
    """Axes side by side, one per title."""
    found = figure.subplots(1, len(titles), squeeze=False)[0]
    return dict(zip(titles, found, strict=True))


def one_legend(figure):
    """One legend for all axes, above them, without repetitions."""
    entries = {}
    for axes in figure.axes:
        if axes.get_legend():
            axes.get_legend().remove()
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
            entries.setdefault(label, handle)
    columns = 3 if figure.get_figwidth() > 6 else 2
    figure.legend(
        entries.values(), entries.keys(), loc="outside upper center", ncols=columns, fontsize=7.5
    )


def error_bars(axes, points, x, y, marker, colour, across=None):
    """Intervals as bars: `y` and, if named, `across` are columns with _low and _high beside."""

    def lengths(name):
        low, high = points[f"{name}_low"], points[f"{name}_high"]
        return (points[name] - low).abs(), (high - points[name]).abs()

    axes.errorbar(
        points[x], points[y], yerr=lengths(y), xerr=lengths(across) if across else None,
        fmt=marker, color=colour, markersize=4, elinewidth=0.7, linewidth=1.2,
    )  # fmt: skip
