"""Shares by part of the data: by class, by offset in time."""

import pandas as pd
import seaborn as sns

from framefault.plots.style import BLUE, GREEN, ORANGE, one_legend, panels, say_nothing_evaluated

PAIR = (BLUE, ORANGE)
GREY_AND_GREEN = ("#B3B3B3", GREEN)


def bar_table(models, part, bars, scores):
    """The plotted numbers: dataset, part, bar, count, of, value in percent.

    All models of a data set are pooled; `bars` name the measure of each bar. What is not known
    has no row.
    """
    measures = {bar["measure"]: name for name, bar in bars.items()}
    shown = scores.merge(pd.DataFrame(models)[["dataset", "model"]])
    shown = shown[shown["measure"].isin(measures) & shown["part"].str.startswith(f"{part} ")]
    shown = shown.assign(bar=shown["measure"].map(measures))
    shown[part] = shown["part"].str.removeprefix(f"{part} ")
    table = shown.groupby(["dataset", part, "bar"], sort=False)[["count", "of"]].sum().reset_index()
    table[["count", "of"]] = table[["count", "of"]].astype(int)
    return table.assign(value=100 * (table["count"] / table["of"]))


def draw_classes(figure, table, titles, sort, ylabel):
    """A panel per data set with a group of bars per class, in falling order of one of them."""
    axes_of = panels(figure, table["dataset"].unique())
    for dataset, mine in table.groupby("dataset", sort=False):
        order = mine[mine["bar"] == sort].sort_values("value", ascending=False, kind="stable")
        axes = axes_of[dataset]
        sns.barplot(mine, x="class", y="value", hue="bar", order=order["class"], ax=axes,
                    palette=PAIR, saturation=1)  # fmt: skip
        names = [f"{name} ({of})" for name, of in zip(order["class"], order["of"], strict=True)]
        axes.set_xticks(range(len(names)), names, rotation=60, ha="right", fontsize=7)
        axes.set(ylim=(0, 100), xlabel="", ylabel=ylabel, title=titles[dataset])
    one_legend(figure)


def draw_offsets(figure, table, titles, xlabel, ylabel):
    """A panel per data set with a bar per offset; the later bar stands in front."""
    if table.empty:
        return say_nothing_evaluated(figure, "No anchor is right.")
    axes_of = panels(figure, table["dataset"].unique())
    table = table.assign(offset=table["offset"].astype(int))
    for dataset, mine in table.groupby("dataset", sort=False):
        for colour, bar in zip(GREY_AND_GREEN, ("All pairs", "Reviewed pairs"), strict=True):
            rows = mine[mine["bar"] == bar]
            if len(rows):
                sns.barplot(rows, x="offset", y="value", ax=axes_of[dataset], native_scale=True,
                            color=colour, saturation=1, label=bar)  # fmt: skip
        axes_of[dataset].set(xlabel=xlabel, ylabel=ylabel, title=titles[dataset])
    one_legend(figure)
