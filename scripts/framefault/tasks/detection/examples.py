"""Frames that a figure shows: anchors and their worst neighbours, chosen by rule."""

import numpy as np

from framefault.tasks.detection.score import worst_rows


def fallen_pairs(ap, shown, rows, reach, count):
    """Rows of anchors and of their worst frames, (pairs, 2), where most precision is lost.

    `ap` (frames,) is the average precision of each frame, by which worst frames are chosen, `shown`
    that of the boxes that are shown, by which losses are counted; `rows` as of `score.worst_rows`.
    Of equal losses, those of the nearest frames, then of the first anchors; at most `count` pairs.
    """
    pairs = np.stack([worst_rows(ap, rows, k) for k in (0, reach)], axis=1)
    lost = -np.diff(shown[rows[pairs, 1]], axis=1)[:, 0]
    order = np.lexsort((np.abs(rows[pairs[:, 1], 2]), -lost))
    return pairs[[place for place in order if lost[place] > 0][:count]]
