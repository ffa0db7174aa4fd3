"""Tables 1 and 2 and their comparison with the printed numbers."""

import csv
import io
import json
from pathlib import Path

import pytest
import yaml

from framefault.comparison import compare
from framefault.files import read_csv
from framefault.tables import DEFENCES, accuracy_rows, as_csv, as_text, read_cells

CONFIG = Path(__file__).parents[2] / "config"
CONDITIONS = [("packet_loss", "0.2"), ("random", "1e-4"), ("random", "5e-6"), ("none", "0")]


def write_cell(
    folder, dataset, defense, corruption, level, correct, playable=50, clips=100, seed=0
):
    share = correct / playable if playable else None
    cell = {
        "dataset": dataset, "defense": defense, "seed": seed, "corruption": corruption,
        "level": level, "clips": clips, "playable": playable, "correct": correct,
        "accuracy_playable": share, "interval_playable": [0.123, 0.9],
        "accuracy_all": correct / clips, "interval_all": [0.1, 0.4567],
    }  # fmt: skip
    path = folder / dataset / defense / f"{corruption}-{level}-{seed}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(cell))


@pytest.fixture
def cells(tmp_path):
    """Every cell of two data sets; the oracle's number tells which condition it is for."""
    for dataset in ("mine", "hmdb51"):
        for number, (corruption, level) in enumerate(CONDITIONS):
            for place, defense in enumerate(DEFENCES):
                if defense == "bat_oracle":
                    if corruption == "none":
                        continue
                    defense = f"bat_oracle/{corruption}/{level}"
                write_cell(tmp_path, dataset, defense, corruption, level, 6 * number + place)
    write_cell(tmp_path, "mine", "none", "none", "0", 1, seed=1)
    return read_cells(sorted(tmp_path.rglob("*.json")))


def test_rows_follow_data_sets_and_conditions(cells):
    rows = accuracy_rows(cells, "playable", CONDITIONS, ["mine", "hmdb51"], 0)
    keys = [(row["dataset"], row["corruption"], row["level"]) for row in rows]
    assert keys == [(dataset, *pair) for dataset in ("mine", "hmdb51") for pair in CONDITIONS]


def test_table_1_is_on_playable_clips(cells):
    row = accuracy_rows(cells, "playable", CONDITIONS, ["mine"], 0)[1]
    assert [row[name] for name in DEFENCES] == [12.0, 14.0, 16.0, 18.0, 20.0, 22.0]
    assert {12.3, 90.0} <= set(row.values())
    assert (row["playable"], row["clips"]) == (50, 100)


def test_table_2_is_on_all_clips(cells):
    row = accuracy_rows(cells, "all", CONDITIONS, ["mine"], 0)[1]
    assert [row[name] for name in DEFENCES] == [6.0, 7.0, 8.0, 9.0, 10.0, 11.0]
    assert (row["bat_low"], row["bat_high"]) == (9.0, 10.0)
    assert {10.0, 45.7} <= set(row.values())


def test_every_defence_has_three_columns(cells):
    row = accuracy_rows(cells, "all", CONDITIONS, ["mine"], 0)[0]
    assert len(row) == len(["dataset", "corruption", "level", "clips", "playable"]) + 3 * 6


def test_oracle_is_of_the_rows_own_condition(cells):
    rows = accuracy_rows(cells, "all", CONDITIONS, ["mine"], 0)
    assert [row["bat_oracle"] for row in rows] == [5.0, 11.0, 17.0, None]


def test_other_seeds_are_left_out(cells):
    rows = accuracy_rows(cells, "all", CONDITIONS[-1:], ["mine"], 0)
    assert rows[0]["none"] == 18.0
    assert accuracy_rows(cells, "all", CONDITIONS[-1:], ["mine"], 1)[0]["none"] == 1.0


def test_no_playable_clip_is_not_available(tmp_path):
    write_cell(tmp_path, "mine", "none", "random", "1e-4", correct=0, playable=0)
    cells = read_cells(tmp_path.rglob("*.json"))
    row = accuracy_rows(cells, "playable", [("random", "1e-4")], ["mine"], 0)[0]
    assert row["none"] is None
    assert accuracy_rows(cells, "all", [("random", "1e-4")], ["mine"], 0)[0]["none"] == 0.0
    assert "N/A" in as_text([row], "Caption", "github")


def test_text_names_defences_and_leaves_repetitions_out(cells):
    rows = accuracy_rows(cells, "all", CONDITIONS, ["mine"], 0)
    lines = as_text(rows, "A caption", "github").splitlines()
    assert lines[0] == "A caption"
    table = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]
    assert table[0] == ["Corruption", "p", *DEFENCES.values(), "Playable"]
    assert [row[0] for row in table[2:]] == [
        "Packet loss", "Random file corruption", "", "None (standard acc.)",
    ]  # fmt: skip
    assert [row[1] for row in table[2:]] == ["0.2", "1e-4", "5e-6", "0"]
    assert [row[7] for row in table[2:]] == ["5.0", "11.0", "17.0", "N/A"]
    assert table[2][8] == "50 of 100"


def test_text_names_the_data_set_where_there_are_several(cells):
    rows = accuracy_rows(cells, "all", CONDITIONS, ["mine", "hmdb51"], 0)
    lines = as_text(rows, "A caption", "github").splitlines()
    assert lines[2].startswith("| Data set")
    assert [line.split("|")[1].strip() for line in lines[4:]] == ["mine"] * 4 + ["hmdb51"] * 4
    assert [line.split("|")[2].strip() for line in lines[4:]].count("Packet loss") == 2


def test_latex_table_is_complete(cells):
    rows = accuracy_rows(cells, "all", CONDITIONS, ["mine"], 0)
    text = as_text(rows, "A caption", "latex_booktabs")
    assert text.startswith("\\begin{table}")
    assert text.endswith("\\end{table}\n")
    assert "\\caption{A caption}" in text
    assert "Packet loss" in text


def as_read(rows):
    """The rows as the comparison reads them from the table's file."""
    return list(csv.DictReader(io.StringIO(as_csv(rows))))


def shipped_conditions():
    evaluate = yaml.safe_load((CONFIG / "config.yaml").read_text(encoding="utf-8"))["evaluate"]
    rows = [(name, str(level)) for name in ("packet_loss", "random") for level in evaluate[name]]
    return [*rows, ("none", "0")]


def made_up(low, high, dataset="hmdb51"):
    """A table with every condition of the shipped configuration: 50 % everywhere."""
    cell = {"accuracy_all": 0.5, "interval_all": [low / 100, high / 100]}
    cell |= {"clips": 9, "playable": 8}
    cells = {
        (dataset, defence, 0, *condition): cell
        for condition in shipped_conditions()
        for defence in DEFENCES
        if (condition[0], defence) != ("none", "bat_oracle")
    }
    return as_read(accuracy_rows(cells, "all", shipped_conditions(), [dataset], 0))


@pytest.mark.parametrize("name", ["paperA_table1.csv", "paperA_table2.csv"])
def test_every_printed_number_is_compared_once(name):
    published = read_csv(CONFIG / "published" / name)
    result = compare(made_up(40.0, 60.0), [row for row in published if row["value"]], DEFENCES)
    seen = [(row["corruption"], float(row["level"]), row["defense"]) for row in result]
    printed = {
        (row["corruption"], float(row["p"]), row["column"].lower()): row
        for row in published
        if row["value"]
    }
    assert len(printed) == 6 * 15 - 1
    assert sorted(seen) == sorted(printed)
    for key, row in zip(seen, result, strict=True):
        assert row["paper"] == float(printed[key]["value"])
        assert row["doubt"] == printed[key]["flag"]
        assert row["difference"] == pytest.approx(50 - row["paper"], abs=0.051)
    assert any(row["doubt"] for row in result)


@pytest.mark.parametrize("name", ["paperA_table1.csv", "paperA_table2.csv"])
def test_cells_that_either_side_lacks_are_left_out(name):
    published = read_csv(CONFIG / "published" / name)
    rows = made_up(40.0, 60.0)
    rows[0]["none"] = ""
    result = compare(rows, published, DEFENCES)
    assert len(result) == 6 * 15 - 2
    assert len(compare(rows[:-1], published, DEFENCES)) == 6 * 14 - 1


def test_doubt_of_the_tables_is_kept():
    published = read_csv(CONFIG / "published" / "paperA_table1.csv")
    rows = compare(made_up(0.0, 99.0)[:-1], published, DEFENCES)
    doubtful = {(row["corruption"], row["defense"]) for row in rows if row["doubt"]}
    assert ("packet_loss", "at_eps2") in doubtful
    assert ("random", "bat") not in doubtful


@pytest.mark.parametrize(
    ("value", "verdict"),
    [
        ("47.1", "within our interval"),
        ("40.0", "within our interval"),
        ("60.0", "within our interval"),
        ("39.9", "outside our interval"),
        ("60.1", "outside our interval"),
    ],
)
def test_verdict(value, verdict):
    printed = {"corruption": "random", "p": "0.0001", "column": "BAT", "value": value, "flag": "?"}
    (row,) = compare(made_up(40.0, 60.0), [printed], DEFENCES)
    assert row["verdict"] == verdict
    assert row["level"] == "1e-4"
    assert (row["defense"], row["doubt"], row["ours"]) == ("bat", "?", 50.0)


@pytest.mark.parametrize("defence", DEFENCES)
def test_every_defence_is_judged_by_its_own_interval(defence):
    printed = {"corruption": "random", "p": "1e-4", "column": defence, "value": "1", "flag": ""}
    (row,) = compare(made_up(40.0, 60.0), [printed], DEFENCES)
    assert (row["ours_low"], row["ours_high"]) == (40.0, 60.0)


def test_other_data_sets_are_shown_but_not_judged():
    printed = {"corruption": "random", "p": "1e-4", "column": "none", "value": "50", "flag": ""}
    rows = made_up(40.0, 60.0, "mine") + made_up(40.0, 60.0)
    mine, paper = compare(rows, [printed], DEFENCES)
    assert mine["verdict"].startswith("not comparable")
    assert mine["ours"] == 50.0
    assert paper["verdict"] == "within our interval"
