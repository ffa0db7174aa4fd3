"""The Kalman filter of FairMOT, JDE and DeepSORT: boxes that move at constant velocity.

A state is a box as (x, y, aspect, height), with x and y its centre and aspect its width over its
height, and what each changes by per frame. Functions take n tracks at once: means (n, 8) and
covariances (n, 8, 8). How unsure a state is goes with the height of its box: one of twice the size
may move twice as far.
"""

import numpy as np

POSITION, VELOCITY = 1 / 20, 1 / 160  # standard deviations, of the height
MOVE = np.eye(8) + np.eye(8, k=4)


def from_corners(boxes):
    """(x, y, aspect, height) of boxes (n, 4) that are left, top, right, bottom."""
    boxes = np.asarray(boxes, np.float64)
    size = boxes[:, 2:] - boxes[:, :2]
    centre = boxes[:, :2] + size / 2
    return np.column_stack([centre, size[:, 0] / size[:, 1], size[:, 1]])


def to_corners(means):
    """Left, top, right, bottom (n, 4) of states (n, 8) or measurements (n, 4)."""
    centre, height = means[:, :2], means[:, 3:4]
    half = np.concatenate([means[:, 2:3] * height, height], axis=1) / 2
    return np.concatenate([centre - half, centre + half], axis=1)


def start(measured):
    """Means and covariances of new tracks at measurements (n, 4): they stand still."""
    means = np.concatenate([measured, np.zeros_like(measured)], axis=1)
    return means, diagonal(measured[:, 3], 2 * POSITION, 1e-2, 10 * VELOCITY, 1e-5)


def predict(means, covariances):
    """Means and covariances one frame later."""
    noise = diagonal(means[:, 3], POSITION, 1e-2, VELOCITY, 1e-5)
    return means @ MOVE.T, MOVE @ covariances @ MOVE.T + noise


def update(means, covariances, measured):
    """Means and covariances after each track has been measured at (n, 4)."""
    expected = innovation(means, covariances)
    gain = np.linalg.solve(expected, covariances[:, :4])  # (n, 4, 8), transposed
    back = gain.transpose(0, 2, 1)
    means = means + (back @ (measured - means[:, :4])[:, :, None])[:, :, 0]
    return means, covariances - back @ expected @ gain


def distances(means, covariances, measured):
    """Squared Mahalanobis distance of each of m measurements to each of n tracks: (n, m)."""
    apart = measured[None] - means[:, None, :4]
    solved = np.linalg.solve(innovation(means, covariances), apart.transpose(0, 2, 1))
    return np.einsum("nmd,ndm->nm", apart, solved)


def innovation(means, covariances):
    """Covariances (n, 4, 4) of what is measured of each track."""
    return covariances[:, :4, :4] + diagonal(means[:, 3], POSITION, 1e-1)


def diagonal(heights, position, aspect, velocity=None, turn=None):
    """Diagonal covariances from standard deviations of position and aspect, and their velocities.

    `position` and `velocity` are shares of `heights` (n,), `aspect` and `turn` are absolute.
    """
    scale, fixed = [position, position, 0, position], [0, 0, aspect, 0]
    if velocity is not None:
        scale, fixed = [*scale, velocity, velocity, 0, velocity], [*fixed, 0, 0, turn, 0]
    deviations = heights[:, None] * np.array(scale) + np.array(fixed)
    return deviations[:, :, None] ** 2 * np.eye(len(scale))
