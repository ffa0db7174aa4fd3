"""Scores: their one form, from a cell's file to means over runs."""

import math

import numpy as np
import pandas as pd
import pytest

from framefault.results.scores import (
    KEYS,
    mean,
    over_runs,
    read_cell,
    read_scores,
    score,
    select,
    share,
    write_cell,
)
from framefault.results.statistics import clopper_pearson, student
from scored import cells

NAMES = {
    "dataset": "mine",
    "model": "none",
    "training": "3",
    "corruption": "random",
    "level": "1e-4",
}
NAMES |= {"seed": "1"}


def test_a_share_has_its_count_and_interval():
    low, high = clopper_pearson(582, 1109, 0.9)
    assert share("pm_10", 582, 1109, 0.9, "class cat") == {
        "measure": "pm_10", "part": "class cat", "value": 582 / 1109, "low": low, "high": high,
        "count": 582, "of": 1109,
    }  # fmt: skip
    assert share("pm_10", 0, 0, 0.9)["value"] is None


@pytest.mark.parametrize(("values", "lowest"), [([3, 5, 4], None), ([0, 0, 6], 0)])
def test_a_mean_has_the_interval_of_student_from_0_up(values, lowest):
    low, high = student(values, 0.9)
    assert mean("switches", values, 0.9) == {
        "measure": "switches", "part": "", "value": np.mean(values),
        "low": low if lowest is None else lowest, "high": high, "of": 3,
    }  # fmt: skip
    assert (mean("switches", [2], 0.9)["low"], mean("switches", [], 0.9)["value"]) == (None, None)


def test_a_number_that_is_no_share_has_no_count():
    assert score("distance", 0.5, interval=(0, 1)) == {
        "measure": "distance", "part": "", "value": 0.5, "low": 0, "high": 1,
    }  # fmt: skip


def test_cells_are_read_as_one_frame(tmp_path):
    wanted = [score("distance", None), share("accuracy", 1, 4, 0.95, "half")]
    write_cell(tmp_path / "a/1.json", NAMES, wanted, answers=[2, 1])
    oracle = NAMES | {"model": "bat_oracle/random/1e-4", "training": "0"}
    write_cell(tmp_path / "b/2.json", oracle, [share("accuracy", 3, 4, 0.95)])
    assert read_cell(tmp_path / "a/1.json")["answers"] == [2, 1]
    table = read_scores([tmp_path / "a/1.json", tmp_path / "b/2.json"])
    assert table[KEYS].drop_duplicates().values.tolist() == [
        ["mine", "none", 3, "random", "1e-4", 1], ["mine", "bat_oracle", 0, "random", "1e-4", 1],
    ]  # fmt: skip
    assert table[["measure", "part"]].values.tolist() == [
        ["distance", ""], ["accuracy", "half"], ["accuracy", ""],
    ]  # fmt: skip
    assert table["value"].isna().tolist() == [True, False, False]
    assert table["count"].tolist()[1:] == [1, 3]


def test_no_cell_is_a_frame_without_rows():
    assert list(over_runs(read_scores([]))["value"]) == []


def runs(*values, **more):
    return [{"seed": seed, "value": value} | more for seed, value in enumerate(values)]


def test_one_run_has_no_deviation():
    (row,) = over_runs(cells(*runs(0.5, low=0.4, high=0.7))).to_dict("records")
    assert (row["value"], row["low"], row["high"], row["runs"]) == (0.5, 0.4, 0.7, 1)
    assert math.isnan(row["std"])


def test_several_runs_are_summed_up_by_mean_and_deviation():
    three = [{"training": 0}, {"training": 1}, {"training": 1, "seed": 1}]
    rows = [run | {"value": value} for run, value in zip(three, (0.10, 0.14, 0.18), strict=True)]
    (row,) = over_runs(cells(*rows)).to_dict("records")
    # Squared deviations 16 + 0 + 16 over 3 - 1 is 4 squared.
    assert (row["value"], row["std"], row["runs"]) == pytest.approx((0.14, 0.04, 3))


def test_more_runs_make_no_interval_narrower():
    rows = [
        {"value": 0.5, "low": 0.4 - x, "high": 0.6 + x, "seed": i} for i, x in ((0, 0), (1, 0.1))
    ]
    (row,) = over_runs(cells(*rows)).to_dict("records")
    assert (row["low"], row["high"]) == pytest.approx((0.35, 0.65))


def test_a_run_without_a_value_is_left_out_of_the_mean():
    rows = [
        {"seed": 0, "value": None, "low": 0, "high": 1, "of": 0},
        {"seed": 1, "value": 0.4, "low": 0.3, "high": 0.6, "of": 50},
    ]
    (row,) = over_runs(cells(*rows)).to_dict("records")
    assert (row["value"], row["low"], row["high"]) == (0.4, 0.3, 0.6)
    assert (row["runs"], row["of"]) == (1, 25)
    assert math.isnan(row["std"])


def test_scores_are_given_in_the_order_that_is_asked_for():
    scores = cells({"value": 0.1}, {"value": 0.2, "part": "x"}, {"value": 0.3, "level": "1"})
    key = dict.fromkeys(("dataset",), "mine") | {"model": "none", "corruption": "clean"}
    key |= {"measure": "accuracy"}
    wanted = [("1", ""), ("0", "x"), ("0", "gone"), ("0", "")]
    asked = pd.DataFrame([key | {"level": level, "part": part} for level, part in wanted])
    found = select(scores, asked)
    assert found["value"].fillna(-1).tolist() == [0.3, 0.2, -1, 0.1]
