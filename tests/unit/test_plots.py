"""Figures of numbers: what they plot, by hand, and that the same numbers are the same bytes."""

import math

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from framefault.corruption.registry import corruptions
from framefault.plots.bars import bar_table, draw_classes, draw_offsets
from framefault.plots.changes import draw_pairs, place_of
from framefault.plots.curves import curve_table, draw_over_k, draw_over_levels
from framefault.plots.distances import (
    chosen_pairs,
    distribution_table,
    draw_distributions,
)
from framefault.plots.scatter import draw_scatter, fit, scatter_table
from framefault.plots.style import drawn
from framefault.plots.toy import draw_toy, toy_errors, toy_sets, toy_table
from framefault.results.scores import share
from framefault.tasks.frames.examples import changed_pairs, linf_distances
from framefault.tasks.frames.score import model_scores
from framefault.tasks.frames.sets import pm_sets
from papers import NOTHING, paper
from pmk import only_reviewed, small_sets
from scored import cells

GRID = NOTHING | {"packet_loss": ["0.2", "1e-3"], "random": ["1e-4"]}


def written(folder, draw, note="Generated."):
    """The bytes of a figure as PDF and PNG."""
    output = {"pdf": folder / "a.pdf", "png": folder / "a.png"}
    with drawn(4, 3, note, output) as figure:
        draw(figure)
    return [path.read_bytes() for path in output.values()]


def assert_repeats(folder, draw):
    """Drawing twice gives the same two files, which have no date."""
    first, again = (written(folder, draw) for _ in range(2))
    assert first == again
    assert first[0][:5] == b"%PDF-" and first[1][1:4] == b"PNG"
    assert b"CreationDate" not in first[0]


def texts(folder, draw):
    """All that a figure says in its axes and legend."""
    found = []
    with drawn(4, 3, "", {"pdf": folder / "a.pdf", "png": folder / "a.png"}) as figure:
        draw(figure)
        for axes in figure.axes:
            found += [axes.get_title(), axes.get_xlabel(), axes.get_ylabel()]
            found += [label.get_text() for label in axes.get_xticklabels()]
        found += [text.get_text() for legend in figure.legends for text in legend.get_texts()]
        found += [text.get_text() for text in figure.texts]
    return found


# Curves over levels ---------------------------------------------------------------------------


def settings(figure, seeds=(0,), grid=GRID):
    drawn_from = {"corruption": list(seeds), "training": [0], "corruption_of": {"crowd": seeds}}
    tables = {"tracking": ["crowd"] if figure == "figure9" else []}
    return paper("paper_a", evaluate=grid, seeds=drawn_from, tables=tables).figure_settings(figure)


def scores_of(points, *seeds):
    """Scores at all points: 0.5, then 0.1 more with each condition and 0.02 with each seed."""
    places = list(dict.fromkeys((p["corruption"], p["level"]) for p in points))
    rows = []
    for point in points:
        for seed in seeds:
            value = 0.5 + 0.1 * places.index((point["corruption"], point["level"])) + 0.02 * seed
            names = {key: point[key] for key in ("model", "corruption", "level", "measure")}
            numbers = {"value": value, "low": value - 0.05, "high": value + 0.1}
            if point["measure"] == "distance_incorrect":
                numbers = dict.fromkeys(numbers)
            numbers["of"] = 8 if point["level"] == "1e-3" else 200
            rows.append(names | {"dataset": point["dataset"], "seed": seed} | numbers)
    return cells(*rows)


def curves(figure, *seeds, grid=GRID):
    wanted = settings(figure, seeds, grid)
    scales = {look["title"]: look["scale"] for look in wanted["panels"]}
    return wanted["panels"], curve_table(
        wanted["points"], scores_of(wanted["points"], *seeds), scales
    )


def over_levels(figure, looks, table):
    """Draw curves with a row for each corruption of the table, all with one label below."""
    named = [name for name in corruptions() if (table["corruption"] == name).any()]
    rows = [{"corruption": name, "axis": f"By {name}", "label": "p"} for name in named]
    draw_over_levels(figure, looks, rows, table)


def test_curves_are_scores_and_printed_numbers_side_by_side():
    _, table = curves("figure3", 0)
    assert len(table) == 4 * 4
    found = {
        (row["curve"], row["corruption"], row["level"]): row for row in table.to_dict("records")
    }
    first = found["Accuracy", "packet_loss", "0.2"]
    assert (first["value"], first["low"], first["high"], first["paper"]) == (50, 45, 60, 32.8)
    assert (first["x"], first["runs"]) == (0.2, 1)
    assert found["Accuracy", "clean", "0"]["value"] == 80
    assert found["Distance, all", "random", "1e-4"]["value"] == 0.7  # no percentage
    assert math.isnan(found["Distance, incorrect", "random", "1e-4"]["value"])
    assert found["Distance, incorrect", "random", "1e-4"]["runs"] == 0


def test_bands_are_the_wider_of_spread_over_runs_and_interval_over_clips():
    _, table = curves("figure3", 0, 1, 2)
    first = table.loc[0]
    assert (first["value"], first["low"], first["high"], first["runs"]) == (52, 47, 62, 3)
    _, table = curves("figure3", 0, 10, 20)
    first = table.loc[0]
    assert (first["value"], first["low"], first["high"], first["runs"]) == (70, 50, 90, 3)


@pytest.mark.parametrize("name", ["figure3", "figure6", "figure7", "figure9"])
@pytest.mark.parametrize("grid", [GRID, NOTHING])
def test_curves_are_the_same_bytes_each_time(tmp_path, name, grid):
    looks, table = curves(name, 0, grid=grid)
    assert_repeats(tmp_path, lambda figure: over_levels(figure, looks, table))


def test_rows_name_their_axis_and_share_the_label_below_where_they_can(tmp_path):
    looks, table = curves("figure9", 0, grid=GRID | {"contiguous": ["0.5"]})
    names = ["packet_loss", "random", "contiguous"]
    rows = [
        {"corruption": name, "axis": f"By {name}", "label": label}
        for name, label in zip(names, ["p", "p", "Share"], strict=True)
    ]
    with drawn(6, 4, "", {"pdf": tmp_path / "a.pdf", "png": tmp_path / "a.png"}) as figure:
        draw_over_levels(figure, looks, rows, table)
        found = [axes.get_xlabel() for axes in figure.axes]
        beside = {text.get_text() for axes in figure.axes for text in axes.texts}
    assert found == [""] * 3 + ["p"] * 3 + ["Share"] * 3
    assert {f"By {name}" for name in names} <= beside


def test_corruption_that_leaves_nothing_to_score_has_empty_panels(tmp_path):
    looks, table = curves("figure3", 0)
    table.loc[table["corruption"] == "random", ["value", "low", "high"]] = None
    with drawn(6, 4, "", {"pdf": tmp_path / "a.pdf", "png": tmp_path / "a.png"}) as figure:
        over_levels(figure, looks, table)
        filled = [bool(axes.get_xticks().size) for axes in figure.axes]
    assert filled == [True, True, False, False]


def test_a_figure_without_levels_says_so(tmp_path):
    looks, table = curves("figure3", 0, grid=NOTHING)
    found = texts(tmp_path, lambda figure: over_levels(figure, looks, table))
    assert found == ["No corruption level is evaluated."]


def test_curves_show_our_numbers_and_the_papers(tmp_path):
    looks, table = curves("figure3", 0)
    lines = {}
    with drawn(4, 3, "", {"pdf": tmp_path / "a.pdf", "png": tmp_path / "a.png"}) as figure:
        over_levels(figure, looks, table)
        axes = figure.axes[0]
        for line in axes.get_lines():
            if len(line.get_xdata()) and line.get_linestyle() != ":":
                lines[line.get_linestyle()] = line.get_xdata().tolist(), line.get_ydata().tolist()
        assert axes.get_ylim() == (0, 102)
    assert lines["-"] == ([1e-3, 0.2], [60, 50])
    assert lines["--"] == ([1e-3, 0.2], [60.6, 32.8])


def test_tracking_has_error_bars_and_an_axis_for_what_is_below_zero(tmp_path):
    looks, table = curves("figure9", 0, 1, grid=GRID | {"contiguous": ["0.5"]})
    assert set(table["corruption"]) == {"packet_loss", "random", "contiguous", "clean"}
    mota = table["curve"] == "MOTA"
    table.loc[mota, ["value", "low", "high"]] -= 1.5
    with drawn(6, 4, "", {"pdf": tmp_path / "a.pdf", "png": tmp_path / "a.png"}) as figure:
        over_levels(figure, looks, table)
        mine, counts = figure.axes[0], figure.axes[1]
        lowest = table.loc[mota, "low"].min()
        assert mine.get_ylim()[0] <= lowest < 0 == counts.get_ylim()[0]
        (bars,) = [part for part in mine.collections if len(part.get_segments())]
        ends = {round(y, 4) for segment in bars.get_segments() for _, y in segment}
        rows = table[mota & (table["corruption"] == "packet_loss")]
        assert ends == {*rows["low"], *rows["high"]}


def test_points_on_few_clips_are_open_and_counted(tmp_path):
    looks, table = curves("figure3", 0)
    assert table.loc[table["level"] == "1e-3", "of"].tolist() == [8] * 4
    opened = {}

    def draw(figure):
        over_levels(figure, looks, table)
        for place, axes in enumerate(figure.axes):
            white = [line for line in axes.get_lines() if line.get_markerfacecolor() == "white"]
            opened[place] = {x for line in white for x in line.get_xdata()}

    words = "Open: fewer than 20 clips"
    assert words in texts(tmp_path, draw)
    assert opened == {0: {1e-3}, 1: {1e-3}, 2: set(), 3: set()}
    many = table.assign(of=200)
    assert words not in texts(tmp_path, lambda figure: over_levels(figure, looks, many))


@pytest.mark.parametrize("name", ["figure6", "figure7"])
def test_axes_hold_values_below_40_percent(tmp_path, name):
    looks, table = curves(name, 0)
    table = table.assign(value=9, low=1, high=15)
    with drawn(4, 3, "", {"pdf": tmp_path / "a.pdf", "png": tmp_path / "a.png"}) as figure:
        over_levels(figure, looks, table)
        assert all(axes.get_ylim()[0] <= 1 for axes in figure.axes)


def test_without_printed_numbers_the_legend_does_not_name_the_paper(tmp_path):
    looks, table = curves("figure3", 0)
    words = "Paper, printed values (HMDB51)"
    assert words in texts(tmp_path, lambda figure: over_levels(figure, looks, table))
    bare = table.assign(paper=None)
    assert words not in texts(tmp_path, lambda figure: over_levels(figure, looks, bare))


# Curves over k --------------------------------------------------------------------------------


TITLES = {"scenes": "Scenes", "shorts": "Shorts"}
KINDS = {"ilsvrc": "Trained on stills", "finetuned": "+ fine-tuning"}


def models_of(dataset="scenes"):
    """Three models of two kinds with made-up scores; the data set is that of a role."""
    kinds = {"a": "Trained on stills", "b": "Trained on stills", "c": "+ fine-tuning"}
    return [{"dataset": dataset, "model": model, "kind": kind} for model, kind in kinds.items()]


def under(measure, model, count, of=40, dataset="scenes", **more):
    return {"dataset": dataset, "model": model} | share(measure, count, of, 0.95) | more


def over_k():
    points = [
        {"dataset": "scenes", "model": model, "corruption": "clean", "level": "0", "part": "",
         "measure": f"pm_{k}", "panel": "scenes", "curve": curve, "x": k}
        for model, curve in (("a", "Trained on stills"), ("c", "+ fine-tuning"))
        for k in range(3)
    ]  # fmt: skip
    rows = [under(f"pm_{k}", model, count - 10 * k)
            for model, count in (("a", 30), ("c", 40)) for k in range(3)]  # fmt: skip
    return curve_table(points, cells(*rows), {"scenes": 100})


def test_curves_over_k_are_shares_in_percent_with_their_intervals(tmp_path):
    table = over_k()
    assert table[["curve", "x", "value"]].values.tolist() == [
        ["Trained on stills", 0, 75], ["Trained on stills", 1, 50], ["Trained on stills", 2, 25],
        ["+ fine-tuning", 0, 100], ["+ fine-tuning", 1, 75], ["+ fine-tuning", 2, 50],
    ]  # fmt: skip
    assert (table["low"] < table["value"]).all() and table["of"].tolist() == [40] * 6
    look = {"title": "scenes", "xlabel": "k (frames)", "ylabel": "pm-k"}
    assert_repeats(tmp_path, lambda figure: draw_over_k(figure, [look], table, KINDS))
    found = texts(tmp_path, lambda figure: draw_over_k(figure, [look], table, KINDS))
    assert {"scenes", "k (frames)", "pm-k", "Trained on stills", "+ fine-tuning"} <= set(found)


# Points ---------------------------------------------------------------------------------------


def test_points_are_two_scores_of_each_model(tmp_path):
    rows = [under(name, model, count) for model, pair in
            (("a", (20, 10)), ("b", (30, 16)), ("c", (40, 22)))
            for name, count in zip(("pm_0", "pm_10"), pair, strict=True)]  # fmt: skip
    table = scatter_table(models_of(), "pm_0", "pm_10", None, cells(*rows))
    assert table["original"].tolist() == [50, 75, 100]
    assert table["perturbed"].tolist() == pytest.approx([25, 40, 55])
    low, high = share("pm_10", 10, 40, 0.95)["low"], share("pm_10", 10, 40, 0.95)["high"]
    assert (table.loc[0, "perturbed_low"], table.loc[0, "perturbed_high"]) == (
        100 * low,
        100 * high,
    )

    def draw(figure):
        draw_scatter(figure, table, TITLES, KINDS, "x", "y")

    assert_repeats(tmp_path, draw)
    assert "Scenes: y = 0.60 x − 5.0" in texts(tmp_path, draw)


def test_scores_on_frames_that_are_the_same_for_all_are_of_the_static_model(tmp_path):
    rows = [under("pm_0", "a", 20), under("pm_10", "a", 10), under("pm_0", "b", 30),
            under("pm_10", "b", 20), under("pm_0", "c", 36), under("pm_10", "c", 30)]  # fmt: skip
    rows += [under("static_pm_10", "static", count, part=f"model {model}")
             for model, count in (("a", 12), ("b", 24), ("c", 32))]  # fmt: skip
    table = scatter_table(models_of(), "pm_0", "static_pm_10", "pm_10", cells(*rows))
    columns = ["original", "perturbed", "per_model_perturbed"]
    assert table[columns].values.tolist() == [[50, 30, 25], [75, 60, 50], [90, 80, 75]]

    def draw(figure):
        draw_scatter(figure, table, TITLES, KINDS, "x", "y", "Per-model perturbation")

    assert_repeats(tmp_path, draw)
    assert "Per-model perturbation" in texts(tmp_path, draw)


def test_published_models_stand_behind_ours_and_are_not_in_the_fit(tmp_path):
    rows = [under(name, model, count) for model, pair in
            (("a", (20, 10)), ("b", (30, 16)), ("c", (40, 22)))
            for name, count in zip(("pm_0", "pm_10"), pair, strict=True)]  # fmt: skip
    points = [["scenes", "alexnet", 20.5, 4.0], ["scenes", "vgg", 99.0, 90.0]]
    published = {"label": "Published", "points": points}
    table = scatter_table(models_of(), "pm_0", "pm_10", None, cells(*rows), published)
    assert table[table["kind"] == "Published"].iloc[:, :5].values.tolist()[0][:2] == [
        "scenes", "alexnet"
    ]  # fmt: skip
    limits = []

    def draw(figure):
        draw_scatter(figure, table, TITLES, KINDS, "x", "y")
        limits.append(figure.axes[0].get_ylim())

    found = texts(tmp_path, draw)
    assert "Published" in found and "Scenes: y = 0.60 x − 5.0" in found
    assert limits[0] == (2, 100)
    assert_repeats(tmp_path, draw)


def test_a_single_model_has_no_fit():
    axes = Figure().subplots()
    assert all(math.isnan(value) for value in fit(axes, pd.Series([1.0]), pd.Series([2.0])))
    assert fit(axes, pd.Series([0.0, 10.0]), pd.Series([1.0, 6.0])) == pytest.approx((0.5, 1))


# Bars -----------------------------------------------------------------------------------------

BARS = {"All pairs": {"measure": "caused_unreviewed"}, "Reviewed pairs": {"measure": "caused"}}
BY_CLASS = {"Original": {"measure": "pm_0"}, "Perturbed": {"measure": "pm_10"}}


def test_bars_pool_all_models_of_a_data_set(tmp_path):
    rows = [
        under("caused", "a", 1, 10, part="offset -1"),
        under("caused", "b", 2, 10, part="offset -1"),
        under("caused", "gone", 9, 10, part="offset -1"),
        under("caused", "a", 3, 5, part="offset 10"),
        under("caused_unreviewed", "a", 6, 12, part="offset -1"),
        under("caused", "a", 1, 4, "shorts", part="offset 2"), under("pm_0", "a", 1, 2),
    ]  # fmt: skip
    models = [*models_of(), {"dataset": "shorts", "model": "a", "kind": "+ fine-tuning"}]
    table = bar_table(models, "offset", BARS, cells(*rows))
    assert table[["dataset", "offset", "bar", "count", "of"]].values.tolist() == [
        ["scenes", "-1", "Reviewed pairs", 3, 20], ["scenes", "10", "Reviewed pairs", 3, 5],
        ["scenes", "-1", "All pairs", 6, 12], ["shorts", "2", "Reviewed pairs", 1, 4],
    ]  # fmt: skip
    assert table["value"].tolist() == pytest.approx([15, 60, 50, 25])
    assert_repeats(tmp_path, lambda figure: draw_offsets(figure, table, TITLES, "x", "y"))


def test_pairs_that_were_not_released_have_no_bar(tmp_path):
    sets = only_reviewed(small_sets())
    scores = model_scores(np.zeros(5, int), sets, {"labels": "frame", "confidence": 0.95})
    rows = cells(*({"dataset": "scenes", "model": "a"} | score for score in scores))
    table = bar_table(models_of(), "offset", BARS, rows)
    assert set(table["bar"]) == {"Reviewed pairs"}
    found = texts(tmp_path, lambda figure: draw_offsets(figure, table, TITLES, "Offset", "Wrong"))
    assert "Reviewed pairs" in found and "All pairs" not in found


def test_classes_are_in_falling_order_of_one_bar(tmp_path):
    rows = [under(measure, "c", count, of, part=f"class {name}")
            for name, of, counts in (("cat", 4, (4, 1)), ("dog", 2, (1, 1)), ("fox", 5, (5, 4)))
            for measure, count in zip(("pm_0", "pm_10"), counts, strict=True)]  # fmt: skip
    table = bar_table(models_of()[2:], "class", BY_CLASS, cells(*rows))
    values = {(row["class"], row["bar"]): row["value"] for row in table.to_dict("records")}
    assert values["cat", "Perturbed"] == 25 and values["fox", "Perturbed"] == 80

    def draw(figure):
        draw_classes(figure, table, {"scenes": "Scenes, resnet"}, "Perturbed", "Accuracy (%)")

    found = texts(tmp_path, draw)
    assert [text for text in found if "(" in text and "%" not in text] == [
        "fox (5)", "dog (2)", "cat (4)",
    ]  # fmt: skip
    assert {"Scenes, resnet", "Accuracy (%)", "Original", "Perturbed"} <= set(found)
    assert_repeats(tmp_path, draw)


# Distances ------------------------------------------------------------------------------------


def test_distances_are_the_largest_difference_to_the_anchor():
    sets = small_sets()  # v/10 with v/8, v/11 and a rejected v/12, and w/5
    frames = np.zeros((5, 2, 2, 3), np.uint8)
    for key, value in (("v/10", 100), ("v/8", 90), ("v/11", 130), ("v/12", 255), ("w/5", 7)):
        frames[sets.frames.index(key)] = value
    frames[sets.frames.index("v/8"), 0, 0, 0] = 60
    offsets = sets.rows[:, 2].tolist()
    assert dict(zip(offsets, linf_distances(sets, frames), strict=True)) == {
        0: 0, -2: 40, 1: 30, 2: 155,
    }  # fmt: skip


def test_mistakes_are_neighbours_that_are_wrong_although_their_anchor_is_right():
    sets = small_sets()
    right = np.array([labels[0] for labels in sets.labels])
    both, anchor = right.copy(), right.copy()
    both[[sets.frames.index("v/11"), sets.frames.index("v/12")]] = 1
    anchor[[sets.frames.index("v/10"), sets.frames.index("v/11")]] = 1
    answers = {"m": both, "n": anchor}
    models = {"ilsvrc": "m", "robust": "n"}
    chosen = chosen_pairs(sets, answers, models, "frame")
    offsets = {name: sets.rows[which, 2].tolist() for name, (which, _) in chosen.items()}
    assert offsets == {
        "All pairs": [-2, 1, 2], "Reviewed pairs": [-2, 1], "Mistakes of m": [1],
    }  # fmt: skip
    sets = only_reviewed(sets)
    assert "All pairs" not in chosen_pairs(sets, answers, models, "frame")


def test_distributions_count_pairs_up_to_each_distance(tmp_path):
    distances = np.array([0, 10, 20, 20, 255])
    chosen = {"Reviewed pairs": (np.array([False, True, True, True, True]), "#000000")}
    parts = {"scenes": (distances, chosen), "shorts": (distances, chosen)}
    table = distribution_table(parts)
    assert len(table) == 512 and set(table["dataset"]) == {"scenes", "shorts"}
    table = table[table["dataset"] == "shorts"]
    share_at = dict(zip(table["distance"], table["share"], strict=True))
    assert [share_at[level] for level in (0, 9, 10, 19, 20, 254, 255)] == [
        0, 0, 0.25, 0.25, 0.75, 0.75, 1,
    ]  # fmt: skip
    assert len(table) == 256

    def draw(figure):
        draw_distributions(figure, parts, TITLES)
        said.extend(axes.get_legend().get_texts()[0].get_text() for axes in figure.axes)

    said = []
    assert_repeats(tmp_path, draw)
    assert {"Scenes", "Shorts"} <= set(texts(tmp_path, draw))
    assert set(said) == {"Reviewed pairs (4)"}


# Changed minds --------------------------------------------------------------------------------


def test_the_nearest_neighbours_that_are_wrong_one_of_each_anchor(tmp_path):
    anchors = [
        (f"{v}/5", [0], [(f"{v}/4", -1, [0], []), (f"{v}/6", 1, [0], []),
                         (f"{v}/7", 2, [0], ["blur"])]) for v in "abc"
    ]  # fmt: skip
    anchors.append(("d/5", [0], [("d/1", -4, [0], [])]))
    sets = pm_sets(["cat", "dog"], {0: [0], 1: [1]}, anchors)
    chances = {"a/5": 0.9, "a/4": 0.8, "a/6": 0.2, "b/5": 0.9, "b/4": 0.1, "b/6": 0.3,
               "c/5": 0.6, "c/4": 0.6, "c/6": 0.55, "a/7": 0, "b/7": 0, "c/7": 0,
               "d/5": 0.99, "d/1": 0.01}  # fmt: skip
    cat = np.array([chances[key] for key in sets.frames])
    logits = np.log(np.stack([cat, 1 - cat], axis=1).clip(1e-9))
    rules = {"merge": "max", "labels": "frame"}
    table = changed_pairs(sets, logits, rules, count=4)
    columns = ["pair", "frame", "offset", "label", "answer", "confidence"]
    # d/1 is lost most, but far away; of c no neighbour is wrong.
    assert table[columns].values.tolist() == [
        [0, "b/5", 0, "cat", "cat", 0.9], [0, "b/4", -1, "cat", "dog", 0.9],
        [1, "a/5", 0, "cat", "cat", 0.9], [1, "a/6", 1, "cat", "dog", 0.8],
        [2, "d/5", 0, "cat", "cat", 0.99], [2, "d/1", -4, "cat", "dog", 0.99],
        [3, "c/5", 0, "cat", "cat", 0.6], [3, "c/6", 1, "cat", "cat", 0.55],
    ]  # fmt: skip
    assert [sets.frames[number] for number in table["number"]] == table["frame"].tolist()
    frames = np.random.default_rng(0).integers(0, 256, (14, 8, 8, 3), np.uint8)
    assert_repeats(tmp_path, lambda figure: draw_pairs(figure, table, frames))
    found = texts(tmp_path, lambda figure: draw_pairs(figure, table, frames))
    assert "1 frame earlier, label: cat\nPredicted: dog 90 %" in found
    assert "Anchor, label: cat\nPredicted: cat 60 %" in found
    assert place_of(3) == "3 frames later"


# The toy example ------------------------------------------------------------------------------


def test_the_toy_example_differs_in_pm_k_only(tmp_path):
    sets = toy_sets()
    errors = toy_errors(sets)
    table = toy_table(sets, errors)
    rows = table.to_dict("records")
    value = {(row["example"], row["metric"], row["k"]): row["accuracy"] for row in rows}
    together, spread = ("Errors in one video", "Errors spread over videos")
    for k in range(1, 11):
        assert value[together, "accuracy at k", k] == pytest.approx(90)
        assert value[spread, "accuracy at k", k] == pytest.approx(90)
    assert value[together, "pm-k", 10] == 80
    assert value[spread, "pm-k", 10] == 0
    assert_repeats(tmp_path, lambda figure: draw_toy(figure, sets, errors, table))
