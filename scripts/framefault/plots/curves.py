"""Curves over corruption levels: figures 3, 6 and 7 of paper A."""

from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator

from framefault.evaluation.comparison import PAPER_DATASET
from framefault.evaluation.summary import of_seeds, summarise
from framefault.plots.style import BLUE, GREEN, GREY, ORANGE, VERMILLION, say_nothing_evaluated

CORRUPTIONS = {
    "packet_loss": "Network corruption\n(packet loss)",
    "random": "Random file\ncorruption",
    "contiguous": "Contiguous file\ncorruption",
}
COLUMNS = (
    "panel", "dataset", "corruption", "level", "curve", "value", "low", "high", "seeds", "paper",
)  # fmt: skip
SCALE = {"%": 100, "0 to 1": 1}
# Colour, marker and line of each curve, by its label.
LOOKS = {
    "Accuracy": (BLUE, "o", "-"),
    "In-dist. accuracy": (BLUE, "o", "-"),
    "AUROC": (VERMILLION, "s", "-"),
    "Distance, all": (ORANGE, "D", "-"),
    "Distance, correct": (GREEN, "^", "--"),
    "Distance, incorrect": (VERMILLION, "v", ":"),
}


def curve_rows(panels, cells, printed, conditions, seeds):
    """The plotted numbers: one row per panel, condition and curve.

    `panels` are those of framefault.paper_a, `printed` the paper's numbers by (file, column,
    corruption, level). `low` and `high` are a standard deviation over the seeds away, or with
    one seed the ends of its interval.
    """
    rows = []
    for panel in panels:
        for corruption, level in conditions:
            for curve in panel["curves"]:
                condition = corruption, level
                found = of_seeds(cells, panel["dataset"], curve["defense"], seeds, *condition)
                summary = summarise(found, curve["measure"]) or dict.fromkeys(
                    ("mean", "low", "high", "std"), None
                )
                low, high = summary["low"], summary["high"]
                if summary["std"] is not None:
                    low, high = (summary["mean"] + sign * summary["std"] for sign in (-1, 1))
                scale = SCALE[curve["unit"]]
                value, low, high = (
                    None if number is None else round(scale * number, 4)
                    for number in (summary["mean"], low, high)
                )
                key = curve["published"], curve["printed"], corruption, float(level)
                rows.append(
                    {
                        "panel": panel["title"],
                        "dataset": panel["dataset"],
                        "corruption": corruption,
                        "level": level,
                        "curve": curve["label"],
                        "value": value,
                        "low": low,
                        "high": high,
                        "seeds": summary.get("seeds", 0),
                        "paper": printed.get(key),
                    }
                )
    return rows


def draw_curves(figure, panels, rows):
    """A grid of axes, one column per panel and one row per corruption; ours and the paper's."""
    shown = list(dict.fromkeys(row["corruption"] for row in rows if row["corruption"] != "none"))
    if not shown:
        return say_nothing_evaluated(figure)
    grid = figure.subplots(len(shown), len(panels), squeeze=False)
    labels = []
    for place, panel in enumerate(panels):
        for axes, corruption in zip(grid[:, place], shown, strict=True):
            labels += draw_panel(axes, panel, corruption, rows)
            axes.set_ylabel(panel["ylabel"])
        grid[0, place].set_title(panel["title"])
        grid[-1, place].set_xlabel("Proportion corrupted, p")
        share_scale(grid[:, place], panel)
    for axes, corruption in zip(grid[:, 0], shown, strict=True):
        axes.annotate(
            CORRUPTIONS[corruption], (0, 0.5), (-56, 0), "axes fraction", "offset points",
            rotation=90, ha="center", va="center", fontweight="bold",
        )  # fmt: skip
    handles = [look(label) for label in dict.fromkeys(labels)]
    handles.append(Line2D([], [], color=GREY, linestyle=":", label="Ours, no corruption"))
    if any(row["paper"] is not None for row in rows):
        paper = f"Paper, printed values ({PAPER_DATASET.upper()})"
        handles.append(
            Line2D([], [], color=GREY, linestyle="--", marker="o", markerfacecolor="white",
                   label=paper)
        )  # fmt: skip
    figure.legend(handles=handles, loc="outside upper center", ncols=len(panels) + 1)


def look(label):
    colour, marker, line = LOOKS[label]
    return Line2D([], [], color=colour, marker=marker, linestyle=line, label=f"Ours: {label}")


def draw_panel(axes, panel, corruption, rows):
    """One panel; returns the labels of what was drawn."""
    rows = [row for row in rows if row["panel"] == panel["title"]]
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(numticks=12))
    axes.xaxis.set_minor_locator(LogLocator(subs=(), numticks=12))
    labels = []
    for curve in panel["curves"]:
        label, (colour, marker, line) = curve["label"], LOOKS[curve["label"]]
        of_curve = [row for row in rows if row["curve"] == label and row["value"] is not None]
        points = sorted(
            (float(row["level"]), row) for row in of_curve if row["corruption"] == corruption
        )
        if not points:
            continue
        labels.append(label)
        levels = [level for level, _ in points]
        axes.plot(levels, [row["value"] for _, row in points], line, color=colour, marker=marker)
        banded = [(level, row) for level, row in points if row["low"] is not None]
        axes.fill_between(
            [level for level, _ in banded],
            [row["low"] for _, row in banded],
            [row["high"] for _, row in banded],
            color=colour, alpha=0.15, linewidth=0,
        )  # fmt: skip
        for row in of_curve:
            if row["corruption"] == "none" and row["value"]:
                axes.axhline(row["value"], color=colour, linestyle=":", linewidth=0.9)
        printed = [(level, row["paper"]) for level, row in points if row["paper"] is not None]
        if printed:
            axes.plot(
                *zip(*printed, strict=True), "--", color=colour, marker=marker, alpha=0.75,
                markerfacecolor="white", linewidth=0.9,
            )  # fmt: skip
    return labels


def share_scale(column, panel):
    """The same vertical axis for all rows: percentages up to 100, distances from 0."""
    if panel["curves"][0]["unit"] == "%":
        low = 40 if panel["curves"][0]["label"] == "AUROC" else 0
        bounds = low, 102
    else:
        bounds = 0, 1.05 * max(axes.get_ylim()[1] for axes in column)
    for axes in column:
        axes.set_ylim(*bounds)
