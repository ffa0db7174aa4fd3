"""The papers as data: rows, cells and figures under the shipped configurations and others."""

from collections import Counter

import pytest

from framefault.errors import UserError
from framefault.tabular import read_csv
from framefault.workflow.papers import chosen, conditions, in_paper, nearest
from papers import FEW, NOTHING, paper

A, B = paper("paper_a"), paper("paper_b")
A_THEIRS, B_THEIRS = (paper(name, "paper.yaml") for name in ("paper_a", "paper_b"))
NO_ROLE = {"vid": None, "ytbb": None}


def labels(paper, name, *keys):
    rows = paper.rows(paper.tables[name])
    return [tuple(row["labels"][key] for key in keys) for row in rows]


def cell(dataset, model, corruption="clean", level="0", training=0, seed=0):
    return f"results/cells/{dataset}/{model}/seed{training}/{corruption}/{level}/seed{seed}.json"


def seeds(*training, corruption=(0,), **training_of):
    return {"training": list(training), "corruption": list(corruption), "training_of": training_of}


def runs_of(cells):
    """{(model, corruption): {(training, draw)}} of cells; an oracle's model has its condition."""
    found = {}
    for name in cells:
        _, _, _, *model, training, corruption, _, seed = name.removesuffix(".json").split("/")
        run = tuple(int(each.removeprefix("seed")) for each in (training, seed))
        found.setdefault((model[0], corruption), set()).add(run)
    return found


# Tables ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("which", [A, A_THEIRS])
def test_paper_a_has_all_its_tables_and_figures(which):
    printed = [f"table{number}" for number in range(1, 8)]
    assert list(which.tables) == [*printed, "tracking"]
    assert list(which.figures) == [f"figure{number}" for number in range(1, 10)]
    assert list(which.published) == [*printed, "tracking"]
    assert all(file.is_file() for file in which.published.values())
    assert {len(which.rows(table)) for table in which.tables.values()} == {15, 6, 21}


@pytest.mark.parametrize("which", [B, B_THEIRS])
def test_paper_b_has_all_its_tables_and_figures(which):
    assert list(which.tables) == [f"paper_b_table{n}" for n in range(1, 12)]
    assert list(which.figures) == [f"paper_b_figure{n}" for n in range(1, 12)]
    assert set(which.tables) - set(which.published) == {"paper_b_table10", "paper_b_table11"}


def test_rows_are_the_levels_that_are_evaluated():
    few = paper("paper_a", evaluate=FEW)
    assert labels(few, "table1", "corruption", "level") == [
        ("packet_loss", "0.2"), ("packet_loss", "0.01"), ("random", "1e-4"), ("random", "1e-6"),
        ("random", "1e-8"), ("clean", "0"),
    ]  # fmt: skip
    assert labels(few, "table3", "corruption", "level") == [("contiguous", "0.5")]
    assert labels(paper("paper_a", evaluate=NOTHING), "table3", "level") == []


OTHERS = FEW | {"burst_loss": ["0.01", "0.1", "0.2"], "sector_loss": ["0.1"]}


def test_others_are_what_is_evaluated_and_not_the_papers_own():
    more = paper("paper_a", evaluate=OTHERS)
    for name in more.tables.keys() - {"table3"}:
        found = list(dict.fromkeys(row[0] for row in labels(more, name, "corruption")))
        assert found[-3:] == ["burst_loss", "sector_loss", "clean"]
    assert labels(more, "table3", "corruption", "level") == [("contiguous", "0.5")]
    named = more.table_settings("table1")["names"]
    assert named == {
        "packet_loss": "Packet loss", "random": "Random file corruption",
        "burst_loss": "Burst loss", "sector_loss": "Sector loss",
    }  # fmt: skip
    few = paper("paper_a", evaluate=FEW)
    assert "burst_loss" not in few.table_settings("table1")["names"]


def test_figures_show_others_too():
    more = paper("paper_a", evaluate=OTHERS)
    rows = more.figure_settings("figure3")["rows"]
    assert [row["corruption"] for row in rows] == [
        "packet_loss", "random", "burst_loss", "sector_loss",
    ]  # fmt: skip
    assert [row["added"] for row in rows] == [False, False, True, True]
    assert rows[2]["axis"] == "Network corruption\n(burst loss)"
    shown = more.excerpt_settings("figure4")
    assert [level for name, level in shown["conditions"] if name == "burst_loss"] == [
        "0.2", "0.1", "0.01",
    ]  # fmt: skip
    assert shown["corruptions"] == [*more.figure_settings("figure4")["names"]]
    assert shown["corruptions"] == ["packet_loss", "random", "burst_loss", "sector_loss"]
    pairs = more.excerpt_settings("figure5")["conditions"]
    assert [each for each in pairs if each[0] in ("burst_loss", "sector_loss")] == [
        ("burst_loss", "0.2"), ("sector_loss", "0.1"),
    ]  # fmt: skip
    for name in ("figure1", "figure2", "figure8"):
        found = {each for each, _ in more.excerpt_settings(name)["conditions"]}
        assert found <= {"clean", "packet_loss", "random"}


@pytest.mark.parametrize(
    ("levels", "wanted", "found"),
    [
        (["0.01", "0.2", "0.1", "0.05"], 1, ["0.2"]),
        (["0.01", "0.2", "0.1", "0.05"], 2, ["0.2", "0.01"]),
        (["1e-3", "0.2", "0.1", "0.05", "1e-4"], 3, ["0.2", "0.05", "1e-4"]),
        (["0.5"], 3, ["0.5"] * 3),
        ([], 3, []),
        ([], [0.1], []),
        (["0.01", "0.2"], [0.1, 1e-4], ["0.2", "0.01"]),
    ],
)
def test_levels_of_example_clips_are_the_nearest_or_from_the_highest_down(levels, wanted, found):
    assert chosen(levels, wanted) == found


def test_cells_of_a_table_are_all_defences_under_all_conditions():
    few = paper("paper_a", evaluate=NOTHING | {"random": ["1e-4"]}, seeds=seeds(0))
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
    assert oracles == [
        cell("motion", f"bat_oracle/{corruption}/{level}", corruption, level)
        for corruption, level in (
            ("packet_loss", "0.2"),
            ("packet_loss", "0.01"),
            ("random", "1e-4"),
        )
    ]


def test_every_run_and_data_set_has_its_cells():
    several = paper("paper_a", seeds=seeds(0, 7), tables={"datasets": ["motion", "textures"]})
    found = Counter(name.split("/")[2] for name in several.table_cells(several.tables["table6"]))
    assert found == {"motion": 42, "textures": 42}


def test_a_run_is_a_training_under_a_draw():
    few = paper("paper_a", evaluate=FEW, seeds=seeds(0, 7, corruption=(1, 2), bat=[5]))
    cells = [name for table in few.tables.values() for name in few.table_cells(table)]
    found, every = runs_of(cells), {(training, draw) for training in (0, 7) for draw in (1, 2)}
    assert found["none", "random"] == found["at_eps8", "contiguous"] == every
    assert found["odin", "random"] == every  # asks the undefended model
    assert found["none", "clean"] == found["odin", "clean"] == {(0, 0), (7, 0)}  # not drawn
    assert found["bat", "random"] == {(5, 1), (5, 2)}
    assert found["bat", "clean"] == {(5, 0)}
    assert found["bat_oracle", "random"] == {(0, 1), (0, 2)}  # as the shipped settings have it
    assert found["checksum", "random"] == {(0, 1), (0, 2)}  # nothing is trained


def test_draws_of_the_damage_add_no_training():
    needed = [
        paper(
            "paper_a",
            evaluate=FEW,
            seeds=seeds(0, 1, 2, corruption=range(draws)),
            tables={"tracking": []},
        )
        for draws in (1, 5)
    ]
    cells = [{name for table in each.tables.values() for name in each.table_cells(table)}
             | set(each.claim_inputs()["cells"]) for each in needed]  # fmt: skip
    assert len(cells[1]) > 4 * len(cells[0])
    models = [{(name.split("/")[2], name.split("/seed")[0], name.split("/seed")[1][0])
               for name in each} for each in cells]  # fmt: skip
    assert models[0] == models[1] and len(models[0]) > 20


def test_frames_are_neither_trained_nor_drawn_again():
    several = paper("paper_b", seeds=seeds(3, 4, corruption=(5, 6)))
    for name, table in several.tables.items():
        assert several.table_cells(table) == B.table_cells(B.tables[name])


def test_columns_of_runs_are_there_where_there_are_several():
    one = seeds(0)
    for changes, several in (({}, True), (one, False), (one | seeds(0, bat=[0, 1]), True),
                             (seeds(0, corruption=[3, 4]), True)):  # fmt: skip
        which = paper("paper_a", seeds=changes)
        assert which.table_settings("table6")["several_runs"] is several
    assert B.table_settings("paper_b_table5")["several_runs"] is False


def test_seeds_of_a_model_that_is_none_are_refused():
    for name in ("odin", "bats", "at_epsx"):
        with pytest.raises(UserError, match=f"training_of names '{name}'"):
            paper("paper_a", seeds=seeds(0, **{name: [0]}))


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
        ("vid", "finetuned_deep", "resnet152_finetuned"),
        ("vid", "detection", "resnet50_detection"), ("ytbb", "ilsvrc", "resnet50"),
        ("ytbb", "augment", "resnet50_augment_jpeg_compression"),
        ("ytbb", "finetuned", "resnet50_finetuned"),
        ("ytbb", "finetuned_deep", "resnet152_finetuned"),
    ]  # fmt: skip


def test_a_model_that_cannot_be_had_has_a_row_but_no_cell():
    rows = labels(B_THEIRS, "paper_b_table5", "model", "kind", "from")
    assert len(rows) == 45
    gone = "ResNeXtDenoiseAll-101_robust_pgd"
    assert gone in [model for model, *_ in rows]
    cells = B_THEIRS.table_cells(B_THEIRS.tables["paper_b_table5"])
    assert len(cells) == 44
    assert cell("vid", "resnet50") in cells
    assert not [name for name in cells if gone in name]


def test_a_detector_is_a_classifier_too_and_has_rows_of_its_own():
    rows = labels(B_THEIRS, "paper_b_table5", "model", "kind", "from")
    assert ("resnet50_detection", "detection", "trained here") in rows
    assert ("vid", "detection", "resnet50_detection") in labels(
        B_THEIRS, "paper_b_table2", "role", "type", "model"
    )
    assert labels(B_THEIRS, "paper_b_table3", "task", "model") == [
        (task, f"resnet{depth}_detection")
        for task in ("Detection", "Localization")
        for depth in (50, 101)
    ]
    given = {"datasets": {"vid": {"detections": {"rfcn_resnet101": "rfcn.json"}}}}
    more = paper("paper_b", "paper.yaml", **given)
    assert cell("vid", "rfcn_resnet101") in more.table_cells(more.tables["paper_b_table3"])
    (row, _) = labels(B_THEIRS, "paper_b_table11", "model", "learning_rate", "batch_size",
                      "iterations")  # fmt: skip
    assert row == ("resnet50_detection", 0.01, 8, 40000)


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
    assert set(B.figures) - set(one.figures) == {"paper_b_figure2"}
    assert labels(one, "paper_b_table1", "dataset", "role") == [("scenes", "vid")]
    assert {role for (role,) in labels(one, "paper_b_table2", "role")} == {"vid"}
    assert {each["dataset"] for each in one.figure_settings("paper_b_figure3")["models"]} == {
        "scenes"
    }  # fmt: skip
    other = paper("paper_b", tables={"roles": {"vid": None}})
    gone = {f"paper_b_table{n}" for n in (3, 5, 7, 8, 9, 11)}
    assert set(B.tables) - set(other.tables) == gone
    assert set(B.figures) - set(other.figures) == {"paper_b_figure1", "paper_b_figure4"}


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
        "paper_b_table3": "v has no detectors",
        "paper_b_table11": "v has no trained_detectors",
        "paper_b_figure4": "v has no detectors",
        "paper_b_table6": "tables.roles has no data set as ytbb",
        "paper_b_table7": "v has no videos",
        "paper_b_table8": "v has no videos",
        "paper_b_table9": "v has no narrow",
        "paper_b_table10": "no model is trained here",
        "paper_b_figure1": "v has no frames",
        "paper_b_figure2": "tables.roles has no data set as ytbb",
        "paper_b_figure8": "v has no representatives",
        "paper_b_figure10": "v has no frames",
        "paper_b_figure11": "v has no representatives",
    }


def test_of_two_data_sets_the_one_that_has_what_is_needed_is_shown():
    lacking = paper("paper_b", datasets={"v": HANDED_IN}, tables={"roles": {"ytbb": "v"}})
    assert set(B.figures) - set(lacking.figures) == {"paper_b_figure2"}
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
        "tables": 8, "comparison": 9, "figures": 9,
    }  # fmt: skip
    assert "results/comparison/claims.csv" in A.targets()
    assert "results/comparison/paper_b_claims.csv" in B.targets()
    assert Counter(target.split("/")[1] for target in B.targets()) == {
        "tables": 11, "comparison": 10, "figures": 11,
    }  # fmt: skip


def test_parts_of_the_best_model_have_their_words():
    assert labels(B, "paper_b_table7", "model", "frames")[1] == (
        "resnet_deep_finetuned", "w/o I-frames",
    )  # fmt: skip
    parts = [row["scores"]["part"] for row in B.rows(B.tables["paper_b_table7"])]
    assert parts == ["", "without I", "without P", "without B"]
    assert labels(B, "paper_b_table4", "role", "reviewed") == [
        ("vid", "no"), ("vid", "yes"), ("ytbb", "no"), ("ytbb", "yes"),
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
        "bars": {"models", "part", "bars"}, "distances": {"rules", "panels"},
        "tracks": {"titles", "iou"}, "detections": {"model", "least"}, "rejected": set(),
        "changes": {"model"}, "overview": set(),
    }  # fmt: skip
    examples = {"conditions", "playable", "limits", "gaps"}
    cut_out = {
        "overview": examples, "pairs": examples, "levels": examples | {"corruptions"},
        "bits": examples | {"dataset", "seed", "mtu"}, "tracks": {"conditions", "moment"},
        "changes": {"rules"}, "detections": {"folder", "pairs", "least"},
    }  # fmt: skip
    for name, figure in which.figures.items():
        found = which.figure_settings(name)
        assert needed.get(figure["kind"], {"names"}) | {"note"} <= set(found)
        assert cut_out.get(figure["kind"], set()) == set(which.excerpt_settings(name))


def test_points_are_conditions_with_printed_numbers_beside():
    points = A.figure_settings("figure3")["points"]
    found = {(p["curve"], p["corruption"], p["level"]): p for p in points}
    assert len(points) == len(found) == 5 * 15
    assert found["Accuracy", "packet_loss", "0.2"]["paper"] == 32.8
    assert found["Accuracy", "clean", "0"]["panel"] == "motion: accuracy"
    assert found["Distance, all", "random", "1e-4"]["paper"] is None
    other = paper("paper_a", evaluate=NOTHING | {"packet_loss": ["0.3"]}).figure_settings("figure3")
    assert [point["paper"] for point in other["points"][:2]] == [None, 61.6]


def test_figures_may_show_other_data_sets_than_the_tables():
    figures = {"figure3": ["motion", "textures"], "figure4": ["textures"]}
    which = paper("paper_a", figures=figures)
    assert {row[0] for row in labels(which, "table1", "dataset")} == {"motion"}
    shown = which.figure_settings("figure3")
    assert [look["title"] for look in shown["panels"]][:2] == [
        "motion: accuracy", "textures: accuracy"
    ]  # fmt: skip
    cells = which.cells(which.curve_points(which.figures["figure3"]))
    assert {name.split("/")[3] for name in cells if "/textures/" in name} == {"none"}
    clips = {f"figure{n}": which.shown(which.figures[f"figure{n}"])[0] for n in (1, 4, 5)}
    assert clips == {"figure1": "motion", "figure4": "textures", "figure5": "motion"}


def test_the_papers_figures_3_to_5_show_ucf101_and_its_tables_do_not():
    shown = {name: A_THEIRS.shown(figure) for name, figure in A_THEIRS.figures.items()}
    assert shown["figure3"] == ["hmdb51", "ucf101"]
    assert shown["figure4"] == shown["figure5"] == ["ucf101"]
    assert shown["figure6"] == shown["figure7"] == A_THEIRS.shown({}) == ["hmdb51"]
    points = A_THEIRS.figure_settings("figure3")["points"]
    assert {point["dataset"] for point in points if point["paper"]} == {"hmdb51"}
    note = paper("paper_a", figures={"figure4": ["hmdb51"]}, datasets={
        "hmdb51": {"type": "folder", "path": "x", "split": {"by": "ratio", "test": 0.5}}
    })  # fmt: skip
    assert note.figure_settings("figure4")["note"] == ""
    assert "generated" in note.figure_settings("figure5")["note"]


def test_panels_are_all_data_sets_of_the_first_then_of_the_next():
    two = paper("paper_a", seeds=seeds(0, 1), tables={"datasets": ["motion", "textures"]})
    settings = two.figure_settings("figure3")
    assert [look["title"] for look in settings["panels"]] == [
        "motion: accuracy", "textures: accuracy", "motion: distance", "textures: distance",
        "crowd: tracking",
    ]  # fmt: skip
    assert [look["scale"] for look in settings["panels"]] == [100, 100, 1, 1, 100]
    assert [look["bars"] for look in settings["panels"]] == 4 * [False] + [True]
    assert settings["note"].startswith("Bands: one standard deviation over runs, each a training")
    note = paper("paper_a", seeds=seeds(0)).figure_settings("figure3")["note"]
    assert note.startswith("Bands: 95 % interval over clips, one run. Error bars of crowd: one")
    assert "over 5 draws of the damage. Data: embedded" in note


def test_curves_over_k_are_of_the_representatives():
    settings = B.figure_settings("paper_b_figure8")
    points = [point for point in settings["points"] if point["dataset"] == "shorts"]
    assert [(p["x"], p["measure"]) for p in points[:2]] == [(1, "at_1"), (2, "at_2")]
    assert len(points) == 5 * 10
    assert points[-1]["model"] == "resnet_deep_finetuned_shorts"
    assert points[-1]["curve"] == "+ fine-tuning (deeper)"
    assert [look["title"] for look in settings["panels"]] == ["scenes", "shorts"]
    theirs = B_THEIRS.figure_settings("paper_b_figure8")
    titles = ["ImageNet-Vid-Robust", "YTBB-Robust"]
    assert [look["title"] for look in theirs["panels"]] == titles
    assert {point["panel"] for point in theirs["points"]} == set(titles)
    twice = paper("paper_b", "paper.yaml", tables={"roles": {"ytbb": "vid"}})
    assert twice.title("vid") == "vid"
    for number in (3, 5, 6, 7, 10):
        found = B_THEIRS.figure_settings(f"paper_b_figure{number}")["titles"]
        assert found == dict(zip(("vid", "ytbb"), titles, strict=True))
    assert {p["measure"] for p in B.figure_settings("paper_b_figure11")["points"]} == {
        f"pm_{k}" for k in range(11)
    }  # fmt: skip


def test_points_of_models_are_of_those_that_can_be_had():
    models = B_THEIRS.figure_settings("paper_b_figure3")["models"]
    assert Counter(each["dataset"] for each in models) == {"vid": 44, "ytbb": 59}
    assert {"+ fine-tuning", "+ fine-tuning for detection", "+ noise augmentation",
            "Trained on ILSVRC"} == {
        each["kind"] for each in models
    }  # fmt: skip
    ours = {each["kind"] for each in B.figure_settings("paper_b_figure3")["models"]}
    assert "Trained on stills" in ours and "Trained on ILSVRC" not in ours
    best = B_THEIRS.figure_settings("paper_b_figure7")["models"]
    assert [each["model"] for each in best] == ["resnet152_finetuned", "resnet152_finetuned_ytbb"]


def test_the_static_figure_needs_the_scores_of_all_models_together():
    cells = {name: B.scatter_cells(B.figures[f"paper_b_figure{name}"]) for name in (3, 6)}
    assert set(cells[6]) - set(cells[3]) == {cell("scenes", "static"), cell("shorts", "static")}
    assert len(cells[3]) == 25


def test_mistakes_of_models_that_cannot_be_had_are_not_shown():
    ours, theirs = (b.figure_settings("paper_b_figure10")["panels"] for b in (B, B_THEIRS))
    assert [panel["dataset"] for panel in ours] == ["scenes", "shorts"]
    assert ours[0]["models"] == {
        "ilsvrc": "resnet_small", "robust": "resnet_small_linf",
        "finetuned": "resnet_small_finetuned",
    }  # fmt: skip
    assert theirs[0] == {
        "dataset": "vid", "models": {"ilsvrc": "resnet50", "finetuned": "resnet50_finetuned"},
    }  # fmt: skip
    assert theirs[1]["models"]["finetuned"] == "resnet50_finetuned_ytbb"


def test_published_models_are_in_the_panel_of_their_role():
    for which, names in ((B, {"scenes", "shorts"}), (B_THEIRS, {"vid", "ytbb"})):
        published = which.figure_settings("paper_b_figure3")["published"]
        assert Counter(row[0] for row in published["points"]) == dict.fromkeys(names, 335)
    assert ["vid", "resnet50", 67.54, 52.48] in published["points"]
    assert "published" not in B.figure_settings("paper_b_figure6")


def test_captions_and_legends_name_the_data_they_are_made_from():
    def captions(which):
        return [which.table_settings(f"paper_b_table{n}")["caption"] for n in (5, 6)]

    assert [caption.partition(". ")[0] for caption in captions(B)] == [
        "Table 5: accuracy (%) of all models on scenes",
        "Table 6: accuracy (%) of all models on shorts",
    ]
    assert captions(B_THEIRS) == [
        "Table 5: accuracy (%) of all models on ImageNet-Vid-Robust.",
        "Table 6: accuracy (%) of all models on YTBB-Robust.",
    ]
    assert B.table_settings("paper_b_table2")["names"]["ilsvrc"] == "Trained on stills"
    assert B_THEIRS.table_settings("paper_b_table2")["names"]["ilsvrc"] == "Trained on ILSVRC"
    mixed = paper("paper_b", datasets={"scenes": {"models": ["resnet_small", "alexnet"]}})
    assert mixed.kinds["ilsvrc"] == "Trained on stills or ILSVRC"
    robust = "ResNeXtDenoiseAll-101_robust_pgd"
    other = paper("paper_b", datasets={"scenes": {"models": ["resnet_small", robust]}})
    assert other.kinds["ilsvrc"] == "Trained on stills"
    assert paper("paper_b", tables={"roles": NO_ROLE}).kinds["ilsvrc"] == "Trained on ILSVRC"


def test_figures_of_roles_do_not_read_which_data_sets_the_tables_of_paper_a_show():
    other = paper("paper_b", tables={"datasets": ["textures"]})
    for name in B.figures:
        assert other.figure_settings(name) == B.figure_settings(name)


def test_levels_that_are_not_evaluated_give_way_to_the_nearest():
    assert nearest(["0.2", "0.01", "1e-4"], 0.1) == "0.2"
    assert nearest(["1e-8", "1e-5"], 1e-6) == "1e-5"
    few = paper("paper_a", evaluate=NOTHING | {"packet_loss": ["0.2", "1e-3"], "random": ["1e-4"]})
    assert few.excerpt_settings("figure4")["conditions"] == [
        ("clean", "0"), ("packet_loss", "1e-3"), ("packet_loss", "0.2"), ("random", "1e-4"),
    ]  # fmt: skip
    nothing = paper("paper_a", evaluate=NOTHING)
    for name in ("figure1", "figure2", "figure4", "figure5"):
        assert nothing.excerpt_settings(name)["conditions"] == [("clean", "0")]


def test_conditions_are_in_the_order_that_is_asked_for():
    assert conditions(("clean", "contiguous"), FEW) == [("clean", "0"), ("contiguous", "0.5")]


# Claims ---------------------------------------------------------------------------------------


def test_claims_read_both_sides_of_every_condition():
    evaluate = NOTHING | {"packet_loss": ["0.2"], "random": ["1e-8"]}
    inputs = paper("paper_a", evaluate=evaluate, seeds=seeds(0)).claim_inputs()
    assert inputs["answers"] == inputs["manifests"] == []
    predictions = [name.replace("predictions", "cells").replace(".parquet", ".json")
                   for name in inputs["predictions"]]  # fmt: skip
    assert len(predictions) == len(set(predictions))
    defences = ["none", "at_eps2", "at_eps4", "at_eps8", "bat", "bat_low", "bat_high"]
    evaluated = [("packet_loss", "0.2"), ("random", "1e-8")]
    assert set(predictions) == {
        *(cell("motion", model, *each) for model in defences for each in evaluated),
        *(cell("motion", f"bat_oracle/{name}/{level}", name, level) for name, level in evaluated),
        *(cell("motion", model) for model in ("none", "at_eps2", "at_eps4", "at_eps8", "bat")),
    }
    assert set(inputs["cells"]) == {
        cell("motion", model, *each) for model in ("odin", "energy") for each in evaluated
    }
    assert set(inputs["sequences"]) == {cell("crowd", "fairmot_small")} | {
        cell("crowd", "fairmot_small", *each, 0, draw) for each in evaluated for draw in range(5)
    }


def test_claims_of_paper_b_read_answers_and_sets_of_models_that_can_be_had():
    inputs = B.claim_inputs()
    assert inputs["predictions"] == []
    assert inputs["manifests"] == ["results/manifests/scenes.json", "results/manifests/shorts.json"]
    assert cell("scenes", "resnet_small_linf") in inputs["answers"]
    assert set(inputs["cells"]) <= set(inputs["answers"])
    theirs = B_THEIRS.claim_inputs()
    assert cell("ytbb", "resnet152_finetuned_ytbb") in theirs["answers"]
    assert cell("vid", "resnet50_detection") in theirs["answers"]


def test_models_of_a_kind_are_one_side_of_a_claim():
    claims = {(each["claim"], each["dataset"]): each for each in B.claims()}
    claim = claims["linf_drops_less", "scenes"]
    assert claim["worse"]["models"] == ["resnet_small_linf"]
    assert "resnet_small" in claim["better"]["models"]
    assert (claim["by_items"], claim["points"], claim["margin"]) == (True, True, 0)
    assert claims["noise_does_not_help", "shorts"]["margin"] == 0.05
    assert not claims["farther_frames_are_harder", "scenes"]["by_items"]
    assert ("finetuning_drops_less", "scenes") not in claims


def test_a_claim_left_without_its_data_set_is_not_made():
    one = paper("paper_b", tables={"roles": {"ytbb": None}})
    assert {each["dataset"] for each in one.claims()} == {"scenes"}
    assert one.claims_caption().endswith("generated videos, not the paper's.")
    assert B_THEIRS.claims_caption() == "Claims of the paper."


# Tracking -------------------------------------------------------------------------------------


def test_tracking_has_draws_of_its_own_and_trains_nothing_for_them():
    runs = runs_of(A.table_cells(A.tables["tracking"]))
    assert runs["fairmot_small", "random"] == {(0, draw) for draw in range(5)}
    assert runs["fairmot_small", "clean"] == {(0, 0)}
    assert runs_of(A.table_cells(A.tables["table3"]))["none", "contiguous"] == {
        (training, 0) for training in range(3)
    }


def test_what_is_not_trained_here_has_one_training():
    more = paper("paper_a", "paper.yaml", seeds=seeds(0, 1, 2))
    runs = runs_of(more.table_cells(more.tables["tracking"]))
    assert runs["fairmot_first", "packet_loss"] == {(0, draw) for draw in range(5)}


def test_tracking_shows_its_own_data_sets():
    panels = {point["panel"] for point in A.curve_points(A.figures["figure3"])}
    assert panels == {"motion: accuracy", "motion: distance", "crowd: tracking"}
    (models,) = ({point["model"] for point in A.curve_points(A.figures["figure9"])},)
    assert models == {"fairmot_small"}
    corruptions = {point["corruption"] for point in A.curve_points(A.figures["figure9"])}
    assert corruptions == {"packet_loss", "random", "contiguous", "clean"}


def test_without_tracking_its_items_are_not_made_and_say_why():
    without = paper("paper_a", tables={"tracking": []})
    why = "tables.tracking has no data set"
    assert without.skipped == dict.fromkeys(["tracking", "figure8", "figure9"], why)
    assert "figure3" in without.figures
    assert {point["dataset"] for point in without.curve_points(without.figures["figure3"])} == {
        "motion"
    }
    assert not any(claim["dataset"] == "crowd" for claim in without.claims())


def test_detections_of_clean_clips_only_are_asked_of_clean_clips_only():
    tracker = {"detected": {"detector": "file", "file": "det/{sequence}.txt"}}
    mine = paper(
        "paper_a", tracking={"trackers": tracker}, datasets={"crowd": {"tracker": "detected"}}
    )
    cells = mine.table_cells(mine.tables["tracking"])
    assert cells == [cell("crowd", "detected")]
    assert mine.figure_settings("figure8")["titles"] == ["Clean"]


def test_claims_of_tracking_are_asked_where_the_paper_says():
    claims = {claim["claim"]: claim for claim in A.claims()}
    peak = claims["false_positives_fall_again"]
    assert [(scope["better"], scope["worse"]) for scope in peak["scopes"]] == [
        (("packet_loss", "0.01"), ("packet_loss", "0.2"))
    ]
    assert peak["by_items"] and not peak["points"]
    early = {scope["worse"] for scope in claims["tracking_declines_early"]["scopes"]}
    assert ("packet_loss", "0.01") in early and ("packet_loss", "0.001") not in early
    assert ("random", "5e-7") in early and ("random", "1e-7") not in early
    (zero,) = claims["mota_falls_to_zero"]["scopes"][1:]
    assert claims["mota_falls_to_zero"]["worse"]["number"] == 0 and zero["worse"][1] == "1e-4"


def test_figure_8_shows_the_papers_moment_where_the_sequence_is():
    assert A.excerpt_settings("figure8")["moment"] is None
    theirs = A_THEIRS.excerpt_settings("figure8")
    assert theirs["moment"] == ["PETS09-S2L1", 8]
    assert A_THEIRS.figure_settings("figure8")["titles"] == [
        "Clean",
        "Packet loss, p = 0.01",
        "Packet loss, p = 0.1",
    ]


def test_the_figure_of_rejected_frames_says_that_annotators_are_simulated():
    note = B.figure_settings("paper_b_figure2")["note"]
    assert note == "Annotators are simulated. Data: embedded, generated videos, not the paper's."
    assert B_THEIRS.figure_settings("paper_b_figure2")["note"] == ""


def test_claims_of_precision_ask_all_detectors():
    claims = {claim["claim"]: claim for claim in B_THEIRS.claims()}
    detectors = ["resnet50_detection", "resnet101_detection"]
    assert claims["detection_falls"]["better"]["models"] == detectors
    assert claims["detection_falls"]["points"] and not claims["detection_falls"]["by_items"]
    given = {"datasets": {"vid": {"detections": {"rfcn": "rfcn.json"}}}}
    more = {claim["claim"]: claim for claim in paper("paper_b", "paper.yaml", **given).claims()}
    assert more["localization_falls"]["better"]["models"] == [*detectors, "rfcn"]


def test_a_claim_about_two_places_that_are_one_is_not_asked():
    few = paper("paper_a", evaluate=NOTHING | {"packet_loss": ["0.2"]})
    claims = {claim["claim"]: claim for claim in few.claims()}
    assert claims["false_positives_fall_again"]["scopes"] == []
    assert claims["contiguous_has_more_false_positives"]["scopes"] == []


def test_what_is_said_of_spread_and_data_names_what_it_is_of():
    trained = seeds(0, 1, corruption=(0, 1), fairmot_small=[0, 1])
    mine = {"mine": {"type": "folder", "path": "x", "split": {"by": "ratio", "test": 0.5}}}
    some = paper("paper_a", seeds=trained, datasets=mine, tables={"datasets": ["mine"]})
    note = some.figure_settings("figure3")["note"]
    assert "over 10 runs, each a training under a draw" in note
    assert note.endswith("Data of crowd: embedded, generated videos, not the paper's.")
    drawn = paper("paper_a", seeds={"corruption_of": {"motion": [3]}})
    assert drawn.excerpt_settings("figure2")["seed"] == 3


def test_of_a_given_network_runs_are_draws():
    assert A_THEIRS.given(A_THEIRS.tables["tracking"]) == ["mot15"]
    assert A.given(A.tables["tracking"]) == A.given(A.tables["table1"]) == []


def test_printed_numbers_of_tracking_are_of_mot15():
    assert A.incomparable(A.tables["tracking"]) == {"crowd": "generated videos"}
    assert A_THEIRS.incomparable(A_THEIRS.tables["tracking"]) == {}
    mine = {"type": "mot", "path": "x", "tracker": "fairmot", "weights": "w.pth"}
    other = {"datasets": {"mine": mine}, "tables": {"tracking": ["mine"]}}
    other = paper("paper_a", "paper.yaml", **other)
    assert other.incomparable(other.tables["tracking"]) == {
        "mine": "the paper's number is for mot15"
    }
