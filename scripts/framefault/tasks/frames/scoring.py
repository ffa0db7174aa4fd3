"""From logits to pm-k: class projection, right and wrong frames, and the metrics over them."""

import numpy as np

from framefault.errors import UserError
from framefault.tasks.frames.sets import REACH


def project(logits, sets, merge="max"):
    """Scores of the targets: float (frames, targets) from logits (frames, outputs).

    A target's score is the highest logit of its subclasses (the released code's rule), or for
    `merge` "sum" their sum; -inf where it has none. Logits of the targets themselves pass.
    """
    if logits.shape[1] == len(sets.classes):
        return logits
    scores = np.full((len(logits), len(sets.classes)), -np.inf, np.float32)
    combine = {"max": np.max, "sum": np.sum}[merge]
    for target, outputs in sets.subclasses.items():
        scores[:, target] = combine(logits[:, outputs], axis=1)
    return scores


def check_outputs(outputs, sets, name):
    """Raise UserError if a model's number of outputs can be neither targets nor subclasses."""
    needed = 1 + max(max(each) for each in sets.subclasses.values())
    if outputs != len(sets.classes) and outputs < needed:
        raise UserError(
            f"{name} gives {outputs} scores per frame, but the data set has {len(sets.classes)}"
            f" classes, and subclasses up to number {needed - 1}."
        )


def right(answers, sets, rows, labels="frame"):
    """bool (..., rows): is the answer for the row's frame one of its labels?

    `answers` are target indices (..., frames), or -1 of a detector that finds nothing, which is
    wrong. `labels` "frame" judges each frame by its own labels, as the released code does, "anchor"
    by its anchor's, as Equation 1 says.
    """
    judged_by = rows[:, 1] if labels == "frame" else sets.anchors[rows[:, 0]]
    given = answers[..., rows[:, 1]]
    return sets.label_matrix[judged_by, given] & (given >= 0)


def first_errors(is_right, rows):
    """Smallest distance of a wrong frame from its anchor: int (..., anchors among the rows).

    0 if the anchor itself is wrong, REACH + 1 if no frame is. Rows as of `PmSets`.
    """
    distance = np.where(is_right, REACH + 1, np.abs(rows[:, 2])).astype(np.int8)
    starts = np.flatnonzero(np.diff(rows[:, 0], prepend=-1))
    return np.minimum.reduceat(distance, starts, axis=-1)


def pm_counts(errors):
    """Number of anchors right under pm-k for k = 0..REACH: int (..., REACH + 1)."""
    return np.stack([(errors > k).sum(axis=-1) for k in range(REACH + 1)], axis=-1)


def pm_k(answers, sets, labels="frame", chosen=None):
    """(counts, anchors): int (..., 11) anchors right under pm-k for k = 0..10, and how many.

    Right means: the anchor and all its kept neighbours up to k frames away are. `chosen`, bool
    (anchors,), restricts to some anchors.
    """
    rows = sets.reviewed() if chosen is None else sets.subset(chosen)
    if not len(rows):
        return np.zeros((*answers.shape[:-1], REACH + 1), int), 0
    errors = first_errors(right(answers, sets, rows, labels), rows)
    return pm_counts(errors), errors.shape[-1]


def after_right_anchor(is_right, rows):
    """bool (..., rows): is the row's anchor right? `is_right` (..., rows) has the anchors' rows."""
    starts = np.flatnonzero(rows[:, 2] == 0)
    return np.repeat(is_right[..., starts], np.diff([*starts, len(rows)]), axis=-1)


def conditional(answers, sets, labels="frame"):
    """Metric of Gu et al. (appendix E): P(right exactly k frames away | anchor right), k = 1..10.

    (counts, totals), each int (..., 10), over the pairs whose anchor is right.
    """
    rows = sets.reviewed()
    is_right = right(answers, sets, rows, labels)
    anchor_right = after_right_anchor(is_right, rows)
    at = [np.abs(rows[:, 2]) == k for k in range(1, REACH + 1)]
    counts = np.stack([(is_right & anchor_right)[..., rows_k].sum(-1) for rows_k in at], -1)
    return counts, np.stack([anchor_right[..., rows_k].sum(-1) for rows_k in at], -1)


def static_worst(answers, sets, labels="frame"):
    """Rows of each anchor's neighbour that most models get wrong (appendix C): int (anchors,).

    `answers` are (models, frames). Ties go to the smallest distance, then to the earlier frame;
    an anchor without neighbours stands for itself.
    """
    rows = sets.reviewed()
    wrong = (~right(answers, sets, rows, labels)).sum(0)
    wrong[rows[:, 2] == 0] = -1
    order = np.lexsort((rows[:, 2], np.abs(rows[:, 2]), -wrong, rows[:, 0]))
    return order[np.flatnonzero(np.diff(rows[order, 0], prepend=-1))]


def errors_by_offset(answers, sets, labels="frame"):
    """{offset: (errors that it causes, pairs whose anchor is right)} of one model.

    An offset causes an error where the anchor is right and the frame that far from it is not.
    """
    rows = sets.reviewed()
    is_right = right(answers, sets, rows, labels)
    mine = after_right_anchor(is_right, rows)
    return {
        int(offset): (int((~is_right & mine)[at].sum()), int(mine[at].sum()))
        for offset in np.unique(rows[:, 2])
        if offset and (mine & (at := rows[:, 2] == offset)).any()
    }


def per_class(answers, sets, labels="frame"):
    """Rows (class, anchors, right, right under pm-10) of one model; an anchor with several
    labels counts for each of them."""
    rows = sets.reviewed()
    errors = first_errors(right(answers, sets, rows, labels), rows)
    shown = sets.label_matrix[sets.accepted]
    return [
        (name, int(mine.sum()), int((errors[mine] > 0).sum()), int((errors[mine] > REACH).sum()))
        for name, mine in zip(sets.classes, shown.T, strict=True)
    ]
