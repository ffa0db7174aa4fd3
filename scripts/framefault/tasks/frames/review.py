"""What is true of the embedded scenes' frames, by rule: what an annotator would see in them."""

from typing import NamedTuple

import numpy as np

from framefault.data.scenes import HEIGHT, SCALE, WIDTH

# What makes a frame dissimilar to its anchor: the object moved by so much of its size or grew, the
# background moved by so much of the picture's width, or blur rose by so many pixels.
MOTION, SCALING, BACKGROUND, BLURRING = 0.5, 1.3, 0.06, 1.0
# An object of which less is visible lacks features, and with even less it is not there.
VISIBLE, GONE = 0.55, 0.25
BLURRED = 1.5  # pixels, from which an object cannot be told


class Truth(NamedTuple):
    """What is true of a pair: its labels, and how much it differs in each respect.

    An amount above 1 makes the frames dissimilar; `one_only` says that a feature of the object is
    visible in one of them only.
    """

    labels: str
    amounts: dict
    one_only: bool


def visible(scene):
    """Share of the object's box that lies in the centred square, which classifiers see."""
    half, margin = scene.size / 2, (WIDTH - HEIGHT) / 2
    right, left = (np.clip(scene.x + side * half, margin, WIDTH - margin) for side in (1, -1))
    below, above = (np.clip(scene.y + side * half, 0, HEIGHT) for side in (1, -1))
    return (right - left) * (below - above) / scene.size**2


def anchor_labels(scene, anchor):
    """Whether an anchor's labels are "right", "wrong" (cut off) or "unsure" (blurred)."""
    if visible(scene)[anchor] < VISIBLE:
        return "wrong"
    return "unsure" if scene.blur[anchor] > BLURRED else "right"


def pair_truth(scene, anchor, frame):
    """The Truth of an anchor and another frame, both by number."""
    moved = np.hypot(scene.x[frame] - scene.x[anchor], scene.y[frame] - scene.y[anchor])
    growth = abs(np.log(scene.size[frame] / scene.size[anchor]))
    panned = np.hypot(*(scene.seen_from(frame) - scene.seen_from(anchor)))
    shown, labels = visible(scene)[frame], anchor_labels(scene, anchor)
    return Truth(
        "wrong" if shown < GONE else labels,
        {
            "motion": max(moved / (MOTION * scene.size[anchor]), growth / np.log(SCALING)),
            "background": panned / (BACKGROUND * WIDTH * SCALE),
            "blur": (scene.blur[frame] - scene.blur[anchor]) / BLURRING,
            "other": VISIBLE / max(shown, 1e-9) if shown < VISIBLE else 0,
        },
        bool(shown < VISIBLE),
    )
