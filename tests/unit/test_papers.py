"""The papers as data: rows, cells and figures under the shipped configurations and others."""

from collections import Counter

import pytest

from framefault.tabular import read_csv
from framefault.workflow.papers import conditions, in_paper, nearest
from papers import FEW, NOTHING, paper

A, B = paper("paper_a"), paper("paper_b")
A_THEIRS, B_THEIRS = (paper(name, "paper.yaml") for name in ("paper_a", "paper_b"))
NO_ROLE = {"vid": None, "ytbb": None}


def labels(paper, name, *keys):
    rows = paper.rows(paper.tables[name])
    return [tuple(row["labels"][key] for key in keys) for row in rows]


def cell(dataset, model, corruption="clean", level="0", seed=0):
    return f"results/cells/{dataset}/{model}/seed{seed}/{corruption}/{level}.json"


# Tables ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("which", [A, A_THEIRS])
def test_paper_a_has_all_its_tables_and_figures(which):
    assert list(which.tables) == [f"table{number}" for number in range(1, 8)]
    assert list(which.figures) == [f"figure{number}" for number in range(1, 8)]
    assert list(which.published) == list(which.tables)
    assert all(file.is_file() for file in which.published.values())
    assert {len(which.rows(table)) for table in which.tables.values()} == {15, 6, 21}


@pytest.mark.parametrize("which", [B, B_THEIRS])
def test_paper_b_has_all_its_tables_and_figures(which):
    assert list(which.tables) == [f"paper_b_table{n}" for n in (1, 2, *range(4, 11))]
    assert list(which.figures) == [f"paper_b_figure{n}" for n in (1, 3, *range(5, 12))]
    assert set(which.tables) - set(which.published) == {"paper_b_table1", "paper_b_table10"}


def test_rows_are_the_levels_that_are_evaluated():
    few = paper("paper_a", evaluate=FEW)
    assert labels(few, "table1", "corruption", "level") == [
        ("packet_loss", "0.2"), ("packet_loss", "0.01"), ("random", "1e-4"), ("random", "1e-6"),
        ("random", "1e-8"), ("clean", "0"),
    ]  # fmt: skip
    assert labels(few, "table3", "corruption", "level") == [("contiguous", "0.5")]
    assert labels(paper("paper_a", evaluate=NOTHING), "table3", "level") == []


def test_cells_of_a_table_are_all_defences_under_all_conditions():
    few = paper("paper_a", evaluate=NOTHING | {"random": ["1e-4"]})
    clean = ["none", "at_eps2", "bat", "bat_low", "bat_high"]
    assert few.table_cells(few.tables["table1"]) == [
        *(cell("motion", model, "random", "1e-4") for model in clean),
        cell("motion", "bat_oracle/random/1e-4", "random", "1e-4"),
        *(cell("motion", model) for model in clean),
    ]
    assert few.table_cells(few.tables["table5"]) == [
        cell("motion", "odin", "random", "1e-4"), cell("motion", "odin"),
    ]  # fmt: skip


def test_an_oracle_is_asked_for_only_where_bat_trains():
    levels = {"bat": {"levels": {"random": ["1e-4"]}}}
    few = paper("paper_a", evaluate=FEW, recognition=levels)
    oracles = [name for name in few.table_cells(few.tables["table1"]) if "oracle" in name]
    assert [name.split("/")[-2:] for name in oracles] == [
        ["packet_loss", "0.2.json"], ["packet_loss", "0.01.json"], ["random", "1e-4.json"],
    ]  # fmt: skip


def test_every_seed_and_data_set_has_its_cells():
    several = paper("paper_a", seeds=[0, 7], tables={"datasets": ["motion", "textures"]})
    found = Counter(
        name.split("/")[2::2][0] for name in several.table_cells(several.tables["table6"])
    )
    assert found == {"motion": 42, "textures": 42}
    assert several.table_settings("table6")["several_seeds"] is True
    assert A.table_settings("table6")["several_seeds"] is False


def test_a_column_has_its_tables_model_and_measure_or_its_own():
    table1, table5 = (A.table_settings(name)["columns"] for name in ("table1", "table5"))
    assert [table1[name]["model"] for name in ("none", "bat_oracle")] == ["none", "bat_oracle"]
    assert {table1[name]["measure"] for name in ("none", "bat_oracle")} == {"accuracy_playable"}
    assert table1["clips"]["measure"] == "accuracy_all" and not table1["clips"]["printed"]
    assert {column["model"] for column in table5.values()} == {"odin"}
    accuracies = B.table_settings("paper_b_table5")["columns"]
    assert not any("model" in column for column in accuracies.values())
    assert accuracies["original"]["interval"] and accuracies["drop"]["minus"]


def test_captions_say_that_videos_are_generated():
    embedded = "Data: embedded, generated videos, not the paper's."
    assert A.table_settings("table1")["caption"].endswith(f"(%). {embedded}")
    assert B.table_settings("paper_b_table5")["caption"].endswith(embedded)
    assert A_THEIRS.table_settings("table1")["caption"].endswith("playable videos (%).")
    assert B_THEIRS.figure_settings("paper_b_figure1")["note"] == ""
    assert B.figure_settings("paper_b_figure9")["note"] == ""  # a toy example shows no data set


def test_numbers_of_other_data_sets_cannot_be_compared():
    two = paper("paper_a", "paper.yaml", tables={"datasets": ["motion", "hmdb51", "ucf101"]})
    assert two.incomparable(two.tables["table1"]) == {
        "motion": "generated videos", "ucf101": "the paper's number is for hmdb51",
    }  # fmt: skip
    assert B_THEIRS.incomparable(B_THEIRS.tables["paper_b_table2"]) == {}
    assert B.incomparable(B.tables["paper_b_table2"]) == {
        "scenes": "generated videos", "shorts": "generated videos",
    }  # fmt: skip


# Models that cannot be had, roles that are left open -------------------------------------------


def test_representatives_are_those_that_can_be_had_in_the_papers_order():
    assert labels(B, "paper_b_table2", "role", "type", "model")[:5] == [
        ("vid", "ilsvrc", "resnet_small"), ("vid", "augment", "resnet_small_jpeg_compression"),
        ("vid", "robust", "resnet_small_linf"), ("vid", "finetuned", "resnet_small_finetuned"),
        ("vid", "finetuned_deep", "resnet_deep_finetuned"),
    ]  # fmt: skip
    assert labels(B_THEIRS, "paper_b_table2", "role", "type", "model") == [
        ("vid", "ilsvrc", "resnet50"), ("vid", "augment", "resnet50_augment_jpeg_compression"),
        ("vid", "finetuned", "resnet50_finetuned"),
        ("vid", "finetuned_deep", "resnet152_finetuned"), ("ytbb", "ilsvrc", "resnet50"),
        ("ytbb", "augment", "resnet50_augment_jpeg_compression"),
        ("ytbb", "finetuned", "resnet50_finetuned"),
        ("ytbb", "finetuned_deep", "resnet152_finetuned"),
    ]  # fmt: skip


def test_a_model_that_cannot_be_had_has_a_row_but_no_cell():
    rows = labels(B_THEIRS, "paper_b_table5", "model", "kind", "from")
    assert len(rows) == 45
    assert ("resnet50_detection", "detection", "a detector, not released") in rows
    cells = B_THEIRS.table_cells(B_THEIRS.tables["paper_b_table5"])
    assert len(cells) == 43
    assert cell("vid", "resnet50") in cells
    assert not [name for name in cells if "resnet50_detection" in name]


def test_predictions_that_are_handed_in_are_had():
    model = "ResNeXtDenoiseAll-101_robust_pgd"
    handed_in = {"datasets": {"vid": {"predictions": {model: "mine.json"}}}}
    which = paper("paper_b", "paper.yaml", **handed_in)
    assert cell("vid", model) in which.table_cells(which.tables["paper_b_table5"])
    assert ("vid", "robust", model) in labels(which, "paper_b_table2", "role", "type", "model")
    assert "handed in" in {row[0] for row in labels(which, "paper_b_table5", "from")}


def test_a_model_that_is_trained_for_a_data_set_loses_its_name():
    assert ("resnet152_finetuned",) in labels(B_THEIRS, "paper_b_table6", "model")
    assert cell("ytbb", "resnet152_finetuned_ytbb") in B_THEIRS.table_cells(
        B_THEIRS.tables["paper_b_table6"]
    )


def test_a_paper_role_that_is_left_open_has_no_rows_and_no_table_of_its_own():
    one = paper("paper_b", tables={"roles": {"ytbb": None}})
    assert set(B.tables) - set(one.tables) == {"paper_b_table6"}
    assert set(B.figures) == set(one.figures)
    assert labels(one, "paper_b_table1", "dataset") == [("scenes",)]
    assert {role for (role,) in labels(one, "paper_b_table2", "role")} == {"vid"}
    assert {each["dataset"] for each in one.figure_settings("paper_b_figure3")["models"]} == {
        "scenes"
    }  # fmt: skip
    other = paper("paper_b", tables={"roles": {"vid": None}})
    gone = {"paper_b_table5", "paper_b_table7", "paper_b_table8", "paper_b_table9"}
    assert set(B.tables) - set(other.tables) == gone
    assert set(B.figures) - set(other.figures) == {"paper_b_figure1", "paper_b_figure10"}


def test_without_any_role_only_what_shows_no_data_is_left():
    nothing = paper("paper_b", tables={"roles": NO_ROLE})
    assert nothing.targets() == ["results/figures/paper_b_figure9.pdf"]
    assert nothing.skipped["paper_b_table10"] == "no model is trained here"
    assert nothing.skipped["paper_b_table2"] == "tables.roles has no data set as vid or ytbb"


HANDED_IN = {"type": "vid", "metadata": "m", "models": ["mine"], "predictions": {"mine": "p.json"}}


def test_with_predictions_only_what_needs_frames_or_training_is_left_out_with_a_reason():
    only = paper("paper_b", datasets={"v": HANDED_IN}, tables={"roles": NO_ROLE | {"vid": "v"}})
    assert only.skipped == {
        "paper_b_table2": "v has no representatives",
        "paper_b_table6": "tables.roles has no data set as ytbb",
        "paper_b_table7": "v has no videos",
        "paper_b_table8": "v has no videos",
        "paper_b_table9": "v has no narrow",
        "paper_b_table10": "no model is trained here",
        "paper_b_figure1": "v has no frames",
        "paper_b_figure8": "v has no representatives",
        "paper_b_figure10": "v has no frames",
        "paper_b_figure11": "v has no representatives",
    }


def test_of_two_data_sets_the_one_that_has_what_is_needed_is_shown():
    lacking = paper("paper_b", datasets={"v": HANDED_IN}, tables={"roles": {"ytbb": "v"}})
    assert set(B.figures) == set(lacking.figures)
    assert {role for (role,) in labels(lacking, "paper_b_table2", "role")} == {"vid"}
    settings = lacking.figure_settings("paper_b_figure8")
    assert [panel["title"] for panel in settings["panels"]] == ["scenes"]
    assert lacking.shown(lacking.tables["paper_b_table1"]) == ["scenes", "v"]


def test_a_detector_that_classifies_can_be_a_representative():
    dataset = HANDED_IN | {"representatives": {"detection": "mine"}}
    only = paper("paper_b", datasets={"v": dataset}, tables={"roles": NO_ROLE | {"vid": "v"}})
    assert labels(only, "paper_b_table2", "type", "model") == [("detection", "mine")]


# Published by nobody, and no classifier that could be trained here as it was.
NOT_TRAINABLE = {"resnet50_detection", "ResNeXtDenoiseAll-101_robust_pgd"}


@pytest.mark.parametrize(("table", "dataset"), [("table5", "vid"), ("table6", "ytbb")])
def test_every_printed_row_is_a_model_with_published_weights_or_one_trained_here(table, dataset):
    printed = set(read_csv(B_THEIRS.published[f"paper_b_{table}"])["model"])
    evaluated = {in_paper(model, dataset) for model in B_THEIRS.models.evaluated(dataset)}
    assert printed - evaluated <= NOT_TRAINABLE
    assert evaluated <= printed


def test_what_a_data_set_lacks_is_not_shown():
    changes = {"vid": {"videos": None, "narrow": []}}
    lacking = paper("paper_b", "paper.yaml", datasets=changes)
    gone = set(B_THEIRS.tables) - set(lacking.tables)
    assert gone == {"paper_b_table7", "paper_b_table8", "paper_b_table9"}


def test_targets_are_tables_comparisons_claims_and_figures():
    assert Counter(target.split("/")[1] for target in A.targets()) == {
        "tables": 7, "comparison": 8, "figures": 7,
    }  # fmt: skip
    assert "results/comparison/claims.csv" in A.targets()
    assert Counter(target.split("/")[1] for target in B.targets()) == {
        "tables": 9, "comparison": 7, "figures": 9,
    }  # fmt: skip


def test_parts_of_the_best_model_have_their_words():
    assert labels(B, "paper_b_table7", "model", "frames")[1] == (
        "resnet_deep_finetuned", "w/o I-frames",
    )  # fmt: skip
    parts = [row["scores"]["part"] for row in B.rows(B.tables["paper_b_table7"])]
    assert parts == ["", "without I", "without P", "without B"]
    assert labels(B, "paper_b_table4", "role", "reviewed") == [
        ("vid", "pairs not"), ("vid", "yes"), ("ytbb", "pairs not"), ("ytbb", "yes"),
    ]  # fmt: skip
    assert labels(B, "paper_b_table9", "training") == [("ILSVRC-30",), ("ILSVRC-30 + FT",)]


def test_hyper_parameters_are_those_of_the_models_that_are_trained():
    rows = {row["labels"]["model"]: row["labels"] for row in
            B_THEIRS.rows(B_THEIRS.tables["paper_b_table10"])}  # fmt: skip
    assert len(rows) == 23
    assert rows["resnet50_augment_regular"]["start"] == "resnet50"
    assert rows["alexnet_finetuned"]["learning_rate"] == 1e-5
    assert rows["resnet50_finetuned"]["learning_rate"] == 1e-4
    assert (rows["resnet50_30_finetuned"]["start"], rows["resnet50_30"]["start"]) == (
        "resnet50_30", "",
    )  # fmt: skip


# Figures --------------------------------------------------------------------------------------


@pytest.mark.parametrize("which", [A, B, A_THEIRS, B_THEIRS])
def test_every_figure_says_what_its_script_needs(which):
    needed = {
        "curves": {"points", "panels"}, "scatter": {"models", "x", "y"}, "toy": set(),
        "bars": {"models", "part", "bars"}, "distances": {"rules", "dataset", "models"},
        "changes": {"rules", "model"}, "bits": {"conditions", "playable", "limits", "mtu"},
    }  # fmt: skip
    examples = {"conditions", "playable", "limits", "dataset", "seed"}
    for name, figure in which.figures.items():
        found = which.figure_settings(name)
        assert needed.get(figure["kind"], examples) | {"note"} <= set(found)


def test_points_are_conditions_with_printed_numbers_beside():
    points = A.figure_settings("figure3")["points"]
    found = {(p["curve"], p["corruption"], p["level"]): p for p in points}
    assert len(points) == len(found) == 4 * 15
    assert found["Accuracy", "packet_loss", "0.2"]["paper"] == 32.8
    assert found["Accuracy", "clean", "0"]["panel"] == "motion: accuracy"
    assert found["Distance, all", "random", "1e-4"]["paper"] is None
    other = paper("paper_a", evaluate=NOTHING | {"packet_loss": ["0.3"]}).figure_settings("figure3")
    assert [point["paper"] for point in other["points"][:2]] == [None, 61.6]


def test_panels_are_all_data_sets_of_the_first_then_of_the_next():
    two = paper("paper_a", seeds=[0, 1], tables={"datasets": ["motion", "textures"]})
    settings = two.figure_settings("figure3")
    assert [look["title"] for look in settings["panels"]] == [
        "motion: accuracy", "textures: accuracy", "motion: distance", "textures: distance",
    ]  # fmt: skip
    assert [look["scale"] for look in settings["panels"]] == [100, 100, 1, 1]
    assert settings["note"].startswith("Bands: standard deviation over 2 seeds. Data: embedded")
    note = A.figure_settings("figure3")["note"]
    assert note.startswith("Bands: 95 % interval over clips, one seed. Data: embedded")


def test_curves_over_k_are_of_the_representatives():
    settings = B.figure_settings("paper_b_figure8")
    points = [point for point in settings["points"] if point["dataset"] == "shorts"]
    assert [(p["x"], p["measure"]) for p in points[:2]] == [(1, "at_1"), (2, "at_2")]
    assert len(points) == 5 * 10
    assert points[-1]["model"] == "resnet_deep_finetuned_shorts"
    assert points[-1]["curve"] == "+ fine-tuning (deeper)"
    assert [look["title"] for look in settings["panels"]] == ["scenes", "shorts"]
    assert {p["measure"] for p in B.figure_settings("paper_b_figure11")["points"]} == {
        f"pm_{k}" for k in range(11)
    }  # fmt: skip


def test_points_of_models_are_of_those_that_can_be_had():
    models = B_THEIRS.figure_settings("paper_b_figure3")["models"]
    assert Counter(each["dataset"] for each in models) == {"vid": 43, "ytbb": 59}
    assert {"+ fine-tuning", "+ noise augmentation", "Trained on ILSVRC"} == {
        each["kind"] for each in models
    }  # fmt: skip
    best = B_THEIRS.figure_settings("paper_b_figure7")["models"]
    assert [each["model"] for each in best] == ["resnet152_finetuned", "resnet152_finetuned_ytbb"]


def test_the_static_figure_needs_the_scores_of_all_models_together():
    cells = {name: B.scatter_cells(B.figures[f"paper_b_figure{name}"]) for name in (3, 6)}
    assert set(cells[6]) - set(cells[3]) == {cell("scenes", "static"), cell("shorts", "static")}
    assert len(cells[3]) == 24


def test_mistakes_of_models_that_cannot_be_had_are_not_shown():
    assert B.figure_settings("paper_b_figure10")["models"] == {
        "ilsvrc": "resnet_small", "robust": "resnet_small_linf",
        "finetuned": "resnet_small_finetuned",
    }  # fmt: skip
    assert B_THEIRS.figure_settings("paper_b_figure10")["models"] == {
        "ilsvrc": "resnet50", "finetuned": "resnet50_finetuned",
    }  # fmt: skip


def test_levels_that_are_not_evaluated_give_way_to_the_nearest():
    assert nearest(["0.2", "0.01", "1e-4"], 0.1) == "0.2"
    assert nearest(["1e-8", "1e-5"], 1e-6) == "1e-5"
    few = paper("paper_a", evaluate=NOTHING | {"packet_loss": ["0.2", "1e-3"], "random": ["1e-4"]})
    assert few.figure_settings("figure4")["conditions"] == [
        ("clean", "0"), ("packet_loss", "1e-3"), ("packet_loss", "0.2"), ("random", "1e-4"),
    ]  # fmt: skip
    nothing = paper("paper_a", evaluate=NOTHING)
    for name in ("figure1", "figure2", "figure4", "figure5"):
        assert nothing.figure_settings(name)["conditions"] == [("clean", "0")]


def test_conditions_are_in_the_order_that_is_asked_for():
    assert conditions(("clean", "contiguous"), FEW) == [("clean", "0"), ("contiguous", "0.5")]


# Claims ---------------------------------------------------------------------------------------


def test_claims_read_both_sides_of_every_condition():
    few = paper("paper_a", evaluate=NOTHING | {"packet_loss": ["0.2"], "random": ["1e-8"]})
    inputs = few.claim_inputs()
    name = "results/predictions/motion/{}/seed0/{}.parquet".format
    assert set(inputs["predictions"]) == {
        name("none", "clean/0"), name("none", "packet_loss/0.2"), name("none", "random/1e-8"),
        name("bat_high", "packet_loss/0.2"), name("at_eps2", "packet_loss/0.2"),
        name("at_eps2", "random/1e-8"), name("at_eps2", "clean/0"),
    }  # fmt: skip
    assert inputs["cells"] == [cell("motion", "odin", "random", "1e-8")]
    assert inputs["files"] == [name("checksum", "random/1e-8")]
