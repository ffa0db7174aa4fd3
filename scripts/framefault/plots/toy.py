"""Why pm-k is not accuracy at distance k: figure 9 of paper B, on two toy sets of five videos."""

import numpy as np
import pandas as pd
import seaborn as sns

from framefault.plots.style import BLUE, GREEN, one_legend
from framefault.tasks.frames.scoring import conditional, first_errors, pm_counts, right
from framefault.tasks.frames.sets import REACH, pm_sets

VIDEOS = range(5)
# The curves at k are the same; a broad one shows below a narrow one.
LOOKS = {"Errors in one video": (BLUE, 3.5), "Errors spread over videos": (GREEN, 1.2)}


def toy_sets():
    """Sets of five videos with all neighbours kept."""
    offsets = [k for k in range(-REACH, REACH + 1) if k]
    anchors = [(f"{v}/100", [0], [(f"{v}/{100 + k}", k, [0], []) for k in offsets]) for v in VIDEOS]
    return pm_sets(["right", "wrong"], {0: [0], 1: [1]}, anchors)


def toy_errors(sets):
    """{example: which rows are wrong}: the same number of errors at every distance.

    In one video all frames after the anchor are wrong; or the same number in all videos in turn.
    """
    video, _, offset, _ = sets.reviewed().T
    wrong = (video == 0) & (offset > 0), (offset > 0) & (offset % 5 == video)
    return dict(zip(LOOKS, wrong, strict=True))


def toy_table(sets, errors):
    """Accuracy at k and under pm-k: example, metric, k, accuracy in percent."""
    rows, parts = sets.reviewed(), []
    for example, wrong in errors.items():
        answers = np.zeros(len(sets.frames), int)
        answers[rows[wrong, 1]] = 1
        counts, totals = conditional(answers, sets)
        at = np.concatenate([[1.0], counts / totals])
        pm = pm_counts(first_errors(right(answers, sets, rows), rows)) / len(VIDEOS)
        for metric, values in (("accuracy at k", at), ("pm-k", pm)):
            columns = {"k": np.arange(REACH + 1), "accuracy": 100 * values}
            parts.append(pd.DataFrame({"example": example, "metric": metric} | columns))
    return pd.concat(parts)


def draw_toy(figure, sets, errors, table):
    """The two examples as pictures of frames in time, and their curves."""
    *pictures, curves = figure.subplots(1, 3)
    rows = sets.reviewed()
    in_time = np.lexsort((rows[:, 2], rows[:, 0]))
    for axes, (example, wrong) in zip(pictures, errors.items(), strict=True):
        axes.imshow(wrong[in_time].reshape(len(VIDEOS), -1), cmap="Greys", aspect="auto", vmax=2)
        axes.set_xticks([0, REACH, 2 * REACH], ["-10", "anchor", "+10"])
        axes.set_yticks(list(VIDEOS), [str(video + 1) for video in VIDEOS])
        axes.set(xlabel="Frame (grey: wrong)", ylabel="Video")
        axes.set_title(example, fontsize=9)
        axes.grid(False)
    for (example, metric), mine in table.groupby(["example", "metric"], sort=False):
        colour, width = LOOKS[example]
        sns.lineplot(
            mine, x="k", y="accuracy", ax=curves, color=colour, linewidth=width,
            linestyle="-" if metric == "pm-k" else "--", label=f"{example}: {metric}",
        )  # fmt: skip
    curves.set(xlabel="k (frames)", ylabel="Accuracy (%)", ylim=(0, 104))
    one_legend(figure)
