"""What the report is asked to show under the shipped configurations and others."""

import pytest

from framefault.workflow.shown import conditions, datasets
from papers import FEW, NOTHING, paper

PAPERS = [paper(name) for name in ("paper_a", "paper_b")]


def levels(found, dataset):
    return [(row["corruption"], row["level"]) for row in found if row["dataset"] == dataset]


def test_conditions_are_those_of_the_tables_clean_first_then_by_rising_level():
    found = conditions([paper(name, evaluate=FEW) for name in ("paper_a", "paper_b")])
    shown = [
        ("clean", "0"), ("packet_loss", "0.01"), ("packet_loss", "0.2"), ("random", "1e-8"),
        ("random", "1e-6"), ("random", "1e-4"), ("contiguous", "0.5"),
    ]  # fmt: skip
    assert levels(found, "motion") == levels(found, "crowd") == shown
    assert {row["dataset"] for row in found} == {"motion", "crowd"}


def test_every_draw_of_a_condition_counts_once():
    seeds = {"corruption": [0, 3], "corruption_of": {"crowd": [5]}}
    for row in conditions([paper("paper_a", seeds=seeds)]):
        draws = [0] if row["corruption"] == "clean" else {"motion": [0, 3], "crowd": [5]}
        expected = draws if isinstance(draws, list) else draws[row["dataset"]]
        assert [path.rsplit("/", 1)[1] for path in row["predictions"]] == [
            f"seed{draw}.parquet" for draw in expected
        ]


def test_without_corruptions_only_clean_clips_are_shown():
    found = conditions([paper("paper_a", evaluate=NOTHING)])
    assert levels(found, "motion") == levels(found, "crowd") == [("clean", "0")]


def test_data_sets_are_told_apart_by_where_they_come_from():
    made = {name: each["generated"] for name, each in datasets(PAPERS).items()}
    assert made == dict.fromkeys(("motion", "crowd", "scenes", "shorts"), True)
    theirs = [paper(name, "paper.yaml") for name in ("paper_a", "paper_b")]
    assert not any(each["generated"] for each in datasets(theirs).values())


@pytest.mark.parametrize("which", PAPERS, ids=lambda which: which.name)
def test_every_figure_is_described_and_every_headline_has_its_column(which):
    shown = which.report()
    assert all(shown["figures"].values()) and len(shown["figures"]) == len(which.figures)
    for entry in shown["headline"]:
        assert entry["column"] in shown["tables"][entry["table"]]["columns"]
    assert set(shown["comparisons"]) <= set(shown["tables"])


@pytest.mark.parametrize("which", PAPERS, ids=lambda which: which.name)
def test_tables_are_in_the_same_words_as_their_files(which):
    for name, table in which.report()["tables"].items():
        assert table["names"] == which.table_settings(name)["names"]
