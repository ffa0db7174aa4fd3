"""Our numbers beside the printed ones: each is listed, and judged only where it can be."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t

from framefault.results.comparison import COLUMNS, compare
from framefault.results.tables import make_table
from framefault.tabular import read_csv, write_csv
from papers import paper
from scored import cells

A, B = (paper(name, "paper.yaml") for name in ("paper_a", "paper_b"))
TWO = paper("paper_a", "paper.yaml", tables={"datasets": ["hmdb51", "ucf101"]})
# How many numbers the papers print in each table.
PRINTED = {
    "table1": 6 * 15 - 1, "table2": 6 * 15 - 1 + 14, "table3": 6 * 6, "table4": 4 * 21,
    "table5": 2 * 21, "table6": 2 * 21, "table7": 15 + 8,
}  # fmt: skip


def made_up(paper, name, *values, low=0.4, high=0.6, drop=0):
    """A table with the runs' `values` everywhere (one half), as its file holds it; the first `drop`
    rows are lost."""
    wanted = paper.table_settings(name)
    scores = [
        row["scores"]
        | {key: column[key] for key in ("model", "measure", "part") if key in column}
        | {"training": run, "value": value, "low": low, "high": high, "of": 9}
        | ({"part": "fps 25"} if row["labels"].get("fps") == "*" else {})
        for row in wanted["rows"]
        for column in wanted["columns"].values()
        if "minus" not in column
        for run, value in enumerate(values or [0.5])
    ]
    scores = cells(*scores).drop_duplicates()
    return make_table(wanted["rows"][drop:], wanted["columns"], scores, len(values) > 1)


def as_read(tmp_path, table):
    write_csv(tmp_path / "table.csv", table)
    return read_csv(tmp_path / "table.csv")


def compared(tmp_path, paper, name, table):
    published = read_csv(paper.published[name])
    return compare(as_read(tmp_path, table), published, paper.incomparable(paper.tables[name]))


@pytest.mark.parametrize("name", PRINTED)
def test_every_printed_number_of_paper_a_is_compared_once(tmp_path, name):
    result = compared(tmp_path, A, name, made_up(A, name))
    published = read_csv(A.published[name])
    assert list(result.columns) == COLUMNS
    assert len(result) == len(published) == PRINTED[name]
    assert not published.duplicated(["corruption", "level", "column"]).any()
    rows = published["corruption"] + ", " + published["level"].astype(str)
    assert result["row"].tolist() == rows.tolist()  # in the order of the printed numbers
    assert result["column"].tolist() == published["column"].tolist()
    assert result["paper"].tolist() == published["value"].tolist()
    assert result["doubt"].astype(object).equals(published["doubt"].astype(object))
    assert not result["verdict"].str.startswith("not ").any()
    shares = result[result["column"] != "support"]
    assert (shares["difference"] - (50 - shares["paper"])).abs().max() < 0.051


@pytest.mark.parametrize("name", B.published)
def test_every_printed_number_of_paper_b_is_compared_once(tmp_path, name):
    table = made_up(B, name)
    result = compared(tmp_path, B, name, table)
    published = read_csv(B.published[name])
    if name == "paper_b_table8":  # its rows are the rates that there are
        table = pd.concat(table.assign(fps=rate) for rate in (25, 29, 30))
        result = compared(tmp_path, B, name, table)
    assert len(result) == len(published)
    assert result["paper"].tolist() == published["value"].tolist()
    judged = result[~result["verdict"].str.startswith("not evaluated")]
    assert len(judged) > 0.6 * len(result)
    assert (judged.loc[judged["column"] == "original", "ours"] == 50).all()
    drop = 50 if name == "paper_b_table3" else 0  # there a score, elsewhere a difference
    assert (judged.loc[judged["column"] == "drop", "ours"] == drop).all()


def test_draws_decide_where_the_network_is_given():
    table = pd.DataFrame(
        [{"dataset": "mot15", "corruption": "packet_loss", "level": "0.01", "fp": 1000,
          "fp_std": 50, "fp_runs": 5, "fp_trainings": 1}]
    )  # fmt: skip
    keys = {"corruption": "packet_loss", "level": "0.01", "column": "fp", "doubt": ""}
    printed = pd.DataFrame([keys | {"value": value} for value in (1083, 8030)])
    alone = compare(table, printed, {})["verdict"].tolist()
    assert alone == ["no verdict: one training"] * 2
    assert compare(table, printed, {}, given=["mot15"])["verdict"].tolist() == [
        "within the spread of our runs", "outside the spread of our runs",
    ]  # fmt: skip


def test_numbers_that_we_lack_are_named_as_such(tmp_path):
    table = made_up(A, "table1", drop=1)
    table.loc[0, ["none", "none_ci_low", "none_ci_high"]] = None
    result = compared(tmp_path, A, "table1", table)
    assert len(result) == PRINTED["table1"]
    lacking = result[result["verdict"].str.startswith("not evaluated")]
    assert lacking["ours"].isna().all() and lacking["difference"].isna().all()
    verdicts = list(lacking[["row", "column", "verdict"]].itertuples(index=False, name=None))
    no_row, no_clip = ("no such row in the table", "there is no such number")
    assert [each for each in verdicts if each[2].endswith(no_clip)] == [
        ("packet_loss, 0.1", "none", f"not evaluated: {no_clip}")
    ]
    assert [each[0] for each in verdicts if each[2].endswith(no_row)] == ["packet_loss, 0.2"] * 6


def test_doubt_of_the_tables_is_kept(tmp_path):
    rows = compared(tmp_path, A, "table1", made_up(A, "table1"))
    doubtful = rows[rows["doubt"].notna()]
    assert set(doubtful["row"].str.split(",").str[0]) == {"packet_loss"}
    assert set(doubtful["column"]) == {"none", "at_eps2", "bat_low"}
    rows = compared(tmp_path, A, "table7", made_up(A, "table7"))
    doubtful = rows[rows["doubt"].notna()]
    assert doubtful[["row", "column"]].values.tolist() == [["random, 5e-08", "support"]]


NUMBER = {"corruption": "random", "level": 0.0001, "column": "bat", "value": 47.1, "doubt": "?"}


def of_number(*values, paper=A, table="table1", incomparable=None, **changes):
    """The comparison of a single printed number with the `values` of our runs."""
    rows = made_up(paper, table, *values).astype({"level": float})
    return compare(rows, pd.DataFrame([NUMBER | changes]), incomparable or {}).to_dict("records")


def reach(std, runs, confidence=0.95):
    """How far from the mean of `runs` runs one more may lie."""
    return t.ppf((1 + confidence) / 2, runs - 1) * std * np.sqrt(1 + 1 / runs)


# Mean 50, standard deviation 2: one more run may lie 9.9 away.
THREE, WITHIN = (0.48, 0.50, 0.52), reach(2, 3)


@pytest.mark.parametrize(
    ("value", "verdict"),
    [
        (50.0, "equal"),
        (47.1, "within the spread of our runs"),
        (50 + WITHIN - 0.01, "within the spread of our runs"),
        (50 - WITHIN + 0.01, "within the spread of our runs"),
        (50 + WITHIN + 0.01, "outside the spread of our runs"),
        (50 - WITHIN - 0.01, "outside the spread of our runs"),
    ],
)
def test_verdict_asks_whether_one_more_run_could_give_the_number(value, verdict):
    (row,) = of_number(*THREE, value=value)
    assert row["verdict"] == verdict
    assert (row["row"], row["column"]) == ("random, 0.0001", "bat")
    assert (row["doubt"], row["ours"], row["paper"]) == ("?", 50.0, value)
    assert (row["ours_std"], row["runs"]) == (2.0, 3)
    assert (row["ours_low"], row["ours_high"]) == (40.0, 60.0)  # over clips: no part of the verdict
    assert row["difference"] == round(50 - value, 1)


def test_a_run_of_the_same_kind_is_seldom_outside():
    draw, repeats = np.random.default_rng(0), 2000
    runs = draw.normal(50, 2, (repeats, 4))
    three, another = runs[:, :3], runs[:, 3]
    ours = pd.DataFrame({"dataset": "d", "model": map(str, range(repeats)), "original_runs": 3,
                         "original_trainings": 3})  # fmt: skip
    ours = ours.assign(original=three.mean(1), original_std=three.std(1, ddof=1))
    printed = ours[["model"]].assign(column="original", value=another, doubt=None)
    outside = compare(ours, printed, {})["verdict"].str.startswith("outside").mean()
    assert outside == pytest.approx(0.05, abs=0.015)


def test_confidence_decides_how_far_is_outside():
    rows = made_up(A, "table1", *THREE).astype({"level": float})
    number = pd.DataFrame([NUMBER | {"value": 50 + reach(2, 3, 0.9) + 0.1}])
    verdicts = [compare(rows, number, {}, level)["verdict"][0] for level in (0.9, 0.95)]
    assert verdicts == ["outside the spread of our runs", "within the spread of our runs"]


@pytest.mark.parametrize("value", [49.9, 99.0])
def test_one_run_has_no_spread_and_no_verdict(value):
    (row,) = of_number(value=value)
    assert (row["verdict"], row["ours"]) == ("no verdict: one training", 50.0)
    assert pd.isna(row["ours_std"])


def test_draws_of_one_training_have_no_verdict():
    rows = made_up(A, "table1", *THREE).astype({"level": float}).assign(bat_trainings=1)
    (row,) = compare(rows, pd.DataFrame([NUMBER | {"value": 99.0}]), {}).to_dict("records")
    assert (row["verdict"], row["runs"]) == ("no verdict: one training", 3)


@pytest.mark.parametrize("defence", ["none", "at_eps2", "bat", "bat_low", "bat_high", "bat_oracle"])
def test_every_defence_is_judged_by_its_own_spread(defence):
    rows = made_up(A, "table1", *THREE).astype({"level": float})
    rows[f"{defence}_std"] = 0.5
    number = pd.DataFrame([NUMBER | {"column": defence, "value": 55.0}])
    (row,) = compare(rows, number, {}).to_dict("records")
    assert row["verdict"] == "outside the spread of our runs"
    rows[f"{defence}_trainings"] = 1  # as an oracle of one training
    (row,) = compare(rows, number, {}).to_dict("records")
    assert row["verdict"] == "no verdict: one training"


def test_a_number_stands_for_every_data_set_but_is_judged_for_the_papers_only():
    incomparable = TWO.incomparable(TWO.tables["table1"])
    rows = of_number(0.5, paper=TWO, incomparable=incomparable)
    assert [(row["dataset"], row["ours"], row["verdict"]) for row in rows] == [
        ("hmdb51", 50.0, "no verdict: one training"),
        ("ucf101", 50.0, "not comparable: the paper's number is for hmdb51"),
    ]


def test_what_is_not_evaluated_is_not_called_incomparable():
    rows = of_number(0.5, paper=TWO, level=0.3, incomparable=TWO.incomparable(TWO.tables["table1"]))
    assert {row["verdict"] for row in rows} == {"not evaluated: no such row in the table"}


def test_columns_that_are_not_in_the_table_are_left_out():
    numbers = pd.DataFrame([NUMBER | {"column": "other"}, NUMBER])
    rows = compare(made_up(A, "table1").astype({"level": float}), numbers, {})
    assert rows["column"].tolist() == ["bat"]


def test_a_table_without_rows_has_nothing_to_compare(tmp_path):
    empty = made_up(A, "table1", drop=15)
    result = compared(tmp_path, A, "table1", empty)
    assert list(result.columns) == COLUMNS and result.empty


# Doubts of the printed numbers ----------------------------------------------------------------


def printed(table):
    rows = read_csv(A.published[table])
    return rows.assign(level=rows["level"].astype(float))


def test_table_4_carries_the_doubts_of_table_1():
    """Without defence both tables print the same models: where they differ, both say so."""
    keys = ["corruption", "level"]
    both = [printed(name).query("column == 'none'").set_index(keys).sort_index()
            for name in ("table1", "table4")]  # fmt: skip
    differ = both[0].merge(both[1], on=keys, suffixes=("", "_4"))
    differ = differ.query("corruption == 'packet_loss'")
    assert len(differ) == 5
    assert (differ["value"] != differ["value_4"]).all()
    assert differ["doubt"].notna().all() and differ["doubt_4"].notna().all()


def test_doubt_of_small_p_is_on_rows_of_small_p():
    rows = printed("table2")
    of_small_p = rows[rows["doubt"].str.contains("p<=1e-6", na=False)]
    assert set(of_small_p["column"]) == {"at_eps2"} and set(of_small_p["corruption"]) == {"random"}
    assert sorted(of_small_p["level"]) == [1e-8, 5e-8, 1e-7, 5e-7, 1e-6]


def test_share_of_playable_videos_is_what_tables_1_and_2_imply():
    keys = ["corruption", "level", "column"]
    playable, everything = (printed(name).set_index(keys)["value"] for name in ("table1", "table2"))
    implied = (100 * everything / playable).dropna().groupby(["corruption", "level"]).median()
    found = printed("table2").query("column == 'playable'").set_index(keys[:2])
    assert len(found) == 14 and found["doubt"].str.contains("not printed").all()
    assert (found["value"] - implied[found.index]).abs().max() < 0.051


# Roles and models -----------------------------------------------------------------------------

PRINTED_B = pd.DataFrame(
    [("plain", "original", 67.5, None), ("plain", "original_ci_low", 64.7, None),
     ("plain", "drop", 15.0, None), ("other", "original", 50.0, "odd")],
    columns=["model", "column", "value", "doubt"],
)  # fmt: skip
OURS = pd.DataFrame(
    [{"dataset": "d", "model": "plain", "kind": "ilsvrc", "from": None, "original": 67.1,
      "original_ci_low": 64.7, "original_ci_high": 70.0, "drop": 14.0}]
)  # fmt: skip


def test_every_printed_number_is_listed_beside_ours():
    rows = compare(OURS, PRINTED_B, {})
    assert rows[["row", "column", "verdict"]].values.tolist() == [
        ["plain", "original", "no verdict: one training"],
        ["plain", "original_ci_low", "equal"],
        ["plain", "drop", "no verdict: one training"],
        ["other", "original", "not evaluated: no such row in the table"],
    ]
    assert rows["difference"][0] == -0.4
    assert rows["doubt"][3] == "odd" and pd.isna(rows["doubt"][0])


def test_generated_videos_are_not_judged():
    verdicts = set(compare(OURS, PRINTED_B, {"d": "generated videos"})["verdict"])
    assert verdicts == {
        "not comparable: generated videos", "not evaluated: no such row in the table",
    }  # fmt: skip


def test_numbers_of_a_role_are_for_its_data_set_only():
    ours = pd.concat(
        [OURS.assign(role="vid", dataset="first"),
         OURS.assign(role="ytbb", dataset="second", original=50.0)]
    )  # fmt: skip
    printed = pd.concat([PRINTED_B.assign(role=role) for role in ("ytbb", "vid", "third")])
    rows = compare(ours, printed[printed["column"] == "original"], {})
    assert rows["dataset"].tolist() == ["second", "second", "first", "first"]
    assert rows[["row", "ours"]].fillna(0).values.tolist() == [
        ["plain, ytbb", 50.0], ["other, ytbb", 0], ["plain, vid", 67.1], ["other, vid", 0],
    ]  # fmt: skip
