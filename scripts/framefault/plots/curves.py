"""Curves with their intervals: over corruption levels, and over the distance in time k."""

from itertools import cycle

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator

from framefault.plots.style import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    SKY,
    VERMILLION,
    error_bars,
    looks_of,
    one_legend,
    panels,
    say_nothing_evaluated,
)
from framefault.results.scores import select

# Colour, marker and line of each curve over levels.
LOOKS = {
    "Accuracy": (BLUE, "o", "-"),
    "In-dist. accuracy": (BLUE, "o", "-"),
    "AUROC": (VERMILLION, "s", "-"),
    "Distance, all": (ORANGE, "D", "-"),
    "Distance, correct": (GREEN, "^", "--"),
    "Distance, incorrect": (VERMILLION, "v", ":"),
    "Detection rate": (BLUE, "o", "-"),
    "MOTA": (BLUE, "o", "-"),
    "False positives": (VERMILLION, "s", "-"),
    "Misses": (ORANGE, "D", "-"),
}
# Of those of models of one's own, in turn.
OTHERS = [(SKY, "P", "-"), (PURPLE, "X", "-"), (GREEN, "^", "-."), (VERMILLION, "v", "-.")]
SIDE = 102  # upper end of an axis in percent
FEW = 20  # a point of fewer clips than these is open


def curve_table(points, scores, scales):
    """The plotted numbers: `points` (selections, see `scores.SELECTION`, with panel and curve).

    `low` and `high` are a standard deviation over the runs away, or the ends of the interval over
    clips where that is wider. `scales` give the factor of each panel's values.
    """
    table = select(scores, pd.DataFrame(points))
    spread = table["std"]
    table["low"] = np.fmin(table["low"].astype(float), table["value"] - spread)
    table["high"] = np.fmax(table["high"].astype(float), table["value"] + spread)
    scale = table["panel"].map(scales)
    for name in ("value", "low", "high"):
        table[name] = [round(value, 4) for value in scale * table[name].astype(float)]
    table["runs"] = table["runs"].fillna(0).astype(int)
    if "x" not in table:
        table["x"] = table["level"].astype(float)
    return table


def draw_over_levels(figure, looks, rows, table):
    """A column of axes per panel, a row per corruption; ours and the paper's printed numbers.

    `rows` have the `corruption`, what stands beside its row (`axis`) and below it (`label`).
    """
    shown = [row["corruption"] for row in rows]
    labels = [row["label"] for row in rows]
    if not shown:
        return say_nothing_evaluated(figure)
    grid = figure.subplots(len(shown), len(looks), squeeze=False)
    curves = looks_over(table)
    for place, look in enumerate(looks):
        of_panel = table[table["panel"] == look["title"]].dropna(subset="value")
        for axes, corruption in zip(grid[:, place], shown, strict=True):
            draw_levels(axes, of_panel, corruption, curves, look["bars"])
            axes.set(ylabel=look["ylabel"], xlabel="")
        grid[0, place].set_title(look["title"])
        for axes, label, below in zip(grid[:, place], labels, [*labels[1:], None], strict=True):
            if label != below:
                axes.set_xlabel(label)
        share_scale(grid[:, place], look)
    for axes, row in zip(grid[:, 0], rows, strict=True):
        axes.annotate(
            row["axis"], (0, 0.5), (-56, 0), "axes fraction", "offset points",
            rotation=90, ha="center", va="center", fontweight="bold",
        )  # fmt: skip
    figure.legend(handles=handles(table, curves), loc="outside upper center", ncols=len(looks) + 1)


def looks_over(table):
    """{curve: (colour, marker, line)} of all curves over levels."""
    others = [curve for curve in table["curve"].unique() if curve not in LOOKS]
    return LOOKS | dict(zip(others, cycle(OTHERS), strict=False))


def draw_levels(axes, table, corruption, looks, bars=False):
    """One panel: a line and a band per curve, dotted where clean clips are, the paper's dashed.

    With `bars`, error bars instead of bands.
    """
    for curve, rows in table.groupby("curve", sort=False):
        colour, marker, line = looks[curve]
        mine = rows[rows["corruption"] == corruption].sort_values("x")
        sns.lineplot(mine, x="x", y="value", ax=axes, color=colour, marker=marker, linestyle=line,
                     markeredgecolor=colour, errorbar=None)  # fmt: skip
        if bars:
            ends = mine.rename(columns={"low": "value_low", "high": "value_high"})
            error_bars(axes, ends, "x", "value", marker, colour)
        else:
            axes.fill_between(
                mine["x"], mine["low"], mine["high"], color=colour, alpha=0.15, linewidth=0
            )
        for clean in rows.loc[rows["corruption"] == "clean", "value"]:
            if clean:
                axes.axhline(clean, color=colour, linestyle=":", linewidth=0.9)
        few = mine[mine["of"] < FEW]
        axes.plot(few["x"], few["value"], marker, color=colour, markerfacecolor="white", zorder=3)
        printed = mine.dropna(subset="paper")
        axes.plot(printed["x"], printed["paper"], "--", color=colour, marker="x", alpha=0.75,
                  linewidth=0.9)  # fmt: skip
    if not (table["corruption"] == corruption).any():
        return axes.set_xticks([])  # damage left nothing to score
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(numticks=12))
    axes.xaxis.set_minor_locator(LogLocator(subs=(), numticks=12))


def handles(table, looks):
    """The legend: our curves, clean clips, and the paper where it prints numbers."""
    found = [
        Line2D([], [], color=looks[curve][0], marker=looks[curve][1], linestyle=looks[curve][2],
               label=f"Ours: {curve}" if curve in LOOKS else curve)
        for curve in table["curve"].unique()
    ]  # fmt: skip
    found.append(Line2D([], [], color=GREY, linestyle=":", label="Ours, no corruption"))
    if table["paper"].notna().any():
        words = "Paper, printed values (HMDB51)"
        found.append(Line2D([], [], color=GREY, linestyle="--", marker="x", label=words))
    if (table["of"] < FEW).any():
        look = {"color": GREY, "linestyle": "", "marker": "o", "markerfacecolor": "white"}
        found.append(Line2D([], [], label=f"Open: fewer than {FEW} clips", **look))
    return found


def share_scale(column, look):
    """The same vertical axis for all rows, from 0 or what is below; percentages up to 100."""
    bottom = min(0, *(axes.dataLim.y0 for axes in column))
    top = SIDE if look["scale"] == 100 else 1.05 * max(axes.get_ylim()[1] for axes in column)
    for axes in column:
        axes.set_ylim(1.05 * bottom, top)


def draw_over_k(figure, looks, table, kinds):
    """A panel per data set with a curve per kind of model, over k frames; `kinds` {kind: name}."""
    colours, markers = looks_of(kinds)
    axes_of = panels(figure, [look["title"] for look in looks])
    for look in looks:
        axes = axes_of[look["title"]]
        mine = table[table["panel"] == look["title"]].dropna(subset="value")
        for kind, rows in mine.groupby("curve", sort=False):
            error_bars(axes, rows.assign(value_low=rows["low"], value_high=rows["high"]), "x",
                       "value", markers[kind], colours[kind])  # fmt: skip
        sns.lineplot(mine, x="x", y="value", hue="curve", palette=colours, ax=axes, errorbar=None)
        axes.set(title=look["title"], xlabel=look["xlabel"], ylabel=look["ylabel"])
        axes.set_xticks(np.arange(11))
    one_legend(figure)
