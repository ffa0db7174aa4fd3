"""What claims are asked of: how well each sequence is tracked."""

import numpy as np
import pandas as pd

from framefault.tasks.tracking.score import evaluate, measures

ASKED = ["mota", "recall", "fp", "fn"]


def outcomes(predictions, tracks, overlap, numbering):
    """A frame with a row per sequence: item and source (its name), mota, recall, fp and fn.

    Arguments are those of `score.tracking_scores`. NaN where a sequence shows no object.
    """
    found = evaluate(predictions, tracks, overlap, numbering)
    rows = [
        {"item": sequence, "source": sequence} | measures({sequence: results})
        for sequence, results in found.items()
    ]
    table = pd.DataFrame(rows, columns=["item", "source", *ASKED])
    return table.astype(dict.fromkeys(ASKED, np.float64))
