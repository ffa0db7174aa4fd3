"""What claims are asked of: per anchor whether a model is right, and under which perturbation."""

import numpy as np
import pandas as pd

from framefault.tasks.frames.scoring import first_errors, right
from framefault.tasks.frames.sets import REACH


def outcomes(answers, sets, labels):
    """A frame with a row per accepted anchor of one model's answers, int (frames,).

    Columns are item and source (its frame: each anchor has a video of its own), pm_0 and pm_10,
    1 where the model is right, and drop, their difference.
    """
    rows = sets.reviewed()
    distance = first_errors(right(answers, sets, rows, labels), rows)
    anchors = [sets.frames[frame] for frame in sets.anchors[np.unique(rows[:, 0])]]
    pm_0, pm_10 = (distance > 0).astype(float), (distance > REACH).astype(float)
    return pd.DataFrame(
        {"item": anchors, "source": anchors, "pm_0": pm_0, "pm_10": pm_10, "drop": pm_0 - pm_10}
    )
