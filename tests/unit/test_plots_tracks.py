"""Figure 8: which moment it shows, what each box is, and what is written of it."""

import numpy as np
import pandas as pd
import pytest

from framefault.data.mot import TRACKS
from framefault.plots.style import drawn
from framefault.plots.tracks import (
    DOUBLE,
    FALSE,
    HIT,
    MISS,
    box_table,
    counted,
    draw_tracks,
    judged_boxes,
    panel_size,
    track_panels,
)
from framefault.tasks.tracking.examples import chosen_moment, place_of

PERSON, OTHER, NOBODY = [10, 10, 20, 40], [60, 10, 20, 40], [100, 100, 20, 40]
NEAR = [12, 10, 20, 40]  # IoU .82 with PERSON
FAR = [24, 10, 20, 40]  # IoU .18


def moved(box, by):
    return [box[0] + by, *box[1:]]


@pytest.mark.parametrize(
    ("truth", "found", "kinds"),
    [
        ([PERSON], [PERSON], [HIT]),
        ([PERSON], [NEAR], [HIT]),
        ([PERSON], [FAR], [MISS, FALSE]),
        ([PERSON], [], [MISS]),
        ([], [PERSON], [FALSE]),
        ([], [], []),
        ([PERSON], [NEAR, PERSON], [DOUBLE, HIT]),
        ([PERSON], [NEAR, NEAR], [HIT, DOUBLE]),
        ([PERSON, OTHER], [OTHER, NOBODY], [MISS, HIT, FALSE]),
        # Each has one person left, though both boxes overlap the same one most.
        ([PERSON, moved(PERSON, 5)], [moved(PERSON, 4), moved(PERSON, 7)], [HIT, HIT]),
        # A box on somebody who is missed is no double detection.
        ([PERSON, OTHER], [PERSON, moved(OTHER, 15)], [MISS, HIT, FALSE]),
    ],
)
def test_each_box_is_a_hit_a_miss_a_double_or_a_false_one(truth, found, kinds):
    judged = judged_boxes(truth, found, 0.5)
    assert [kind for kind, *_ in judged if kind != "ground truth"] == kinds
    assert sum(kind in ("ground truth", MISS) for kind, *_ in judged) == len(truth)
    assert sum(kind in (HIT, DOUBLE, FALSE) for kind, *_ in judged) == len(found)


def test_an_iou_of_exactly_the_least_is_a_hit():
    half = [[10, 10, 20, 20]]  # of PERSON
    assert [kind for kind, *_ in judged_boxes([PERSON], half, 0.5)] == ["ground truth", HIT]
    assert [kind for kind, *_ in judged_boxes([PERSON], half, 0.51)] == [MISS, FALSE]


def truth_of(rows):
    """A frame of TRACKS from (sequence, frame, boxes...)."""
    rows = [
        (sequence, frame, who, *box)
        for sequence, frame, *boxes in rows
        for who, box in enumerate(boxes, 1)
    ]
    return pd.DataFrame(rows, columns=list(TRACKS)).astype(TRACKS)


TRUTH = truth_of(
    [
        ("a", 1, PERSON, OTHER),
        ("a", 2, PERSON),
        ("a", 3, PERSON),
        ("a", 4, PERSON),
        ("b", 1, PERSON, OTHER, NOBODY),
    ]
)


@pytest.mark.parametrize(
    ("numbers", "moment"),
    [
        ([range(5), range(5)], ("a", 1)),
        ([range(5), [1, 2, 2, 3]], ("a", 3)),  # three frames with as many people
        ([range(5), [4]], ("a", 5)),  # nobody there, but decoded
        ([range(5), []], ("b", 1)),
        ([range(5), [9]], ("b", 1)),
    ],
)
def test_the_moment_has_most_people_and_is_decoded_everywhere(numbers, moment):
    conditions = [{"a": each, "b": [0]} for each in numbers]
    assert chosen_moment(TRUTH, ["a", "b"], conditions) == moment


def test_without_a_shared_frame_the_figure_says_so(tmp_path):
    assert chosen_moment(TRUTH, ["a"], [{"a": [0]}, {"a": []}]) is None
    output = {"pdf": tmp_path / "a.pdf", "png": tmp_path / "a.png"}
    with drawn(*panel_size([]), "", output) as figure:
        draw_tracks(figure, [], None)
        assert "No frame" in figure.texts[0].get_text()
    assert list(box_table([], None)) == ["panel", "sequence", "frame", "kind", *"xywh"]


@pytest.mark.parametrize(
    ("numbers", "place"), [(range(4), 2), ([1, 2, 3], 1), ([0, 2, 2], 1), ([0, 1, 3], None)]
)
def test_a_moment_is_found_among_what_is_left(numbers, place):
    assert place_of(3, numbers) == place


@pytest.fixture
def panels():
    """Clean, damaged with one frame gone before the moment, and damaged at the moment."""
    frames = np.arange(4, dtype=np.uint8)[:, None, None, None] * np.ones((1, 48, 64, 3), np.uint8)
    found = pd.DataFrame(
        [(1, 1, *PERSON, 0.9), (1, 2, *NOBODY, 0.8), (2, 1, *NEAR, 0.9)],
        columns=["frame", "id", "x", "y", "w", "h", "score"],
    )
    conditions = [
        ("Clean", frames[2], 2, found),
        ("Lost before", frames[2], 1, found),
        ("Lost", None, None, found),
    ]
    return track_panels(TRUTH, ("a", 3), conditions, 0.5)


def test_panels_show_the_same_moment_whatever_is_lost(panels):
    assert [panel["title"] for panel in panels] == ["Clean", "Lost before", "Lost"]
    assert [panel["image"] is not None and panel["image"][0, 0, 0] for panel in panels] == [
        2, 2, False,
    ]  # fmt: skip
    assert [counted(panel["boxes"]) for panel in panels] == [
        "1 hit", "1 hit, 1 false positive", "1 miss",
    ]  # fmt: skip
    assert counted([]) == "nobody, and no box"


def test_figure_and_table_hold_every_box_and_repeat_to_the_byte(panels, tmp_path):
    files = []
    for name in ("one", "two"):
        output = {"pdf": tmp_path / f"{name}.pdf", "png": tmp_path / f"{name}.png"}
        with drawn(*panel_size(panels), "A note.", output) as figure:
            draw_tracks(figure, panels, ("a", 3))
            axes = [axes for part in figure.subfigs for axes in part.axes]
            legend = [text.get_text() for text in figure.subfigs[1].legends[0].get_texts()]
        files.append([path.read_bytes() for path in output.values()])
    assert files[0] == files[1]
    assert [len(each.patches) for each in axes] == [2, 3, 1]
    assert len(legend) == 5
    table = box_table(panels, ("a", 3))
    assert len(table) == 6 and set(table["sequence"]) == {"a"} and set(table["frame"]) == {3}
    assert table.iloc[-1].tolist() == ["Lost", "a", 3, MISS, *PERSON]
