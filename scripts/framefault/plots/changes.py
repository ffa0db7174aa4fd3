"""Similar frames on which a model changes its mind: figure 1 of paper B."""

import numpy as np
import pandas as pd
from scipy.special import softmax

from framefault.tasks.frames.scoring import project


def changed_pairs(sets, logits, merge, count=3):
    """The pairs with the largest loss of confidence in the label, of `count` anchors.

    `logits` are (frames, outputs). A frame of (row of pairs, frame number, label, predicted class,
    confidence in it), two rows per pair, the anchor first.
    """
    rows = sets.reviewed()
    confidence = softmax(project(logits, sets, merge), axis=1)
    labels = np.array([sets.labels[sets.anchors[row[0]]][0] for row in rows])
    lost = confidence[sets.anchors[rows[:, 0]], labels] - confidence[rows[:, 1], labels]
    order = np.argsort(-lost, kind="stable")
    _, first = np.unique(rows[order, 0], return_index=True)
    chosen = order[np.sort(first)[:count]]
    found = []
    for pair, row in enumerate(chosen):
        for frame in (sets.anchors[rows[row, 0]], rows[row, 1]):
            answer = int(confidence[frame].argmax())
            found.append(
                {"pair": pair, "number": int(frame), "frame": sets.frames[frame],
                 "label": sets.classes[labels[row]], "answer": sets.classes[answer],
                 "confidence": round(float(confidence[frame, answer]), 4)}
            )  # fmt: skip
    return pd.DataFrame(found)


def draw_pairs(figure, table, frames):
    """Anchor and similar frame side by side; `frames` are cached, uint8 (frames, H, W, 3)."""
    grid = figure.subplots(table["pair"].nunique(), 2, squeeze=False)
    for axes, (_, row) in zip(grid.flat, table.iterrows(), strict=True):
        axes.imshow(frames[row["number"]])
        answer = f"{row['answer']} {100 * row['confidence']:.0f} %"
        axes.set_title(f"Label: {row['label']}\nPredicted: {answer}", fontsize=8)
        axes.axis("off")
