"""Frames that figures show: chosen by rule, and how far they are from each other."""

import numpy as np
import pandas as pd
from scipy.special import softmax

from framefault.tasks.frames.scoring import after_right_anchor, project, right

# Rows of the figure, with the words of a review that belong to each.
REASONS = {
    "Motion": {"deformation"},
    "Background": {"background-change"},
    "Blur": {"blur-increase"},
    "Other": {"problematic", "occlusion-increased"},
    (LABEL := "Wrong label"): {"incorrect"},
}
COLUMNS = ["reason", "anchor", "frame", "offset", "label", "words", "difference"]


def changed_pairs(sets, logits, rules, count=3):
    """Pairs of a right anchor and a wrong neighbour as near as possible, of `count` anchors.

    Of equally near ones, those with the largest loss of confidence in the label; where too few
    neighbours are wrong, others follow. `logits` are (frames, outputs), `rules` has labels and
    merge. A frame of (pair, frame number, frame, offset, label, predicted class, confidence in
    it), two rows per pair, the anchor first.
    """
    rows = sets.reviewed()
    confidence = softmax(project(logits, sets, rules["merge"]), axis=1)
    is_right = right(confidence.argmax(axis=1), sets, rows, rules["labels"])
    changed = after_right_anchor(is_right, rows) & ~is_right
    labels = np.array([sets.labels[anchor][0] for anchor in sets.anchors[rows[:, 0]]])
    lost = confidence[sets.anchors[rows[:, 0]], labels] - confidence[rows[:, 1], labels]
    order = np.lexsort((-lost, np.abs(rows[:, 2]), ~changed))
    order = order[rows[order, 2] != 0]
    _, first = np.unique(rows[order, 0], return_index=True)
    found = []
    for pair, row in enumerate(order[np.sort(first)[:count]]):
        for frame, offset in ((sets.anchors[rows[row, 0]], 0), rows[row, 1:3]):
            answer = int(confidence[frame].argmax())
            found.append(
                {"pair": pair, "number": int(frame), "frame": sets.frames[frame],
                 "offset": int(offset), "label": sets.classes[labels[row]],
                 "answer": sets.classes[answer],
                 "confidence": round(float(confidence[frame, answer]), 4)}
            )  # fmt: skip
    return pd.DataFrame(found)


def rejected_pairs(sets, frames, count=2):
    """`count` pairs per reason that differ most to the eye, of as many anchors.

    Of the rejected neighbours of accepted anchors those with that reason alone come first, but a
    wrong label may have others beside it; then those whose pixels differ most from the anchor's.
    `frames` are cached, uint8 (frames, H, W, 3).
    A frame of COLUMNS with pair, the frame numbers anchor_number and number, and difference, the
    mean over pixels in grey levels (0-255).
    """
    good, found, shown = {*sets.rows[np.isin(sets.rows[:, 1], sets.accepted), 0]}, [], set()
    reasons = {
        row: {*words} for row, words in (sets.reasons or {}).items()
        if sets.rows[row, 0] in good and sets.rows[row, 2]
    }  # fmt: skip
    for reason, words in REASONS.items():
        others = set() if reason == LABEL else set().union(*REASONS.values()) - words
        rows = sorted(row for row, why in reasons.items() if why & words)
        pairs = [described(sets, frames, row, reason, reasons[row]) for row in rows]
        mixed = [bool(reasons[row] & others) for row in rows]
        order = sorted(range(len(rows)), key=lambda at: (mixed[at], -pairs[at]["difference"], at))
        chosen = []
        for each in (pairs[at] for at in order):
            if each["anchor"] not in shown and len(chosen) < count:
                shown.add(each["anchor"])
                chosen.append(each | {"pair": len(chosen)})
        found += chosen
    return pd.DataFrame(found, columns=[*COLUMNS, "pair", "anchor_number", "number"])


def described(sets, frames, row, reason, words):
    """What is told of the pair of a row of the sets."""
    anchor, number, offset, _ = sets.rows[row].tolist()
    first = int(sets.anchors[anchor])
    apart = np.abs(frames[number].astype(np.int16) - frames[first]).mean()
    return {
        "reason": reason, "anchor": sets.frames[first], "frame": sets.frames[number],
        "offset": offset, "label": sets.classes[sets.labels[first][0]],
        "words": ", ".join(sorted(words)), "difference": round(float(apart), 2),
        "anchor_number": first, "number": number,
    }  # fmt: skip


def linf_distances(sets, frames):
    """l-inf distance (0-255) of every row of the sets to its anchor: int (rows,).

    `frames` are cached frames, uint8 (frames, H, W, 3).
    """
    distance = np.zeros(len(sets.rows), int)
    for index in np.flatnonzero(sets.rows[:, 2]):
        anchor = frames[sets.anchors[sets.rows[index, 0]]]
        distance[index] = np.abs(anchor.astype(np.int16) - frames[sets.rows[index, 1]]).max()
    return distance
