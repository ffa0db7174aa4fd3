"""Similar frames on which a model changes its mind: figure 1 of paper B."""

import numpy as np
import pandas as pd
from scipy.special import softmax

from framefault.plots.style import BLUE, GREY
from framefault.tasks.frames.scoring import after_right_anchor, project, right


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


def draw_pairs(figure, table, frames):
    """Anchor and similar frame side by side; `frames` are cached, uint8 (frames, H, W, 3)."""
    grid = figure.subplots(table["pair"].nunique(), 2, squeeze=False)
    for axes, (_, row) in zip(grid.flat, table.iterrows(), strict=True):
        axes.imshow(frames[row["number"]])
        answer = f"{row['answer']} {100 * row['confidence']:.0f} %"
        title = f"{place_of(row['offset'])}, label: {row['label']}\nPredicted: {answer}"
        axes.set_title(title, fontsize=8)
        axes.set(xticks=[], yticks=[])
        axes.grid(False)
        colour, width = (GREY, 0) if row["offset"] else (BLUE, 2.5)
        for spine in axes.spines.values():
            spine.set(visible=True, edgecolor=colour, linewidth=width)


def place_of(offset):
    """Where a frame is: "Anchor", "2 frames later", "1 frame earlier"."""
    if not offset:
        return "Anchor"
    frames = "frame" if abs(offset) == 1 else "frames"
    return f"{abs(offset)} {frames} {'later' if offset > 0 else 'earlier'}"
