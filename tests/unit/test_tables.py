"""The tables of paper A and their comparison with the printed numbers."""

import json
from pathlib import Path

import pytest
import yaml

from framefault.evaluation.comparison import compare, printed_numbers
from framefault.evaluation.summary import of_seeds, read_cells, summarise
from framefault.evaluation.tables import as_text, table_rows
from framefault.files import read_csv, write_csv
from framefault.paper_a import BAT_VARIANTS, DEFENCES, TABLES, by_defence, conditions

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / "config"
COUNTS = ("playable", "clips")
HEADINGS = [DEFENCES[name] for name in BAT_VARIANTS]
CONDITIONS = [("packet_loss", "0.2"), ("random", "1e-4"), ("random", "5e-6"), ("none", "0")]


def accuracy_rows(cells, over, conditions, datasets, *seeds):
    return table_rows(cells, by_defence(over, BAT_VARIANTS), COUNTS, conditions, datasets, seeds)


def text_of(rows, caption, style):
    return as_text(rows, by_defence("all", BAT_VARIANTS), COUNTS, caption, style)


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
            for place, defense in enumerate(BAT_VARIANTS):
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
    assert [row[name] for name in BAT_VARIANTS] == [12.0, 14.0, 16.0, 18.0, 20.0, 22.0]
    assert {12.3, 90.0} <= set(row.values())
    assert (row["playable"], row["clips"]) == ("50", "100")


def test_table_2_is_on_all_clips(cells):
    row = accuracy_rows(cells, "all", CONDITIONS, ["mine"], 0)[1]
    assert [row[name] for name in BAT_VARIANTS] == [6.0, 7.0, 8.0, 9.0, 10.0, 11.0]
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


def test_several_seeds_give_mean_and_standard_deviation(tmp_path):
    for seed, (correct, playable) in enumerate([(10, 50), (14, 50), (18, 40)]):
        write_cell(tmp_path, "mine", "none", "random", "1e-4", correct, playable, seed=seed)
    cells = read_cells(tmp_path.rglob("*.json"))
    columns = by_defence("all", ["none"])
    (row,) = table_rows(cells, columns, COUNTS, [("random", "1e-4")], ["mine"], [0, 1, 2])
    # 10, 14 and 18 of 100: mean 14, squared deviations 16 + 0 + 16 over 3 - 1 is 4 squared.
    assert (row["none"], row["none_std"], row["none_seeds"]) == (14.0, 4.0, 3)
    assert (row["none_ci_low"], row["none_ci_high"]) == (10.0, 45.7)
    assert row["playable"].split() == ["50", "50", "40"]
    text = as_text([row], columns, COUNTS, "Caption", "github")
    assert "14.0 ± 4.0" in text
    assert "40-50 of 100" in text


def test_a_seed_without_a_value_is_left_out_of_the_mean(tmp_path):
    write_cell(tmp_path, "mine", "none", "random", "1e-4", 0, playable=0, seed=0)
    write_cell(tmp_path, "mine", "none", "random", "1e-4", 20, playable=50, seed=1)
    cells = of_seeds(
        read_cells(tmp_path.rglob("*.json")), "mine", "none", [0, 1, 2], "random", "1e-4"
    )
    summary = summarise(cells, "accuracy_playable")
    assert (len(cells), summary["mean"], summary["std"], summary["seeds"]) == (2, 0.4, None, 1)
    assert summarise(cells[:1], "accuracy_playable") is None


def test_no_playable_clip_is_not_available(tmp_path):
    write_cell(tmp_path, "mine", "none", "random", "1e-4", correct=0, playable=0)
    cells = read_cells(tmp_path.rglob("*.json"))
    row = accuracy_rows(cells, "playable", [("random", "1e-4")], ["mine"], 0)[0]
    assert row["none"] is None
    assert accuracy_rows(cells, "all", [("random", "1e-4")], ["mine"], 0)[0]["none"] == 0.0
    assert "N/A" in text_of([row], "Caption", "github")


def test_text_names_defences_and_leaves_repetitions_out(cells):
    rows = accuracy_rows(cells, "all", CONDITIONS, ["mine"], 0)
    lines = text_of(rows, "A caption", "github").splitlines()
    assert lines[0] == "A caption"
    table = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]
    assert table[0] == ["Corruption", "p", *HEADINGS, "Playable"]
    assert [row[0] for row in table[2:]] == [
        "Packet loss", "Random file corruption", "", "None (standard acc.)",
    ]  # fmt: skip
    assert [row[1] for row in table[2:]] == ["0.2", "1e-4", "5e-6", "0"]
    assert [row[7] for row in table[2:]] == ["5.0", "11.0", "17.0", "N/A"]
    assert table[2][8] == "50 of 100"


def test_text_names_the_data_set_where_there_are_several(cells):
    rows = accuracy_rows(cells, "all", CONDITIONS, ["mine", "hmdb51"], 0)
    lines = text_of(rows, "A caption", "github").splitlines()
    assert lines[2].startswith("| Data set")
    assert [line.split("|")[1].strip() for line in lines[4:]] == ["mine"] * 4 + ["hmdb51"] * 4
    assert [line.split("|")[2].strip() for line in lines[4:]].count("Packet loss") == 2


def test_latex_table_is_complete(cells):
    rows = accuracy_rows(cells, "all", CONDITIONS, ["mine"], 0)
    text = text_of(rows, "A caption", "latex_booktabs")
    assert text.startswith("\\begin{table}")
    assert text.endswith("\\end{table}\n")
    assert "\\caption{A caption}" in text
    assert "Packet loss" in text


@pytest.mark.parametrize("text", ["50 %", "ε"])
def test_latex_is_valid_where_words_have_special_characters(cells, text):
    rows = accuracy_rows(cells, "all", CONDITIONS, ["mine"], 0)
    assert text not in text_of(rows, "50 % of all", "latex_booktabs")


def test_counts_are_whole_numbers_and_unprinted_columns_are_in_the_csv_only():
    cell = {"accuracy_unchanged": 0.7, "interval_unchanged": [0.3, 0.9], "support": 10}
    cell |= {"interval_support": [4.9, 18.3], "expected_support": 11.34}
    cell |= {"interval_expected_support": [5, 18]}
    cells = {("mine", "checksum", 0, "random", "1e-5"): cell}
    columns = TABLES["table7"]["columns"]
    (row,) = table_rows(cells, columns, (), [("random", "1e-5")], ["mine"], [0])
    assert (row["in_dist_acc"], row["support"], row["expected"]) == (70.0, 10, 11.3)
    assert (row["expected_ci_low"], row["expected_ci_high"]) == (5, 18)
    text = as_text([row], columns, (), "Caption", "github")
    line = [cell.strip() for cell in text.splitlines()[-1].strip("|").split("|")]
    assert line == ["Random file corruption", "1e-5", "70.0", "10"]


def test_table_without_rows_is_empty(tmp_path):
    rows = accuracy_rows({}, "all", [], ["mine"], 0)
    write_csv(tmp_path / "table.csv", rows)
    assert (tmp_path / "table.csv").read_bytes() == b""
    assert "Corruption" in text_of(rows, "Caption", "github")


def as_read(rows):
    """The rows as the comparison reads them from the table's file."""
    return [{k: "" if v is None else str(v) for k, v in row.items()} for row in rows]


def shipped_conditions(table):
    evaluate = yaml.safe_load((CONFIG / "config.yaml").read_text(encoding="utf-8"))["evaluate"]
    spelled = {name: [str(level) for level in levels] for name, levels in evaluate.items()}
    return conditions(TABLES[table]["corruptions"], spelled)


def made_up(table, low, high, dataset="hmdb51", without=()):
    """A table with every condition of the shipped configuration: one half everywhere."""
    columns, cells = TABLES[table]["columns"], {}
    for condition in shipped_conditions(table):
        for column in columns:
            if (condition[0], column["name"]) not in without:
                cell = cells.setdefault((dataset, column["defense"], 0, *condition), {})
                cell |= {"clips": 9, "playable": 8, "kept": 7, column["measure"]: 0.5}
                name = "interval_" + column["measure"].removeprefix("accuracy_")
                cell[name] = [low / 100, high / 100]
    counts = TABLES[table]["counts"]
    return as_read(table_rows(cells, columns, counts, shipped_conditions(table), [dataset], [0]))


def printed(table):
    return read_csv(ROOT / TABLES[table]["published"])


def names(table):
    return [column["name"] for column in TABLES[table]["columns"] if column["printed"]]


# How many numbers the paper prints in each table.
PRINTED = {
    "table1": 6 * 15 - 1, "table2": 6 * 15 - 1, "table3": 6 * 6, "table4": 4 * 21,
    "table5": 2 * 21, "table6": 2 * 21, "table7": 15 + 8,
}  # fmt: skip


@pytest.mark.parametrize("table", TABLES)
def test_every_printed_number_is_compared_once(table):
    result = compare(made_up(table, 40.0, 60.0), printed(table), names(table))
    numbers = {
        (number["corruption"], float(number["p"]), number["column"]): number
        for number in printed_numbers(printed(table))
    }
    seen = [(row["corruption"], float(row["level"]), row["column"]) for row in result]
    assert len(numbers) == PRINTED[table]
    assert sorted(seen) == sorted(numbers)
    for key, row in zip(seen, result, strict=True):
        assert row["paper"] == float(numbers[key]["value"])
        assert row["doubt"] == numbers[key]["flag"]
        assert not row["verdict"].startswith("not evaluated")
        if row["column"] != "support":
            assert row["difference"] == pytest.approx(50 - row["paper"], abs=0.051)


def test_numbers_keep_the_order_of_their_file():
    keys = [(number["p"], number["column"]) for number in printed_numbers(printed("table5"))]
    assert keys[:3] == [("0.2", "in_dist_acc"), ("0.2", "auroc"), ("0.1", "in_dist_acc")]


def test_numbers_that_we_lack_are_named_as_such():
    rows = made_up("table1", 40.0, 60.0)
    rows[0]["none"] = ""
    result = compare(rows[:-1], printed("table1"), names("table1"))
    assert len(result) == PRINTED["table1"]
    lacking = [row for row in result if row["verdict"].startswith("not evaluated")]
    assert {row["ours"] for row in lacking} == {None}
    assert [row["column"] for row in lacking if row["corruption"] == "packet_loss"] == ["none"]
    assert [row["corruption"] for row in lacking].count("none") == 5


def test_doubt_of_the_tables_is_kept():
    rows = compare(made_up("table1", 0.0, 99.0), printed("table1"), names("table1"))
    doubtful = {(row["corruption"], row["column"]) for row in rows if row["doubt"]}
    assert ("packet_loss", "at_eps2") in doubtful
    assert ("random", "bat") not in doubtful
    rows = compare(made_up("table7", 0.0, 99.0), printed("table7"), names("table7"))
    assert [(row["level"], row["column"]) for row in rows if row["doubt"]] == [("5e-8", "support")]


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
    number = {"corruption": "random", "p": "0.0001", "column": "BAT", "value": value, "flag": "?"}
    (row,) = compare(made_up("table1", 40.0, 60.0), [number], names("table1"))
    assert row["verdict"] == verdict
    assert row["level"] == "1e-4"
    assert (row["column"], row["doubt"], row["ours"]) == ("bat", "?", 50.0)


@pytest.mark.parametrize("defence", BAT_VARIANTS)
def test_every_defence_is_judged_by_its_own_interval(defence):
    number = {"corruption": "random", "p": "1e-4", "column": defence, "value": "1", "flag": ""}
    (row,) = compare(made_up("table1", 40.0, 60.0), [number], names("table1"))
    assert (row["ours_low"], row["ours_high"]) == (40.0, 60.0)


def test_other_data_sets_are_shown_but_not_judged():
    number = {"corruption": "random", "p": "1e-4", "column": "none", "value": "50", "flag": ""}
    rows = made_up("table1", 40.0, 60.0, "mine") + made_up("table1", 40.0, 60.0)
    mine, paper = compare(rows, [number], names("table1"))
    assert mine["verdict"].startswith("not comparable")
    assert mine["ours"] == 50.0
    assert paper["verdict"] == "within our interval"
