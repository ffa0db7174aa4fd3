"""What the figures plot, which clips they choose, and that the same picture is the same bytes."""

import math

import numpy as np
import pytest

from framefault.clips.motion import make_clip
from framefault.corruption.bits import boxes, flipped_bits, packets
from framefault.corruption.flips import flip_bits
from framefault.corruption.packet_loss import drop_packets
from framefault.paper_a import (
    CURVES,
    EXAMPLES,
    TABLE1,
    conditions,
    example_conditions,
    nearest,
)
from framefault.plots.bit_strips import draw_bits, draw_flips, flip_rows, packet_rows, zoom
from framefault.plots.curves import curve_rows, draw_curves
from framefault.plots.examples import clip_that_degrades, cut, median_clip, most_damaged, spread
from framefault.plots.frame_grid import csv_rows, draw_blocks, grid_size
from framefault.plots.style import drawn
from framefault.seeds import rng
from videos import encode_frames

EVALUATE = {"packet_loss": ["0.2", "1e-3"], "random": ["1e-4"], "contiguous": []}
GRID = conditions(("packet_loss", "random", "none"), EVALUATE)


@pytest.fixture(scope="module")
def clip():
    """A real H.264 file of several pictures and packets."""
    return encode_frames(make_clip("figures", "pan_left", "coffee", 160, 120, 12, 6), 25)


def cell(value, **more):
    interval = [value - 0.05, value + 0.1]
    return {
        "accuracy_playable": value, "interval_playable": interval, "distance_all": value / 10,
        "distance_correct": value / 20, "distance_incorrect": None,
    } | more  # fmt: skip


def cells_of(*seeds):
    return {
        ("mine", "none", seed, *condition): cell(0.5 + 0.1 * place + 0.02 * seed)
        for place, condition in enumerate(GRID)
        for seed in seeds
    }


def test_curves_are_cells_and_printed_numbers_side_by_side():
    printed = {(TABLE1, "none", "packet_loss", 0.2): 32.8}
    rows = curve_rows(CURVES["figure3"](["mine"]), cells_of(0), printed, GRID, [0])
    assert len(rows) == 4 * len(GRID)
    found = {(row["curve"], row["corruption"], row["level"]): row for row in rows}
    first = found["Accuracy", "packet_loss", "0.2"]
    assert (first["value"], first["low"], first["high"], first["paper"]) == (50, 45, 60, 32.8)
    assert found["Accuracy", "random", "1e-4"]["paper"] is None
    assert found["Accuracy", "none", "0"]["value"] == 80
    assert found["Distance, all", "random", "1e-4"]["value"] == pytest.approx(0.07)
    assert found["Distance, incorrect", "random", "1e-4"]["value"] is None


def test_bands_of_several_seeds_are_one_standard_deviation():
    rows = curve_rows(CURVES["figure3"](["mine"]), cells_of(0, 1, 2), {}, GRID, [0, 1, 2])
    first = rows[0]
    assert (first["value"], first["low"], first["high"], first["seeds"]) == (52, 50, 54, 3)


def written(folder, draw, note="Generated."):
    paths = folder / "a.pdf", folder / "a.png"
    with drawn(4, 3, note, *paths) as figure:
        draw(figure)
    return [path.read_bytes() for path in paths]


@pytest.mark.parametrize("name", CURVES)
@pytest.mark.parametrize("grid", [GRID, GRID[-1:]])
def test_figures_are_the_same_bytes_each_time(tmp_path, name, grid):
    panels = CURVES[name](["mine"])
    cells = {
        ("mine", defence, 0, *condition): cell(
            0.6, auroc=0.5, interval_auroc=[0.4, 0.6], accuracy_in_dist=0.7,
            interval_in_dist=[0.6, 0.8],
        )
        for defence in ("none", "odin", "energy")
        for condition in grid
    }  # fmt: skip
    rows = curve_rows(panels, cells, {}, grid, [0])
    first = written(tmp_path, lambda figure: draw_curves(figure, panels, rows))
    again = written(tmp_path, lambda figure: draw_curves(figure, panels, rows))
    assert first == again
    assert first[0][:5] == b"%PDF-" and first[1][1:4] == b"PNG"
    assert b"CreationDate" not in first[0]


@pytest.mark.parametrize("draw", [draw_blocks, draw_bits])
def test_without_levels_the_figure_says_so(tmp_path, draw):
    assert written(tmp_path, lambda figure: draw(figure, []))
    assert grid_size([])[0] > 2


def fact(playable=True, right=True, distance=0.1):
    return {"playable": playable, "right": right if playable else None, "distance": distance}


def test_clip_of_figure_4_is_right_at_first_and_wrong_at_last():
    clean = [fact(), fact(), fact(right=False), fact()]
    slight = [fact(), fact(), fact(), fact()]
    severe = [fact(playable=False), fact(), fact(right=False), fact(right=False)]
    assert clip_that_degrades(clean, [[slight, severe]]) == 3
    assert clip_that_degrades(clean[:2], [[slight[:2], severe[:2]]]) == 1
    assert clip_that_degrades(clean, []) == 0


def test_clip_of_figure_5_has_the_median_distance():
    clean = [fact() for _ in range(6)] + [fact(right=False)]
    corrupted = [
        fact(right=index % 2 == 0, distance=d) for index, d in enumerate([4, 9, 2, 8, 3, 0, 1])
    ]
    assert median_clip(clean, corrupted, right=True) == 4  # of 4, 2 and 3; clip 6 is wrong clean
    assert median_clip(clean, corrupted, right=False) == 3  # of 9 and 8; clip 5 is undamaged
    assert median_clip(clean[:1], corrupted[:1], right=False) is None


def test_clip_of_figures_1_and_2_is_damaged_everywhere():
    first = [fact(distance=0.9), fact(distance=0.3), fact(playable=False, distance=1.0)]
    second = [fact(distance=0.1), fact(distance=0.2), fact(distance=1.0)]
    assert most_damaged([first, second]) == 1
    assert most_damaged([]) == 0


def test_frames_are_spread_and_missing_ones_are_none():
    assert spread(32, 4) == [4, 12, 20, 28]
    assert spread(1, 3) == [0, 0, 0]
    images = cut(np.zeros((10, 2, 2, 3), np.uint8), [4, 9, 10])
    assert [image is None for image in images] == [False, False, True]


def test_levels_that_are_not_evaluated_give_way_to_the_nearest():
    assert nearest(["0.2", "0.01", "1e-4"], 0.1) == "0.2"
    assert nearest(["1e-8", "1e-5"], 1e-6) == "1e-5"
    assert example_conditions("figure4", EVALUATE) == [
        ("none", "0"), ("packet_loss", "1e-3"), ("packet_loss", "0.2"), ("random", "1e-4"),
    ]  # fmt: skip
    nothing = {name: [] for name in EVALUATE}
    assert {tuple(example_conditions(name, nothing)) for name in EXAMPLES} == {(("none", "0"),)}


def test_packets_of_the_figure_are_those_that_were_lost(clip):
    level, seed = "0.3", 4
    key = ("corrupt", "mine", "packet_loss", float(level), seed, "a/b")
    _, sent, lost = drop_packets(clip, float(level), rng(*key))
    drawn_packets = packets(clip, "mine", "a/b", level, seed, 1472)
    assert (len(drawn_packets), sum(packet["lost"] for packet in drawn_packets)) == (sent, lost)
    assert lost > 0
    assert sum(packet["ends_picture"] for packet in drawn_packets) == 12
    rows = packet_rows("a/b", level, drawn_packets)
    assert [row["position"] for row in rows[1:]] == list(
        np.cumsum([row["bytes"] for row in rows])[:-1]
    )


def test_flipped_bits_are_found_and_shown(clip):
    damaged, count = flip_bits(clip, 1e-3, rng("figures"))
    positions = flipped_bits(clip, damaged)
    assert len(positions) == count > 10
    restored = bytearray(damaged)
    for position in positions:
        restored[position >> 3] ^= 1 << (position & 7)
    assert bytes(restored) == clip
    assert flip_rows("a/b", "1e-3", positions)[3]["position"] == positions[3]
    assert zoom(bytes([0, 0b1010]), 8 + 2) == "byte 1: 00001010 → 00001110"


def test_boxes_fill_an_mp4_file_and_survive_what_is_none(clip):
    found = boxes(clip)
    assert {"ftyp", "mdat", "moov"} <= {name for name, *_ in found}
    assert sum(size for *_, size in found) == len(clip)
    assert boxes(b"RIFF....AVI ") == [("file", 0, 12)]
    assert boxes(b"\0\0\0\4ftyp") == []


def test_strip_and_grid_are_drawn(tmp_path, clip):
    positions = flipped_bits(clip, flip_bits(clip, 1e-4, rng("figures"))[0])
    assert written(tmp_path, lambda figure: draw_flips(figure.add_subplot(), clip, positions))
    image = np.zeros((12, 16, 3), np.uint8)
    facts = {"right": False, "clip": "a/b", "distance": math.pi, "corruption": "random"}
    lines = [{"title": "✗ b", "images": [image, None], "facts": facts}]
    lines.append({"title": "no clip", "images": [None, None], "facts": {"right": None}})
    blocks = [{"title": "Random", "lines": lines}]
    pdf, png = written(tmp_path, lambda figure: draw_blocks(figure, blocks))
    assert [row["clip"] for row in csv_rows(blocks)] == ["a/b"]
    assert grid_size(blocks)[0] > 2
    assert written(tmp_path, lambda figure: draw_blocks(figure, blocks)) == [pdf, png]
