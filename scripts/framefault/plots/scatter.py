"""Perturbed against original accuracy of many models, with intervals and a linear fit."""

import numpy as np
import pandas as pd
import seaborn as sns

from framefault.plots.style import GREY, error_bars, looks_of, one_legend, panels
from framefault.results import DEFAULTS
from framefault.results.scores import select


def scatter_table(models, x, y, behind, scores, published=None):
    """The plotted numbers: a row per model with original, perturbed and intervals, in percent.

    `models` have dataset, model and kind. A score of the "static" model is one of all models, kept
    by part. `published` has a label and points: (dataset, model, original, perturbed) of others, in
    percent; the label is their kind.
    """
    table = pd.DataFrame(models)
    for name, measure in (("original", x), ("perturbed", y), ("per_model_perturbed", behind)):
        if measure is None:
            continue
        found = select(scores, pd.DataFrame([wanted(each, measure) for each in models]))
        table[name] = 100 * found["value"]
        if name != "per_model_perturbed":
            table[f"{name}_low"], table[f"{name}_high"] = 100 * found["low"], 100 * found["high"]
    if published is None:
        return table
    columns = ["dataset", "model", "original", "perturbed"]
    others = pd.DataFrame(published["points"], columns=columns)
    return pd.concat([table, others.assign(kind=published["label"])])


def wanted(model, measure):
    selection = DEFAULTS | {
        "dataset": model["dataset"],
        "model": model["model"],
        "measure": measure,
    }
    if measure.startswith("static"):
        selection |= {"model": "static", "part": f"model {model['model']}"}
    return selection


def draw_scatter(figure, table, titles, kinds, xlabel, ylabel, behind=None):
    """A panel per data set: points with intervals by kind of model, the diagonal, the fit.

    `titles` are {dataset: title}, `kinds` {kind: name}. Models of no such kind stand in grey
    behind, and are not in the fit.
    """
    colours, markers = looks_of(kinds)
    axes_of = panels(figure, table["dataset"].unique())
    for dataset, both in table.groupby("dataset", sort=False):
        axes, known = axes_of[dataset], both["kind"].isin(kinds.values())
        mine = both[known]
        for label, others in both[~known].groupby("kind"):
            axes.plot(others["original"], others["perturbed"], "o", color=GREY, alpha=0.35,
                      markersize=2.5, markeredgewidth=0, label=label)  # fmt: skip
        if behind:
            axes.plot(mine["original"], mine["per_model_perturbed"], "o", color="0.7", markersize=4,
                      label=behind)  # fmt: skip
            fit(axes, mine["original"], mine["per_model_perturbed"], color="0.7")
        for kind, rows in mine.groupby("kind", sort=False):
            error_bars(axes, rows, "original", "perturbed", ",", colours[kind], across="original")
        sns.scatterplot(mine, x="original", y="perturbed", hue="kind", style="kind", ax=axes, s=22,
                        palette=colours, markers=markers, linewidth=0, zorder=3)  # fmt: skip
        look = {"color": "black", "label": "Linear fit"}
        slope, offset = fit(axes, mine["original"], mine["perturbed"], **look)
        low = both[["perturbed_low", "perturbed"]].min(axis=None) - 2
        high = min(100, both[["original_high", "original"]].max(axis=None) + 2)
        axes.plot(
            [low, high], [low, high], ":", color="black", linewidth=1, label="No accuracy drop"
        )
        sign = "−" if offset < 0 else "+"
        axes.set(
            xlim=(low, high), ylim=(low, high), xlabel=xlabel, ylabel=ylabel,
            title=f"{titles[dataset]}: y = {slope:.2f} x {sign} {abs(offset):.1f}",
        )  # fmt: skip
    one_legend(figure)


def fit(axes, x, y, **style):
    """Least-squares line through the points, in percent; (slope, offset)."""
    if x.nunique() < 2:
        return float("nan"), float("nan")
    slope, offset = np.polyfit(x, y, 1)
    ends = np.array([x.min(), x.max()])
    axes.plot(ends, slope * ends + offset, linewidth=1, **style)
    return slope, offset
