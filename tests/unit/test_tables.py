"""Rows and columns of tables, and their texts, by hand."""

import pytest

from framefault.results.scores import read_scores, share, write_cell
from framefault.results.tables import (
    as_text,
    chance_warnings,
    in_unit,
    latex,
    make_table,
    markdown,
    ordered,
)
from framefault.tabular import write_csv
from framefault.workflow.papers import COLUMN
from papers import NOTHING, paper
from scored import cells

EVALUATE = NOTHING | {"packet_loss": ["0.2"], "random": ["1e-4", "5e-6"]}
CONDITIONS = [("packet_loss", "0.2"), ("random", "1e-4"), ("random", "5e-6"), ("clean", "0")]
VARIANTS = ["none", "at_eps2", "bat", "bat_low", "bat_high", "bat_oracle"]
HEADINGS = [
    "No defense", "AT (ε = 2/255)", "BAT", "BAT (Low)", "BAT (High)", "BAT (Oracle)",
]  # fmt: skip


def settings(table, *datasets, seeds=(0,), **changes):
    """A table of paper A as its script is told."""
    tables = {"tables": {"datasets": list(datasets)}, "seeds": {"training": list(seeds)}}
    return paper("paper_a", **({"evaluate": EVALUATE} | tables | changes)).table_settings(table)


def made(table, scores, *datasets, **more):
    wanted = settings(table, *datasets, **more)
    return make_table(wanted["rows"], wanted["columns"], scores, wanted["several_runs"])


def text_of(table, name="table2"):
    wanted = settings(name, "motion")
    return as_text(table, wanted["columns"], names=wanted["names"])


def written(folder, dataset, model, corruption, level, correct, playable=50, seed=0):
    """The cell of one model under one condition, of 100 clips."""
    names = {"dataset": dataset, "model": model, "corruption": corruption, "level": level}
    scores = [
        share("accuracy_playable", correct, playable, 0.95) | {"low": 0.123, "high": 0.9},
        share("accuracy_all", correct, 100, 0.95) | {"low": 0.1, "high": 0.4567},
        share("playable_share", playable, 100, 0.95),
    ]
    path = folder / dataset / model / f"{corruption}-{level}-{seed}.json"
    write_cell(path, names | {"training": str(seed), "seed": "0"}, scores)


@pytest.fixture(scope="module")
def scores(tmp_path_factory):
    """Every cell of two data sets; the oracle's number tells which condition it is for."""
    folder = tmp_path_factory.mktemp("cells")
    for dataset in ("motion", "textures"):
        for number, (corruption, level) in enumerate(CONDITIONS):
            for place, model in enumerate(VARIANTS):
                if model == "bat_oracle":
                    if corruption == "clean":
                        continue
                    model = f"bat_oracle/{corruption}/{level}"
                written(folder, dataset, model, corruption, level, 6 * number + place)
    return read_scores(sorted(folder.rglob("*.json")))


def test_rows_follow_data_sets_and_conditions(scores):
    table = made("table1", scores, "motion", "textures")
    keys = list(table[["dataset", "corruption", "level"]].itertuples(index=False, name=None))
    assert keys == [(dataset, *pair) for dataset in ("motion", "textures") for pair in CONDITIONS]


def test_table_1_is_on_playable_clips(scores):
    row = made("table1", scores, "motion").loc[1]
    assert row[VARIANTS].tolist() == [12.0, 14.0, 16.0, 18.0, 20.0, 22.0]
    assert (row["bat_ci_low"], row["bat_ci_high"]) == (12.3, 90.0)
    assert (row["playable"], row["clips"]) == (50, 100)


def test_table_2_is_on_all_clips(scores):
    row = made("table2", scores, "motion").loc[1]
    assert row[VARIANTS].tolist() == [6.0, 7.0, 8.0, 9.0, 10.0, 11.0]
    assert (row["bat_low"], row["bat_high"]) == (9.0, 10.0)
    assert (row["bat_low_ci_low"], row["bat_low_ci_high"]) == (10.0, 45.7)


def test_every_defence_has_three_columns_and_counts_have_one(scores):
    table = made("table2", scores, "motion")
    assert len(table.columns) == len(["dataset", "corruption", "level"]) + 3 * (6 + 1)
    counted = made("table1", scores, "motion")
    assert set(counted.columns) - set(table.columns) == {"clips"}


def test_oracle_is_of_the_rows_own_condition(scores):
    table = made("table2", scores, "motion")
    assert table["bat_oracle"].tolist() == [5.0, 11.0, 17.0, None]


def test_several_runs_give_mean_and_standard_deviation(tmp_path):
    for seed, (correct, playable) in enumerate([(10, 50), (14, 50), (18, 40)]):
        written(tmp_path, "motion", "none", "random", "1e-4", correct, playable, seed)
    table = made("table2", read_scores(tmp_path.rglob("*.json")), "motion", seeds=(0, 1, 2))
    row = table.loc[1]
    # 10, 14 and 18 of 100: mean 14, squared deviations 16 + 0 + 16 over 3 - 1 is 4 squared.
    assert (row["none"], row["none_std"], row["none_runs"]) == (14.0, 4.0, 3)
    assert (row["none_ci_low"], row["none_ci_high"]) == (10.0, 45.7)
    assert (row["playable"], row["playable_std"]) == (46.7, 5.8)
    text = text_of(table).loc[1]
    assert (text["No defense"], text["Playable"]) == ("14.0 ± 4.0", "46.7 ± 5.8")
    assert (table.loc[0, "none_runs"], text_of(table).loc[0, "No defense"]) == (0, "N/A")


def test_no_playable_clip_is_not_available(tmp_path):
    written(tmp_path, "motion", "none", "random", "1e-4", correct=0, playable=0)
    scores = read_scores(tmp_path.rglob("*.json"))
    table = made("table1", scores, "motion")
    assert table.loc[1, "none"] is None
    assert made("table2", scores, "motion").loc[1, "none"] == 0.0
    assert text_of(table, "table1").loc[1, "No defense"] == "N/A"


def lines(text):
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines()]


def test_text_names_defences_and_leaves_repetitions_out(scores):
    text = markdown(text_of(made("table2", scores, "motion")), "A caption")
    caption, empty, *table = lines(text)
    assert (caption, empty) == (["A caption"], [""])
    assert table[0] == ["Corruption", "p", *HEADINGS, "Playable"]
    assert [row[0] for row in table[2:]] == [
        "Packet loss", "Random file corruption", "", "None (standard acc.)",
    ]  # fmt: skip
    assert [row[1] for row in table[2:]] == ["0.2", "1e-4", "5e-6", "0"]
    assert [row[7] for row in table[2:]] == ["5.0", "11.0", "17.0", "N/A"]
    assert table[2][8] == "50.0"


def test_text_names_the_data_set_where_there_are_several(scores):
    table = made("table2", scores, "motion", "textures")
    found = lines(markdown(text_of(table), "A caption"))[2:]
    assert found[0][0] == "Data set"
    assert [row[0] for row in found[2:]] == ["motion"] * 4 + ["textures"] * 4
    assert [row[1] for row in found[2:]].count("Packet loss") == 2


def test_latex_table_is_complete(scores):
    text = latex(text_of(made("table2", scores, "motion")), "A caption")
    assert text.startswith("\\begin{table}")
    assert text.endswith("\\end{table}\n")
    assert "\\caption{A caption}" in text
    assert "Packet loss" in text
    assert text.count("\\\\\n") == 5


def test_latex_is_valid_where_words_have_special_characters(scores):
    text = latex(text_of(made("table2", scores, "motion")), "50 % of all ± 1 – Δ")
    assert "AT ($\\varepsilon$ = 2/255)" in text
    assert "\\caption{50 \\% of all $\\pm$ 1 -- $\\Delta$}" in text
    assert text.isascii()


def test_counts_are_whole_numbers_and_unprinted_columns_are_in_the_csv_only():
    condition = {"dataset": "motion", "model": "checksum", "corruption": "random", "level": "1e-5"}
    rows = [
        {"measure": "accuracy_unchanged", "value": 0.7, "low": 0.3, "high": 0.9},
        {"measure": "support", "value": 10, "low": 4.9, "high": 18.3},
        {"measure": "expected_support", "value": 11.34, "low": 5, "high": 18},
    ]
    found = cells(*(condition | row for row in rows))
    table = made("table7", found, "motion", evaluate=NOTHING | {"random": ["1e-5"]})
    row = table.loc[0]
    assert (row["in_dist_acc"], row["support"], row["expected"]) == (70.0, 10, 11.3)
    assert (row["expected_ci_low"], row["expected_ci_high"]) == (5, 18)
    text = lines(markdown(text_of(table, "table7"), ""))
    assert text[4] == ["Random file corruption", "1e-5", "70.0", "10"]


def test_whole_counts_are_written_without_a_point(tmp_path):
    table = cells({"value": 12}, {"value": 12.34}, {"value": None})
    write_csv(tmp_path / "t.csv", in_unit(table["value"], True).to_frame("count"))
    assert (tmp_path / "t.csv").read_text() == 'count\n12\n12.3\n""\n'


def test_table_without_rows_has_a_head_and_no_body(tmp_path):
    table = made("table3", cells(), "motion", evaluate=NOTHING)
    write_csv(tmp_path / "table.csv", table)
    (head,) = (tmp_path / "table.csv").read_text().splitlines()
    assert head.startswith("none,none_ci_low,none_ci_high,at_eps2")
    assert len(lines(markdown(text_of(table, "table3"), "Caption"))) == 4


def test_a_model_that_may_only_guess_is_named():
    def clean(model, correct, training=0, classes=10):
        shares = [
            share("accuracy_all", correct, 100, 0.95),
            {"measure": "chance", "value": 1 / classes},
        ]
        return [{"model": model, "training": training} | each for each in shares]

    scores = cells(*clean("none", 40), *clean("bat", 14), *clean("at_eps2", 18))
    (warning,) = chance_warnings(scores, {"bat": "BAT"})  # 14 of 100 are more than 7.9 %
    assert "BAT may be guessing on mine" in warning and "14.0 %" in warning and "10.0 %" in warning
    # Damage may bring anyone to chance, and a table without clean clips knows nothing.
    assert chance_warnings(scores.assign(corruption="random")) == []
    runs = cells(*clean("none", 10), *clean("none", 30, training=1))
    assert chance_warnings(runs) == []


# Columns and rows of any task -----------------------------------------------------------------

ACCURACIES = {
    "original": COLUMN | {"heading": "Original", "measure": "pm_0", "absent": "not available"},
    "perturbed": COLUMN | {"heading": "Perturbed", "measure": "pm_10", "absent": ""},
    "drop": COLUMN | {"heading": "Δ", "minus": ["original", "perturbed"], "absent": "–"},
}


def row(model, **labels):
    return {"labels": {"model": model} | labels, "scores": {"dataset": "d", "model": model}}


def pair(model, original, perturbed, of, part=""):
    """Scores under pm-0 and pm-10."""
    named = {"dataset": "d", "model": model, "part": part}
    return [
        named | share(f"pm_{k}", count, of, 0.95, part)
        for k, count in ((0, original), (10, perturbed))
    ]


def test_a_difference_is_that_of_printed_values():
    # 67.54 - 52.48 is 15.06, but 67.5 - 52.5 is 15.0, as the paper prints for resnet50.
    table = make_table([row("resnet50")], ACCURACIES, cells(*pair("resnet50", 749, 582, 1109)))
    assert table.loc[0, ["original", "perturbed", "drop"]].tolist() == [67.5, 52.5, 15.0]
    assert "drop_ci_low" not in table


def test_text_has_intervals_where_they_are_asked_for():
    table = make_table([row("resnet50")], ACCURACIES, cells(*pair("resnet50", 749, 582, 1109)))
    plain, full = (as_text(table, ACCURACIES, each).loc[0] for each in (False, True))
    assert (plain["Original"], plain["Δ"]) == ("67.5", "15.0")
    assert (full["Original"], full["Perturbed"]) == ("67.5 [64.7, 70.3]", "52.5 [49.5, 55.5]")
    assert full["Δ"] == "15.0"


def test_what_cannot_be_had_comes_last_and_says_so():
    scores = cells(*pair("worse", 1, 0, 4), *pair("better", 3, 2, 4))
    table = make_table([row("gone"), row("worse"), row("better")], ACCURACIES, scores)
    assert table.loc[0, ["original", "perturbed", "drop"]].tolist() == [None] * 3
    table = ordered(table, "original")
    assert table["model"].tolist() == ["better", "worse", "gone"]
    text = as_text(table, ACCURACIES, intervals=True).loc[2]
    assert text.tolist() == ["gone", "not available", "", "–"]


def test_labels_are_put_into_words_and_the_role_is_left_out():
    rows = [row("m", dataset="d", role="vid", type="robust")]
    table = make_table(rows, ACCURACIES, cells(*pair("m", 1, 1, 2)))
    assert table.loc[0, "role"] == "vid"
    text = as_text(table, ACCURACIES, names={"robust": "+ l-inf robustness"})
    assert list(text.columns) == ["Model", "Model type", "Original", "Perturbed", "Δ"]
    assert text.loc[0, "Model type"] == "+ l-inf robustness"


def test_a_star_stands_for_all_parts_in_the_order_of_numbers():
    scores = [pair("m", 4, 3, 4, "fps 29"), pair("m", 4, 2, 4, "fps 5"), pair("m", 4, 1, 4, "x 1")]
    rows = [row("m", dataset="d", fps="*")]
    rows[0]["scores"]["part"] = "fps *"
    table = make_table(rows, ACCURACIES, cells(*(each for pair in scores for each in pair)))
    assert table[["fps", "perturbed"]].values.tolist() == [["5", 50.0], ["29", 75.0]]


def test_a_part_that_is_empty_leaves_an_empty_row():
    rows = [row("m", frames="w/o P")]
    rows[0]["scores"]["part"] = "without P"
    table = make_table(rows, ACCURACIES, cells(*pair("m", 0, 0, 0, "without P")))
    assert table.loc[0, ["original", "drop"]].tolist() == [None, None]
