"""What a detector finds in one frame."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Detections:
    """Boxes of one frame by falling score.

    `boxes` float32 (n, 4): left, top, right, bottom in pixels of the frame, which they may leave.
    `scores` float32 (n,). `features` float32 (n, d) of unit length, which tell one object from
    another, or None of a detector that has none.
    """

    boxes: np.ndarray
    scores: np.ndarray
    features: np.ndarray | None = None

    def __post_init__(self):
        n = len(self.scores)
        if self.boxes.shape != (n, 4) or self.scores.shape != (n,):
            raise ValueError(f"{self.boxes.shape} boxes and {self.scores.shape} scores do not fit.")
        if self.features is not None and (self.features.ndim != 2 or len(self.features) != n):
            raise ValueError(f"{n} boxes and {self.features.shape} features do not fit.")
        if np.any(self.scores[1:] > self.scores[:-1]):
            raise ValueError("The detections are not sorted by falling score.")

    def __len__(self):
        return len(self.scores)

    def __getitem__(self, chosen):
        """The detections that an index array, a mask or a slice chooses."""
        features = None if self.features is None else self.features[chosen]
        return Detections(self.boxes[chosen], self.scores[chosen], features)


def by_score(boxes, scores, features=None):
    """Detections of arrays in any order and of any float type; ties keep their order."""
    scores = np.asarray(scores, np.float32).reshape(-1)
    order = np.argsort(-scores, kind="stable")
    boxes = np.asarray(boxes, np.float32).reshape(-1, 4)
    features = None if features is None else np.asarray(features, np.float32)[order]
    return Detections(boxes[order], scores[order], features)
