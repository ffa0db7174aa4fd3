"""What a target that no rule makes was probably meant to be."""

from types import SimpleNamespace

import pytest

from framefault.workflow.targets import explained

CONFIG = {
    "datasets": ["motion", "crowd"],
    "evaluate": ["packet_loss", "random"],
    "frames": {"models": ["small"]},
    "detection": {"models": []},
    "tracking": {"trackers": ["fairmot"]},
}
PAPERS = (
    SimpleNamespace(
        tables=[f"table{n}" for n in range(1, 8)], figures=["figure3", "figure4"], skipped={}
    ),
    SimpleNamespace(
        tables=["paper_b_table11"], figures=[], skipped={"paper_b_table7": "vid has no videos"}
    ),
)
CELL = "results/cells/motion/bat_high/seed0/packet_loss/0.1/seed0.json"


def said(target, can_be_made=lambda file: True):
    return explained(CONFIG, ["resnet50"], PAPERS)(target, can_be_made)


@pytest.mark.parametrize(
    ("target", "meant"),
    [
        ("tabel1", "results/tables/table1.csv"),
        ("table1.csv", "results/tables/table1.csv"),
        ("results/tables/figure3.pdf", "results/figures/figure3.pdf"),
        ("results/figures/figur4.png", "results/figures/figure4.pdf"),
        ("results/comparison/tabl2.csv", "results/comparison/table2.csv"),
        (
            "results/tables/table11.csv",
            "results/tables/paper_b_table11.csv or results/tables/table1.csv",
        ),
        (CELL.replace("cells", "cell"), CELL),
        (CELL.replace("motion", "moton"), CELL),
        (CELL.replace("bat_high", "bat_hihg"), CELL),
        (CELL.replace("packet_loss", "packetloss"), CELL),
    ],
)
def test_target_that_is_like_another(target, meant):
    assert said(target) == f"Did you mean {meant}?"


def test_only_what_can_be_made_is_proposed():
    assert "Did you mean" not in said("tabel1", lambda file: False)


def test_target_like_none():
    assert "docs/troubleshooting.md" in said("nonsense")


def test_table_that_is_not_made_says_why():
    said_why = said("results/tables/paper_b_table7.csv")
    assert said_why == "paper_b_table7 is not made, because vid has no videos."
