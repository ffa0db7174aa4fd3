"""Figures of clips: which clips they choose, what they show, and that they repeat to the byte."""

import math
from functools import partial

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.text import Text

from framefault.corruption.bits import boxes, flipped_bits, packets
from framefault.corruption.packet_loss import corrupt as drop_packets
from framefault.corruption.random import flip_bits
from framefault.data.motion import make_clip
from framefault.files import write_clips
from framefault.plots.bit_strips import (
    draw_bits,
    draw_flips,
    draw_packets,
    flip_rows,
    packet_rows,
    zoom,
)
from framefault.plots.examples import (
    Examples,
    clip_that_degrades,
    level_blocks,
    median_clip,
    pair_blocks,
    said_of,
    spread,
    typical_clip,
    verdict,
)
from framefault.plots.frame_grid import (
    COLUMNS,
    clips_of,
    csv_table,
    draw_blocks,
    grid_size,
    titled,
)
from framefault.plots.overview import draw_overview
from framefault.plots.style import drawn
from framefault.seeds import rng
from framefault.tabular import write_csv, write_parquet
from framefault.tasks.recognition.predictions import SCHEMA
from scored import ANY, LOST, RIGHT, WRONG, frame
from videos import encode_frames


@pytest.fixture(scope="module")
def clip():
    """A real H.264 file of several pictures and packets."""
    return encode_frames(make_clip("figures", "pan_left", "coffee", 160, 120, 12, 6), 25)


def written(folder, draw, note="Generated."):
    output = {"pdf": folder / "a.pdf", "png": folder / "a.png"}
    with drawn(4, 3, note, output) as figure:
        draw(figure)
    return [path.read_bytes() for path in output.values()]


@pytest.mark.parametrize("draw", [draw_blocks, draw_bits])
def test_without_levels_the_figure_says_so(tmp_path, draw):
    said = []

    def draw_and_listen(figure):
        draw(figure, [])
        said.extend(text.get_text() for text in figure.texts)

    assert written(tmp_path, draw_and_listen)
    assert said == ["No corruption level is evaluated."]
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


def test_clip_of_figures_1_and_2_is_the_median_of_those_damaged_everywhere():
    first = [fact(distance=d) for d in (0.9, 0.3, 0.1, 0.0, 0.2)] + [fact(playable=False)]
    second = [fact(distance=d) for d in (0.8, 0.1, 0.5, 0.9, 0.0, 0.2)]
    # Clips 3 and 4 are undamaged once, clip 5 does not play; the sums of the others are
    # 1.7, 0.4 and 0.6.
    assert typical_clip([first, second]) == (2, 3)
    assert typical_clip([first]) == (4, 4)
    assert typical_clip([[fact(distance=0)]]) == (0, 0)
    assert typical_clip([]) == (0, 0)
    words = "the median, by damage, of 3 clips that play and are damaged by each corruption"
    assert said_of("a/b", 3) == f"Clip a/b: {words}."
    assert said_of("a/b", 0) == "Clip a/b."


def test_lost_packets_are_drawn_one_by_one():
    lost = {"bytes": 1460, "ends_picture": False, "lost": True}
    sent = [lost | {"lost": False}, lost, lost, lost | {"bytes": 5, "lost": False}]
    axes = Figure().subplots()
    draw_packets(axes, sent)
    orange = [each for each in axes.collections if to_hex(each.get_facecolor()[0]) == "#e69f00"]
    ends = [sorted({x for x, _ in each.get_paths()[0].vertices.tolist()}) for each in orange]
    assert ends == [[1, 2], [2, 3]]
    assert {to_hex(each.get_edgecolor()[0]) for each in orange} == {"#ffffff"}
    assert axes.get_xlim() == (0, 4)


def test_figure_2_has_a_row_of_clean_frames(tmp_path):
    images = list(np.zeros((6, 12, 16, 3), np.uint8))
    clean = {"title": "No corruption", "draw": None, "numbers": range(6), "images": images}
    sent = [{"bytes": 10, "ends_picture": True, "lost": False}]
    parts = [clean, clean | {"title": "Lost", "draw": partial(draw_packets, sent=sent)}]
    drawn_axes = []

    def draw(figure):
        draw_bits(figure, parts)
        drawn_axes.extend(figure.axes)

    assert written(tmp_path, draw)
    assert sum(bool(axes.images) for axes in drawn_axes) == 12 and len(drawn_axes) == 13


def test_long_notes_are_wrapped_within_the_figure(tmp_path):
    note = " ".join(["damage"] * 60)
    inside = []

    written(tmp_path, inside.append, note)
    (label,) = [text for text in inside[0].findobj(Text) if text.get_text().startswith("damage")]
    assert "\n" in label.get_text()
    inside[0].draw_without_rendering()
    assert label.get_window_extent().x1 <= inside[0].bbox.x1


def test_frames_are_spread():
    assert spread(32, 4) == [4, 12, 20, 28]
    assert spread(1, 3) == [0, 0, 0]


def test_packets_of_the_figure_are_those_that_were_lost(clip):
    level, seed = "0.3", 4
    key = ("corrupt", "mine", "packet_loss", float(level), seed, "a/b")
    _, sent, lost, *_ = drop_packets(clip, float(level), rng(*key))
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
    short = b"\0\0\0\x10ftypisom\0\0\0\0" + b"\0\0\0\x08free"
    assert boxes(short) == [("ftyp", 0, 16), ("free", 16, 8)]


def test_strip_and_grid_are_drawn(tmp_path, clip):
    positions = flipped_bits(clip, flip_bits(clip, 1e-4, rng("figures"))[0])
    assert written(tmp_path, lambda figure: draw_flips(figure.add_subplot(), clip, positions))
    image = np.zeros((12, 16, 3), np.uint8)
    facts = {"right": False, "clip": "a/b", "distance": math.pi, "corruption": "random"}
    lines = [{"title": "✗ b", "images": [image, None], "facts": facts}]
    lines.append({"title": "no clip", "images": [None, None], "facts": {"right": None}})
    blocks = [{"title": "Random", "lines": lines}]
    pdf, png = written(tmp_path, lambda figure: draw_blocks(figure, blocks))
    table = csv_table(blocks)
    assert list(table.columns) == COLUMNS
    assert table[["block", "clip", "distance"]].values.tolist() == [["Random", "a/b", math.pi]]
    assert grid_size(blocks)[0] > 2
    assert written(tmp_path, lambda figure: draw_blocks(figure, blocks)) == [pdf, png]


# Examples from stored clips and predictions ---------------------------------------------------

LIMITS = {"cpu_seconds": 30, "cpu_seconds_per_megapixel": 0, "memory_mb": 2048}
CONDITIONS = [("clean", "0"), ("random", "1e-4"), ("random", "1e-6")]


@pytest.fixture
def examples(tmp_path, clip):
    """Two clips: the second is right until it is damaged; the first is lost under 1e-4."""
    names = ["a/x.mp4", "b/y.mp4"]
    videos = [(name, "test") for name in names] + [("a/t.mp4", "train"), ("b/t.mp4", "train")]
    size = {"frames": 12, "width": 160, "height": 120, "turns": 0}
    write_csv(
        tmp_path / "m.csv",
        [{"id": name[:3], "label": name[0], "split": split} | size for name, split in videos],
    )
    rows = {
        "0": [RIGHT, WRONG | {"label": 1}],
        "1e-4": [LOST, RIGHT | {"label": 1, "distance": 0.7}],
        "1e-6": [RIGHT | {"distance": 0.2}, WRONG | {"label": 1, "distance": 0.1}],
    }
    archives, accounts, predictions = [], [], []
    for _, level in CONDITIONS:
        archives.append(tmp_path / f"{level}.zip")
        damaged = clip if level != "1e-4" else clip[:200]
        write_clips(archives[-1], [(name, damaged) for name in names])
        predictions.append(tmp_path / f"{level}.parquet")
        if level != "0":
            accounts.append(tmp_path / f"{level}.csv")
            write_csv(accounts[-1], [{"clip": name[:3], "delay": 0.0} for name in names])
        table = frame(rows[level]).assign(clip=["a/x", "b/y"])
        write_parquet(predictions[-1], table.to_dict("records"), SCHEMA)
    files = tmp_path / "m.csv", archives, accounts, predictions
    return Examples(*files, CONDITIONS, ANY, LIMITS, "repeat")


def test_examples_know_each_clip_under_each_condition(examples, clip):
    assert examples.facts[CONDITIONS[0]][1] == {
        "clip": "b/y", "playable": True, "right": True, "label": "b", "predicted": "b",
        "distance": 0.0,
    }  # fmt: skip
    lost = examples.facts[CONDITIONS[1]][0]
    assert (lost["playable"], lost["right"], lost["predicted"]) == (False, None, None)
    assert examples.of("random") == [("random", "1e-6"), ("random", "1e-4")]
    assert examples.data(CONDITIONS[2], 1) == clip
    assert examples.data(CONDITIONS[1], 1) == clip[:200]


def test_frames_are_decoded_with_whatever_their_damage_does_to_them(examples):
    assert examples.decoded(CONDITIONS[0], 1)[0].shape == (12, 120, 160, 3)
    assert len(examples.decoded(CONDITIONS[1], 1)[0]) == 0
    clean = examples.decoded(CONDITIONS[0], 1)[0]
    seen = examples.seen(CONDITIONS[0], 1, [4, 11, 12])
    assert np.array_equal(seen[:2], clean[[4, 11]]) and seen[2] is None
    assert examples.seen(CONDITIONS[1], 1, [0, 6]) == [None, None]


@pytest.mark.parametrize("gaps", ["repeat", "drop"])
def test_clean_and_damaged_frames_are_of_the_same_moments(tmp_path, gaps):
    """Each picture can be decoded alone and fills one packet, so it is what it was, or lost."""
    data = encode_frames(
        make_clip("figures", "pan_left", "coffee", 160, 120, 12, 6), 25, options={"g": "1"}
    )
    received = drop_packets(data, 0.4, rng("moments", 4), mtu=65_000)
    kept = np.flatnonzero(rng("moments", 4).random(12) >= 0.4)
    assert 0 < kept[0] < kept[-1] < 11 and len(kept) < kept[-1]
    size = {"frames": 12, "width": 160, "height": 120, "turns": 0}
    videos = [("a/x", "test"), ("a/t", "train")]
    write_csv(
        tmp_path / "m.csv",
        [{"id": name, "label": "a", "split": split} | size for name, split in videos],
    )
    write_csv(tmp_path / "lost.csv", [{"clip": "a/x", "delay": received.delay}])
    files = [tmp_path / "clean.zip", tmp_path / "lost.zip"]
    for file, content in zip(files, (data, received.data), strict=True):
        write_clips(file, [("a/x.mp4", content)])
    write_parquet(
        tmp_path / "p.parquet", frame([RIGHT]).assign(clip="a/x").to_dict("records"), SCHEMA
    )
    conditions = [("clean", "0"), ("packet_loss", "0.4")]
    predictions = 2 * [tmp_path / "p.parquet"]
    accounts = [tmp_path / "lost.csv"]
    examples = Examples(
        tmp_path / "m.csv", files, accounts, predictions, conditions, ANY, LIMITS, gaps
    )
    clean, seen = (examples.seen(condition, 0, range(12)) for condition in conditions)
    for number, image in enumerate(seen):
        before = kept[kept <= number]
        there = number in kept if gaps == "drop" else len(before) and number <= kept[-1]
        assert (image is not None) == bool(there)
        assert not there or np.array_equal(image, clean[before[-1]])


def test_verdicts_are_words(examples):
    assert [verdict(examples.facts[pair][1]) for pair in CONDITIONS] == ["✓ b", "✗ a", "✓ b"]
    assert verdict(examples.facts[CONDITIONS[1]][0]) == "not playable"


RANDOM = {"random": "Random file corruption"}


def test_figure_4_shows_one_clip_by_rising_level(examples, tmp_path):
    (block,) = titled(level_blocks(examples, RANDOM), RANDOM)
    assert block["title"] == "Random file corruption"
    assert [line["title"] for line in block["lines"]] == [
        "clean: ✓ b", "p = 1e-6: ✓ b", "p = 1e-4: ✗ a",
    ]  # fmt: skip
    shown = [[image is not None for image in line["images"]] for line in block["lines"]]
    assert shown == [[True] * 3, [True] * 3, [False] * 3]
    assert clips_of([block]) == "b/y"
    table = csv_table([block])
    assert table[["clip", "level", "frames"]].values.tolist()[1] == ["b/y", "1e-6", "2 6 10"]
    assert written(tmp_path, lambda figure: draw_blocks(figure, [block]))


def test_figure_5_shows_a_right_and_a_wrong_clip_of_each_condition(examples):
    severe, slight = titled(pair_blocks(examples), RANDOM)
    assert severe["title"] == "Random file corruption, p = 1e-4"
    assert [line["title"] for line in severe["lines"]] == [
        "no clip is correctly classified", "no clip is correctly classified",
        "b, clean: ✓ b", "b, corrupt: ✗ a",
    ]  # fmt: skip
    assert [line["title"] for line in slight["lines"]][:2] == ["b, clean: ✓ b", "b, corrupt: ✓ b"]
    assert csv_table([severe])["clip"].tolist() == ["b/y", "b/y"]
    assert clips_of([severe, slight]) == "b/y"


def test_overview_repeats_and_needs_no_level(tmp_path):
    image = np.full((12, 16, 3), 90, np.uint8)
    images = {"clean": image, "random": None, "packet_loss": image}
    levels = {"random": "0", "packet_loss": "0.1"}
    first, again = (
        written(tmp_path, lambda figure: draw_overview(figure, images, levels)) for _ in range(2)
    )
    assert first == again
