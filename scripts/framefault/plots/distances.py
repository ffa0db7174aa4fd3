"""How far anchors are from their neighbours: figure 10 of paper B."""

import numpy as np
import pandas as pd
import seaborn as sns

from framefault.plots.style import KINDS, SKY, VERMILLION, panels
from framefault.tasks.frames.scoring import after_right_anchor, right

LEVELS = np.arange(256)


def chosen_pairs(sets, answers, models, labels):
    """{name: (which rows, colour)}: all pairs, those that review kept, and models' mistakes.

    All pairs are there where rejected ones are known. A mistake is a kept neighbour that a model
    gets wrong although it gets the anchor right.
    `answers` are int (frames,) by model, `models` {kind: model}.
    """
    rows = sets.rows
    pairs = rows[:, 2] != 0
    kept = pairs & (rows[:, 3] == 1)
    chosen = {"All pairs": (pairs, SKY)} if sets.reasons is not None else {}
    chosen["Reviewed pairs"] = kept, VERMILLION
    for kind, model in models.items():
        is_right = right(answers[model], sets, rows, labels)
        wrong = after_right_anchor(is_right, rows) & ~is_right
        chosen[f"Mistakes of {model}"] = kept & wrong, KINDS[kind][0]
    return {name: each for name, each in chosen.items() if each[0].any()}


def distribution_table(parts):
    """Share of pairs up to every distance: dataset, pairs, distance, share.

    `parts` are {dataset: (distances, chosen)}, as of
    `examples.linf_distances` and `chosen_pairs`.
    """
    found = []
    for dataset, (distances, chosen) in parts.items():
        for name, (which, _) in chosen.items():
            values = np.sort(distances[which])
            share = np.searchsorted(values, LEVELS, side="right") / len(values)
            columns = {"distance": LEVELS, "share": share.round(5)}
            found.append(pd.DataFrame({"dataset": dataset, "pairs": name} | columns))
    return pd.concat(found)


def draw_distributions(figure, parts, titles):
    """A panel per data set with one empirical distribution per choice of pairs."""
    axes_of = panels(figure, parts)
    for dataset, (distances, chosen) in parts.items():
        axes = axes_of[dataset]
        for name, (which, colour) in chosen.items():
            sns.ecdfplot(x=distances[which], ax=axes, color=colour, label=f"{name} ({which.sum()})")
        axes.set(
            title=titles[dataset], xlabel="l-inf distance to the anchor (0-255)",
            ylabel="Share of pairs", xlim=(-5, 260),
        )  # fmt: skip
        axes.legend(loc="upper center", bbox_to_anchor=(0.45, -0.16), ncols=2, fontsize=6.5)
