"""Figure 2 of paper B: which rejected pairs it shows, and that they repeat to the byte."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from framefault.plots.rejected import draw_rejected, figure_size
from framefault.plots.style import drawn
from framefault.tasks.frames.examples import REASONS, rejected_pairs
from framefault.tasks.frames.sets import pm_sets
from pmk import only_reviewed

ALL = ["deformation", "background-change", "blur-increase", "problematic", "incorrect"]


def sets_of(*anchors):
    """Anchors a, b, … of class 0, each a list of (reasons of a neighbour) or those of itself."""
    found = []
    for name, pairs in zip("abcdefg", anchors, strict=False):
        own = pairs if isinstance(pairs, set) else ()
        neighbours = [] if own else pairs
        around = [(f"{name}/{n}", n, [0], why) for n, why in enumerate(neighbours, 1)]
        found.append((f"{name}/0", [0], around or [(f"{name}/1", 1, [0], [])], own))
    return pm_sets(["dog", "car"], {0: [0]}, found)


def pictures(sets, **levels):
    """Grey pictures of all frames, black but for some: {"a1": 50}."""
    grey = np.array([levels.get(key.replace("/", ""), 0) for key in sets.frames], np.uint8)
    return np.broadcast_to(grey[:, None, None, None], (len(grey), 6, 6, 3)).copy()


def test_a_row_per_reason_with_the_pairs_that_differ_most():
    sets = sets_of([["deformation"], ["deformation"]], [["deformation"], []], [["deformation"]],
                   [["blur-increase"]], [["incorrect", "deformation"]])  # fmt: skip
    frames = pictures(sets, a1=20, a2=70, b1=30, b2=250, c1=40, d1=9, e1=200)
    table = rejected_pairs(sets, frames)
    assert table[["reason", "frame", "offset", "difference"]].values.tolist() == [
        ["Motion", "a/2", 2, 70], ["Motion", "c/1", 1, 40],
        ["Blur", "d/1", 1, 9], ["Wrong label", "e/1", 1, 200],
    ]  # fmt: skip
    assert set(table["label"]) == {"dog"} and table["pair"].tolist() == [0, 1, 0, 0]


def test_pairs_of_one_reason_come_before_pairs_of_several_and_no_anchor_twice():
    several = ["dissimilar", "deformation", "blur-increase"]
    sets = sets_of([several], [["dissimilar", "deformation"]], [several])
    table = rejected_pairs(sets, pictures(sets, a1=90, b1=10, c1=80))
    assert table[["reason", "anchor"]].values.tolist() == [
        ["Motion", "b/0"], ["Motion", "a/0"], ["Blur", "c/0"],
    ]  # fmt: skip
    assert table["words"][1] == "blur-increase, deformation, dissimilar"


def test_pairs_of_rejected_anchors_and_kept_pairs_are_not_shown():
    sets = sets_of({"bad"}, [[]], [["blur-increase"]])
    assert rejected_pairs(sets, pictures(sets, a1=9, b1=9))["anchor"].tolist() == ["c/0"]


def test_difference_is_over_pixels_and_has_a_sign_in_neither_direction():
    sets = sets_of([["blur-increase"]])
    frames = pictures(sets, a0=200, a1=100)
    frames[1, :3] = 255
    assert rejected_pairs(sets, frames)["difference"].tolist() == [77.5]


@pytest.mark.parametrize("known", [True, False])
def test_without_rejected_frames_the_figure_says_so(known):
    sets = sets_of([[]])
    table = rejected_pairs(sets if known else only_reviewed(sets), pictures(sets))
    figure = Figure(figure_size(table))
    draw_rejected(figure, table, pictures(sets))
    assert [text.get_text() for text in figure.texts] == [
        "No rejected frame is known: the release has only what review kept."
    ]


def test_the_figure_shows_reason_class_and_offset_and_repeats(tmp_path):
    sets = sets_of(*([[word]] for word in ALL), [["blur-increase"]])
    frames = pictures(sets, c1=40, f1=50)
    table = rejected_pairs(sets, frames)
    figure = Figure(figure_size(table))
    draw_rejected(figure, table, frames)
    shown = [axes for axes in figure.axes if axes.images]
    assert [axes.get_ylabel() for axes in shown[:10:2]] == list(REASONS)
    assert {axes.get_title() for axes in shown} == {"Anchor: dog", "1 frame later"}
    assert len(shown) == 12
    made = []
    for folder in ("a", "b"):
        output = {end: tmp_path / folder / f"figure.{end}" for end in ("pdf", "png")}
        with drawn(*figure_size(table), "Generated.", output) as figure:
            draw_rejected(figure, table, frames)
        made.append([path.read_bytes() for path in output.values()])
    assert made[0] == made[1]
