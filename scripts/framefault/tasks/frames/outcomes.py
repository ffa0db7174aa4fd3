"""What claims are asked of: per anchor whether a model is right, and under which perturbation."""

import numpy as np
import pandas as pd

from framefault.tasks.frames.scoring import first_errors, right
from framefault.tasks.frames.sets import REACH


def outcomes(answers, sets, labels):
    """A frame with a row per anchor of one model's answers, int (frames,): item, source, measures.

    pm_0 and pm_10 are 1 where the model is right, drop is their difference, drop_unreviewed that
    before review (NaN where it is not known). Each anchor has a video of its own.
    """
    found = errors(answers, sets, labels)
    table = pd.DataFrame(
        {
            "source": found.index,
            "pm_0": (found > 0).astype(float),
            "pm_10": (found > REACH).astype(float),
            "drop": drop(found),
        },
        index=found.index,
    )
    before = errors(answers, sets.before_review(), labels)
    table["drop_unreviewed"] = np.nan if sets.reasons is None else drop(before)
    return table.rename_axis("item").reset_index()


def errors(answers, sets, labels):
    """Distance of each anchor's first error, see `first_errors`, by the key of its frame."""
    rows = sets.reviewed()
    distance = first_errors(right(answers, sets, rows, labels), rows)
    return pd.Series(
        distance, [sets.frames[frame] for frame in sets.anchors[np.unique(rows[:, 0])]]
    )


def drop(distance):
    return ((distance > 0) & (distance <= REACH)).astype(float)
