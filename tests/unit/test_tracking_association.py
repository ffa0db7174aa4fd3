"""FairMOT's tracker: the Kalman filter, the matching, and what becomes of objects in a video."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment
from scipy.stats import chi2

from framefault.tasks.tracking import kalman
from framefault.tasks.tracking.association import (
    GATE,
    Track,
    Tracker,
    assign,
    looks_and_motion,
    track,
    usable,
)
from framefault.tasks.tracking.boxes import corners, iou
from framefault.tasks.tracking.detections import by_score
from framefault.tasks.tracking.score import evaluate, measures
from workflow_tools import SHARED

OPTIONS = {"confidence": 0.4, "min_area": 100, "max_aspect": 1.6, "distance": 0.4, "buffer": 5}
LOOKS = np.eye(4, dtype=np.float32)  # features of four objects that are nothing alike
CAMPUS = SHARED / "mot15" / "TUD-Campus"


# Boxes --------------------------------------------------------------------------------------
def test_overlap_is_intersection_over_union():
    first = [[0, 0, 10, 10], [5, 5, 5, 5]]
    second = [[0, 0, 10, 10], [5, 0, 15, 10], [10, 0, 20, 10], [2, 2, 4, 7]]
    assert iou(first, second).tolist() == [[1, 1 / 3, 0, 0.1], [0, 0, 0, 0]]
    assert iou(np.zeros((0, 4)), second).shape == (0, 4)


# Kalman filter ------------------------------------------------------------------------------
def one_by_one(means, covariances, measured):
    """Prediction and update of one track after another, as textbooks write them."""
    move, see = np.eye(8) + np.eye(8, k=4), np.eye(4, 8)
    for mean, covariance, seen in zip(means, covariances, measured, strict=True):
        height = mean[3]
        noise = np.array([height / 20, height / 20, 0.01, height / 20] + [height / 160] * 4)
        noise[6] = 1e-5
        mean, covariance = move @ mean, move @ covariance @ move.T + np.diag(noise**2)
        error = np.diag(np.array([mean[3] / 20, mean[3] / 20, 0.1, mean[3] / 20]) ** 2)
        gain = covariance @ see.T @ np.linalg.inv(see @ covariance @ see.T + error)
        yield mean + gain @ (seen - see @ mean), (np.eye(8) - gain @ see) @ covariance


def test_the_filter_of_many_tracks_is_the_textbook_one_of_each():
    draw = np.random.default_rng(0)
    means, covariances = kalman.start(draw.uniform([0, 0, 0.3, 40], [500, 500, 0.6, 200], (5, 4)))
    for _ in range(4):
        seen = means[:, :4] * draw.uniform(0.97, 1.03, (5, 4))
        expected = list(one_by_one(means, covariances, seen))
        means, covariances = kalman.update(*kalman.predict(means, covariances), seen)
        for found, wanted in zip((means, covariances), zip(*expected, strict=True), strict=True):
            np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=1e-9)


def test_the_filter_learns_a_constant_velocity():
    path = [np.array([[100 + 6 * t, 50 - 2 * t, 0.5, 80 + t]]) for t in range(40)]
    state = kalman.start(path[0])
    for seen in path[1:]:
        predicted = kalman.predict(*state)
        state = kalman.update(*predicted, seen)
    assert predicted[0][0, :4] == pytest.approx(path[-1][0], abs=0.5)
    assert predicted[0][0, 4:] == pytest.approx([6, -2, 0, 1], abs=0.2)


def test_distances_are_squared_mahalanobis_distances():
    state = kalman.predict(*kalman.start(np.array([[10, 20, 0.5, 40], [50, 20, 0.4, 80.0]])))
    seen = np.array([[10, 20, 0.5, 40], [13, 20, 0.5, 40], [50, 24, 0.4, 80.0]])
    spread = state[1][0, 0, 0] + (40 / 20) ** 2
    found = kalman.distances(*state, seen)
    assert found[0, :2] == pytest.approx([0, 9 / spread])
    assert found[1, 2] == pytest.approx(16 / (state[1][1, 1, 1] + (80 / 20) ** 2))


def test_boxes_come_back_from_states():
    boxes = np.array([[3, 4, 13, 44], [-5, 0, 20, 10.0]])
    assert kalman.to_corners(kalman.from_corners(boxes)) == pytest.approx(boxes)


# Matching -----------------------------------------------------------------------------------
def cheapest(costs, limit):
    """The least cost of all matchings, where each row or column left alone costs half the limit."""
    n, m = costs.shape
    best = np.inf
    for size in range(min(n, m) + 1):
        for rows in itertools.combinations(range(n), size):
            for columns in itertools.permutations(range(m), size):
                pairs = sum(costs[row, column] for row, column in zip(rows, columns, strict=True))
                best = min(best, pairs + limit / 2 * (n + m - 2 * size))
    return best


shapes = st.tuples(st.integers(0, 4), st.integers(0, 4))


@settings(max_examples=150, deadline=None)
@given(shapes, st.integers(0, 10**6), st.floats(0.05, 1.2))
def test_the_matching_is_the_cheapest_of_all(shape, seed, limit):
    draw = np.random.default_rng(seed)
    costs = draw.random(shape)
    costs[draw.random(shape) < 0.2] = np.inf
    rows, columns = assign(costs, limit)
    assert (costs[rows, columns] <= limit).all()
    assert len({*rows}) == len(rows) and len({*columns}) == len(columns)
    alone = costs.shape[0] + costs.shape[1] - 2 * len(rows)
    total = costs[rows, columns].sum() + limit / 2 * alone
    assert total == pytest.approx(cheapest(costs, limit))


def test_the_matching_is_that_of_the_square_problem_of_lap():
    """`lap.lapjv` with a cost limit, which FairMOT calls, solves this (n + m)-square problem."""
    draw = np.random.default_rng(1)
    for _ in range(200):
        n, m = draw.integers(1, 12, 2)
        costs, limit = draw.random((n, m)), draw.uniform(0.1, 1)
        square = np.full((n + m, n + m), limit / 2)
        square[:n, :m], square[n:, m:] = costs, 0
        rows, columns = linear_sum_assignment(square)
        real = (rows < n) & (columns < m)
        found = assign(costs, limit)
        assert [*zip(*found, strict=True)] == [*zip(rows[real], columns[real], strict=True)]


def test_a_pair_at_the_limit_is_matched():
    rows, columns = assign(np.array([[0.5]]), 0.5)
    assert (rows.tolist(), columns.tolist()) == ([0], [0])


def a_track(box, feature):
    (mean,), (covariance,) = kalman.start(kalman.from_corners(np.array([box], float)))
    return Track(1, mean, covariance, feature, 0.9, 1, 1, True)


def test_the_first_round_weighs_looks_and_motion_and_has_a_gate():
    tracks = [a_track([0, 0, 40, 100], LOOKS[0])]
    features = np.array([LOOKS[0], LOOKS[1], [0.6, 0.8, 0, 0], LOOKS[0]])
    boxes = np.array([[0, 0, 40, 100], [0, 0, 40, 100], [5, 0, 45, 100], [90, 0, 130, 100]], float)
    costs = looks_and_motion(tracks, features, kalman.from_corners(boxes))
    spread = (2 * 100 / 20) ** 2 + (100 / 20) ** 2
    assert costs[0] == pytest.approx([0, 0.98, 0.98 * 0.4 + 0.02 * 25 / spread, np.inf])


def test_the_gate_holds_19_of_20_distances_in_four_dimensions():
    assert chi2(4).cdf(GATE) == pytest.approx(0.95, abs=1e-5)


# Objects in a video -------------------------------------------------------------------------
def person(x, look=None, y=50, w=40, h=100, score=0.9):
    """One detection: box as left, top, right, bottom, its score and its feature."""
    return [x, y, x + w, y + h], score, look


def frame(*people):
    boxes, scores, looks = zip(*people, strict=True) if people else ([], [], [])
    plain = any(look is None for look in looks)
    return by_score(boxes, scores, None if plain else np.reshape(looks, (-1, 4)))


def tracked(frames, fps=30, **options):
    return track(frames, fps, OPTIONS | options)


def ids(result):
    return [[each[0] for each in found] for found in result]


@pytest.mark.parametrize("look", [None, LOOKS[0]], ids=["overlap", "looks"])
def test_an_object_that_walks_is_one_track(look):
    result = tracked([frame(person(10 + 4 * t, look)) for t in range(20)])
    assert ids(result) == [[1]] * 20
    _, x, y, w, h, score = result[-1][0]
    assert (x, y, w, h) == pytest.approx((86, 50, 40, 100), abs=1)
    assert score == pytest.approx(0.9)


@pytest.mark.parametrize("look", [None, LOOKS[0]], ids=["overlap", "looks"])
def test_an_object_counts_when_it_is_seen_twice_or_in_the_first_frame(look):
    later = [frame()] * 3 + [frame(person(10, look))] * 3
    assert ids(tracked(later)) == [[], [], [], [], [1], [1]]
    assert ids(tracked(later[3:])) == [[1]] * 3
    once = [frame(), frame(person(10, look)), frame(), frame()]
    assert ids(tracked(once)) == [[]] * 4


@pytest.mark.parametrize(
    ("missing", "fps", "last"),
    [(1, 30, 1), (6, 30, 1), (7, 30, 2), (11, 60, 1), (12, 60, 2), (2, 10, 1), (3, 10, 2)],
)
def test_a_lost_object_is_known_again_for_as_long_as_the_buffer(missing, fps, last):
    seen = [frame(person(10, LOOKS[0]))]
    result = tracked(seen * 10 + [frame()] * missing + seen * 2, fps)
    assert ids(result)[-1] == [last]
    assert ids(result)[10 : 10 + missing] == [[]] * missing


@pytest.mark.parametrize(("missing", "last"), [(1, 1), (6, 1), (7, 2)])
def test_without_features_a_lost_object_is_known_again_by_its_place(missing, last):
    seen = [frame(person(10))]
    assert ids(tracked(seen * 5 + [frame()] * missing + seen * 2))[-1] == [last]
    moved = [frame(person(40))]
    assert ids(tracked(seen * 5 + [frame()] * missing + moved * 2))[-1] == [2]


def test_at_the_place_of_a_lost_track_no_other_begins():
    seen, other = [frame(person(10, LOOKS[0]))], [frame(person(10, LOOKS[1]))]
    result = ids(tracked(seen * 5 + [frame()] + other * 9))
    assert result[:12] == [[1]] * 5 + [[]] * 7
    assert result[12] == result[14] != [1] and len(result[12]) == 1


def test_a_track_that_lasts_longer_replaces_a_lost_one_at_its_place():
    """The second object walks over to where the first, which was seen for less time, was lost."""
    frames = [frame(person(500 - 4 * t, LOOKS[1])) for t in range(30)]
    short = [frame(person(500 - 4 * t, LOOKS[1]), person(400, LOOKS[0])) for t in (20, 21)]
    frames[20:22] = short
    result = tracked(frames, buffer=90)
    assert ids(result)[21] == [1, 2]
    assert ids(result)[25:] == [[1]] * 5
    again = tracked(
        [*frames, frame(person(400, LOOKS[0])), frame(person(400, LOOKS[0]))], buffer=90
    )
    assert ids(again)[-1] == [3]


def test_objects_that_cross_keep_their_identity_by_looks():
    def crossing(look):
        return [frame(person(8 * t, look(0)), person(160 - 8 * t, look(1))) for t in range(20)]

    result = tracked(crossing(lambda who: LOOKS[who]))
    first = [{each[0]: each[1] for each in found}[1] for found in result]
    assert first == pytest.approx([8 * t for t in range(20)], abs=6)


def test_looks_alone_are_not_enough_far_away():
    here, there = frame(person(10, LOOKS[0])), frame(person(400, LOOKS[0]))
    assert ids(tracked([here] * 5 + [there] * 2)) == [[1]] * 5 + [[], [2]]


@pytest.mark.parametrize(("distance", "last"), [(0.4, []), (0.7, [1])])
def test_a_lost_object_is_known_again_by_how_alike_it_looks(distance, last):
    other = np.array([0.5, 0.75**0.5, 0, 0], np.float32)  # half as unlike as can be
    seen, later = frame(person(10, LOOKS[0])), frame(person(10, other))
    assert ids(tracked([seen] * 5 + [frame()] + [later], distance=distance))[-1] == last


def test_the_mean_of_looks_follows_slowly_and_keeps_its_length():
    tracker = Tracker(OPTIONS, 30)
    for look in LOOKS[:3]:
        tracker.step(frame(person(10, look)))
    second = np.array([0.9, 0.1, 0, 0]) / np.hypot(0.9, 0.1)
    third = 0.9 * second + 0.1 * LOOKS[2]
    assert tracker.tracks[0].feature == pytest.approx(third / np.linalg.norm(third))


def test_a_lost_object_moves_on_but_no_longer_grows():
    def at(t, height):
        return frame(person(100 + 5 * t, LOOKS[0], h=height))

    frames = [at(t, 100 + 6 * t) for t in range(15)] + [frame()] * 6
    tracker = Tracker(OPTIONS, 30)
    for each in frames:
        tracker.step(each)
    x, _, _, height = tracker.tracks[0].mean[:4]
    assert x == pytest.approx(100 + 5 * 20 + 20, abs=2)
    assert height == pytest.approx(100 + 6 * 15, abs=3)


def test_boxes_too_small_or_too_wide_are_tracked_but_no_result():
    people = [person(10, w=8, h=12), person(100, w=10, h=20), person(300, w=170, h=100)]
    assert ids(tracked([frame(*people)] * 3)) == [[2]] * 3
    assert ids(tracked([frame(*people)] * 3, min_area=0, max_aspect=2)) == [[1, 2, 3]] * 3


def test_detections_of_little_confidence_do_not_enter():
    result = tracked([frame(person(10, score=0.39), person(200, score=0.4))] * 3)
    assert [[each[1] for each in found] for found in result] == [[pytest.approx(200)]] * 3


@pytest.mark.parametrize(
    "box", [[0, 0, 0, 50], [0, 50, 40, 0], [0, 0, np.nan, 9], [0, 0, np.inf, 9]]
)
def test_boxes_without_an_area_are_ignored(box):
    assert usable(frame(person(100), (box, 0.9, None)), 0.4).sum() == 1
    assert ids(tracked([frame(person(100), (box, 0.9, None))] * 3)) == [[1]] * 3


def test_a_video_may_have_no_frame_or_nothing_in_it():
    assert tracked([]) == []
    assert tracked([frame(), by_score([], [], np.zeros((0, 4)))]) == [[], []]


def crowd(seed, frames=60, people=8):
    draw = np.random.default_rng(seed)
    at, speed = draw.uniform(0, 600, people), draw.normal(0, 4, people)
    for t in range(frames):
        seen = draw.random(people) < 0.8
        looks = np.eye(people)[seen] + draw.normal(0, 0.1, (seen.sum(), people))
        looks /= np.linalg.norm(looks, axis=1, keepdims=True)
        x = (at + speed * t + draw.normal(0, 1, people))[seen]
        boxes = np.column_stack([x, 0 * x + 50, x + 40, 0 * x + 150])
        yield by_score(boxes, draw.uniform(0.3, 1, seen.sum()), looks)


def test_the_same_detections_are_the_same_tracks():
    first, again = (track(crowd(3), 25, OPTIONS | {"buffer": 30}) for _ in range(2))
    assert first == again
    assert all(len({*found}) == len(found) for found in ids(first))
    assert 5 <= len(set(itertools.chain(*ids(first)))) <= 16


@pytest.mark.skipif(not CAMPUS.is_dir(), reason="needs the shared MOT15 sequence")
def test_tud_campus_is_tracked_by_overlap_as_a_tracker_written_apart_did():
    """All detections that come with it; figures of a prototype that leaves lost tracks lost."""
    found = np.loadtxt(CAMPUS / "det" / "det.txt", delimiter=",")
    chosen = [found[found[:, 0] == number] for number in range(1, 72)]
    frames = [by_score(corners(each[:, 2:6]), each[:, 6]) for each in chosen]
    result = track(frames, 25, OPTIONS | {"confidence": 0, "buffer": 30, "distance": 0})
    names = ("frame", "id", "x", "y", "w", "h", "score")
    rows = [
        dict(zip(names, (index, *each), strict=True))
        for index, seen in enumerate(result)
        for each in seen
    ]
    truth = pd.read_csv(CAMPUS / "gt" / "gt.txt", header=None, usecols=range(6))
    truth = truth.set_axis(["frame", "id", "x", "y", "w", "h"], axis=1).assign(sequence="c")
    scores = measures(evaluate([{"clip": "c", "tracks": rows}], truth, 0.5, "order"))
    shown = {name: scores[name] for name in ("fp", "fn", "switches", "fragmentations")}
    assert shown == {"fp": 32, "fn": 125, "switches": 26, "fragmentations": 23}
    assert [round(scores[name], 4) for name in ("mota", "idf1", "hota")] == [0.4903, 0.4320, 0.3287]
