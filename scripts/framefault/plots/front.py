"""Accuracy against bytes of clips that are protected in many ways, and the front of the best."""

from itertools import cycle

import numpy as np
import pandas as pd
import seaborn as sns

from framefault.plots.style import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    SKY,
    error_bars,
    panels,
    say_nothing_evaluated,
)
from framefault.results import DEFAULTS
from framefault.results.scores import select

COLOURS = (BLUE, ORANGE, GREEN, PURPLE, SKY)
MARKERS = "osD^vPXph<>d*8"
APART = 0.012  # of the axis: so far from each other are the defences of one protection
KEYS = ["dataset", "corruption", "level"]


def front_table(points, measure, scores):
    """The plotted numbers: a row per point with bytes, accuracy and its interval, in percent.

    `points` have dataset, corruption, level, protection, defence, model and condition, the name
    under which protected clips were scored. On the front is what nothing else of the same dataset,
    corruption and level beats.
    """
    table = pd.DataFrame(points)
    asked = [point | {"corruption": point["condition"]} for point in points]
    accuracy, cost = (
        select(scores, pd.DataFrame([DEFAULTS | each | changes for each in asked]))
        for changes in ({"measure": measure}, {"measure": "bytes", "model": "cost"})
    )
    table["bytes"] = 100 * cost["value"]
    for name, column in (("accuracy", "value"), ("accuracy_low", "low"), ("accuracy_high", "high")):
        table[name] = 100 * accuracy[column]
    table["front"] = False
    for _, rows in table.groupby(KEYS, sort=False):
        table.loc[rows.index, "front"] = is_on_front(rows["bytes"], rows["accuracy"])
    return table.drop(columns=["model", "condition"])


def is_on_front(cost, gain):
    """Which points no other one beats: by more gain for no more cost, or less cost for no less."""
    cost, gain = (np.asarray(each)[:, None] for each in (cost, gain))
    no_worse = (cost.T <= cost) & (gain.T >= gain)
    better = (cost.T < cost) | (gain.T > gain)
    return ~(no_worse & better).any(axis=1)


def draw_front(figure, table, titles):
    """A panel per data set and corruption: points by protection and defence, and their front.

    `titles` are {corruption: title}. Defences cost the same bytes: they are drawn side by side.
    """
    if table.empty:
        return say_nothing_evaluated(figure)
    shown = map(tuple, table[["dataset", "corruption"]].drop_duplicates().values)
    defences, protections = table["defence"].unique(), table["protection"].unique()
    colours = dict(zip(defences, cycle(COLOURS), strict=False))
    markers = dict(zip(protections, cycle(MARKERS), strict=False))
    axes_of = panels(figure, list(shown))
    for (dataset, corruption), axes in axes_of.items():
        mine = table[(table["dataset"] == dataset) & (table["corruption"] == corruption)]
        best = mine[mine["front"]].sort_values(["bytes", "accuracy"])
        axes.step(best["bytes"], best["accuracy"], where="post", color=GREY, linewidth=1, zorder=1)
        mine = side_by_side(mine, defences)
        for defence, rows in mine.groupby("defence", sort=False):
            error_bars(axes, rows, "bytes", "accuracy", ",", colours[defence])
        words = mine.rename(columns=str.capitalize)
        sns.scatterplot(
            words, x="Bytes", y="Accuracy", hue="Defence", style="Protection", ax=axes, s=34,
            palette=colours, markers=markers, linewidth=0, zorder=3,
        )  # fmt: skip
        axes.set(
            xlabel="Bytes (% of plain sending)", ylabel="Top-1 accuracy on all clips (%)",
            title=f"{dataset}: {titles[corruption]}",
        )  # fmt: skip
        handles, labels = axes.get_legend_handles_labels()
        axes.get_legend().remove()
    figure.legend(handles, labels, loc="outside right center", fontsize=7.5)


def side_by_side(table, defences):
    """The points with the bytes at which they are drawn: around what they have in common."""
    order = table["defence"].map({defence: n for n, defence in enumerate(defences)})
    step = APART * (table["bytes"].max() - table["bytes"].min())
    return table.assign(bytes=table["bytes"] + step * (order - (len(defences) - 1) / 2))
