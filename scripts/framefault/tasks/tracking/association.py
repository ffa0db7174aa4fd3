"""FairMOT's tracker: which detections of successive frames are one object.

As in ifzhang/FairMOT (src/lib/tracker), which has it from JDE (Wang et al. 2020). A track is
tracked while each frame has a detection of it; then it is lost, and after a while forgotten. Every
frame is matched in three rounds: tracked and lost tracks by what they look like and where they may
be; of the rest, tracked ones by overlap; and new tracks, which count once they are seen twice, by
overlap. Detections without features are matched by overlap in the first round, too.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from framefault.tasks.tracking import kalman
from framefault.tasks.tracking.boxes import iou

GATE = 9.4877  # 95 % of the chi-squared law with four degrees of freedom
MOTION = 0.02  # weight of the Mahalanobis distance beside the cosine distance
KEPT = 0.9  # of a track's mean feature when it is seen again
OVERLAP, OVERLAP_NEW, DUPLICATE = 0.5, 0.7, 0.15  # 1 - IoU


@dataclass(eq=False)
class Track:
    """One object: its Kalman state, mean feature, and the first and last frame it was seen in."""

    id: int
    mean: np.ndarray
    covariance: np.ndarray
    feature: np.ndarray | None
    score: float
    first: int
    last: int
    confirmed: bool


def track(detections, fps, options):
    """Tracks of one video: for each frame a list of (id, x, y, w, h, score).

    `detections` gives the Detections of each frame. `options` is the tracker's part of a model's
    settings: confidence, min_area, max_aspect, distance, buffer. `distance` is the greatest cost of
    a match in the first round, which without features is 1 - IoU. Boxes are left, top, width and
    height in pixels, as the Kalman filter has them; ids count from 1.
    """
    tracker = Tracker(options, int(fps / 30 * options["buffer"]))
    return [tracker.step(found) for found in detections]


class Tracker:
    """The tracks of one video up to a frame; lost ones are remembered for `buffer` frames."""

    def __init__(self, options, buffer):
        self.options, self.buffer = options, buffer
        self.tracks, self.frame, self.started = [], 0, 0

    def step(self, found):
        """Take the Detections of the next frame; give the tracks that are seen in it."""
        self.frame += 1
        found = found[usable(found, self.options["confidence"])]
        measured = kalman.from_corners(found.boxes)
        known = [track for track in self.tracks if track.confirmed]
        tracked = [track for track in known if track.last == self.frame - 1]
        new = [track for track in self.tracks if not track.confirmed]
        self._predict(known)

        def apart(tracks, free):
            return 1 - iou(boxes_of(tracks), found.boxes[free])

        def unlike(tracks, free):
            if found.features is None:
                return apart(tracks, free)
            return looks_and_motion(tracks, found.features[free], measured[free])

        matched, free = [], np.arange(len(found))
        for tracks, cost, limit in (
            (known, unlike, self.options["distance"]),
            (tracked, apart, OVERLAP),
            (new, apart, OVERLAP_NEW),
        ):
            waiting = [track for track in tracks if track.last < self.frame]
            rows, columns = assign(cost(waiting, free), limit)
            for row, detection in zip(rows, free[columns], strict=True):
                waiting[row].last = self.frame
                matched.append((waiting[row], detection))
            free = np.delete(free, columns)
        self._update(matched, found, measured)
        self._start(free, found, measured)
        self._forget()
        return self._seen()

    def _predict(self, tracks):
        """Move tracks on by one frame; the height of lost ones stays."""
        if tracks:
            means, covariances = states_of(tracks)
            means[[track.last < self.frame - 1 for track in tracks], 7] = 0
            put(tracks, *kalman.predict(means, covariances))

    def _update(self, matched, found, measured):
        """Correct tracks by their detections, given as (track, position) pairs."""
        if matched:
            tracks, positions = map(list, zip(*matched, strict=True))
            put(tracks, *kalman.update(*states_of(tracks), measured[positions]))
        for track, position in matched:
            track.confirmed, track.score = True, float(found.scores[position])
            if found.features is not None:
                mean = KEPT * track.feature + (1 - KEPT) * found.features[position]
                track.feature = mean / np.linalg.norm(mean)

    def _start(self, positions, found, measured):
        """A new track for each detection that is left; it counts at once in the first frame."""
        for position, *state in zip(positions, *kalman.start(measured[positions]), strict=True):
            self.started += 1
            feature = None if found.features is None else found.features[position].astype(float)
            score, frame = float(found.scores[position]), self.frame
            self.tracks.append(
                Track(self.started, *state, feature, score, frame, frame, confirmed=frame == 1)
            )

    def _forget(self):
        """Drop new tracks that were not seen again, lost ones of long ago, and duplicates."""
        kept = [
            track
            for track in self.tracks
            if track.last == self.frame
            # One frame more than the buffer, as in FairMOT; but there, a track that is found again
            # in its last frame is forgotten as soon as it is lost again.
            or (track.confirmed and self.frame - track.last <= self.buffer + 1)
        ]
        seen = [track for track in kept if track.last == self.frame]
        lost = [track for track in kept if track.last < self.frame]
        same = 1 - iou(boxes_of(seen), boxes_of(lost)) < DUPLICATE
        ages = [np.array([track.last - track.first for track in each]) for each in (seen, lost)]
        longer = ages[0][:, None] > ages[1]
        dropped = {
            *(seen[i] for i in np.flatnonzero((same & ~longer).any(axis=1))),
            *(lost[i] for i in np.flatnonzero((same & longer).any(axis=0))),
        }
        self.tracks = [track for track in kept if track not in dropped]

    def _seen(self):
        """What is reported of this frame: boxes too small or too wide for a person are not."""
        seen = [track for track in self.tracks if track.confirmed and track.last == self.frame]
        return [
            (track.id, left, top, right - left, bottom - top, track.score)
            for track, (left, top, right, bottom) in zip(seen, boxes_of(seen).tolist(), strict=True)
            if (right - left) * (bottom - top) > self.options["min_area"]
            and track.mean[2] <= self.options["max_aspect"]
        ]


def usable(found, confidence):
    """Which Detections are sure enough, and have an area that a track can follow."""
    sizes = found.boxes[:, 2:] - found.boxes[:, :2]
    return (found.scores >= confidence) & np.isfinite(sizes).all(axis=1) & (sizes > 0).all(axis=1)


def assign(costs, limit):
    """Rows and columns of the cheapest matching of costs (n, m), where not to match costs `limit`.

    So no pair above the limit is matched. Of an (n + m)-square problem, in which each row and
    column may stay alone for half the limit, this is the part that is not constant.
    """
    rows, columns = linear_sum_assignment(np.minimum(costs - limit, 0))
    kept = costs[rows, columns] <= limit
    return rows[kept], columns[kept]


def looks_and_motion(tracks, features, measured):
    """Costs (n, m) of FairMOT's first round; infinite outside of the gate."""
    if not tracks or not len(features):
        return np.zeros((len(tracks), len(features)))
    unlike = np.maximum(0, cdist([track.feature for track in tracks], features, "cosine"))
    far = kalman.distances(*states_of(tracks), measured)
    return np.where(far > GATE, np.inf, (1 - MOTION) * unlike + MOTION * far)


def states_of(tracks):
    return np.array([t.mean for t in tracks]), np.array([t.covariance for t in tracks])


def put(tracks, means, covariances):
    for track, mean, covariance in zip(tracks, means, covariances, strict=True):
        track.mean, track.covariance = mean, covariance


def boxes_of(tracks):
    """Left, top, right, bottom (n, 4) of tracks as their filters have them."""
    return kalman.to_corners(np.array([track.mean for track in tracks]).reshape(-1, 8))
