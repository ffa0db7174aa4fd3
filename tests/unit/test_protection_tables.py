"""Tables, figure and claims of protections: what they ask of which condition."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from framefault.plots.front import draw_front, front_table, is_on_front, side_by_side
from framefault.results.cost import cost_scores
from framefault.results.scores import share
from papers import paper, shipped

LEVELS = {"packet_loss": ["0.1"], "burst_loss": ["0.3"], "random": ["1e-5", "1e-4"]}
METHODS = {"gop8": {"gop": {}}, "parity": {"erasure": {}}, "index_twice": {"moov_twice": {}}}


DEFAULTS = shipped()["protection"]


def protection(levels=LEVELS, methods=METHODS):
    """The paper of these protections and levels, and of no others."""
    levels = {name: [] for name in DEFAULTS["levels"]} | levels
    methods = dict.fromkeys(DEFAULTS["methods"]) | methods
    return paper("protection", protection={"levels": levels, "methods": methods})


def test_rows_are_conditions_and_protections_against_them():
    rows = protection().rows({"rows": "protections", "against": "sent"})
    assert [(*list(row["labels"].values())[1:], row["scores"]["corruption"]) for row in rows] == [
        ("clean", "0", "plain", "clean+plain"),
        ("clean", "0", "gop8", "clean+gop8"),
        ("packet_loss", "0.1", "plain", "packet_loss+plain"),
        ("packet_loss", "0.1", "gop8", "packet_loss+gop8"),
        ("packet_loss", "0.1", "parity", "packet_loss+parity"),
        ("burst_loss", "0.3", "plain", "burst_loss+plain"),
        ("burst_loss", "0.3", "gop8", "burst_loss+gop8"),
        ("burst_loss", "0.3", "parity", "burst_loss+parity"),
    ]
    rows = protection().rows({"rows": "protections", "against": "stored"})
    assert [row["scores"]["corruption"] for row in rows] == [
        "clean", "random", "random+index_twice", "random", "random+index_twice",
    ]  # fmt: skip


def test_cells_are_those_of_all_trainings_and_one_of_costs():
    which = protection()
    cells = which.table_cells(which.tables["table8"])
    of = [cell for cell in cells if "packet_loss+parity/0.1" in cell]
    assert sorted(cell.split("/")[3] for cell in of) == sorted(
        ["cost", *(model for model in ("none", "bat") for _ in range(3))]
    )
    assert not [cell for cell in cells if "/cost/" in cell and "clean" in cell]


@pytest.mark.parametrize(
    ("levels", "methods", "skipped"),
    [
        ({}, METHODS, {"table8", "table9", "figure10"}),
        (LEVELS, {}, {"table8", "table9", "figure10"}),
        (LEVELS, {"gop8": {"gop": {}}}, {"table9"}),
        ({"random": ["1e-4"]}, METHODS, {"table8", "figure10"}),
    ],
)
def test_what_has_no_method_or_no_level_is_not_made(levels, methods, skipped):
    assert protection(levels, methods).skipped.keys() == skipped


def test_claims_are_asked_of_protections_that_there_are():
    claims = {claim["claim"]: claim for claim in protection().claims()}
    assert claims["short_gops_beat_bat"]["scopes"] == [
        {"name": "packet_loss 0.1", "better": ("packet_loss+gop8", "0.1"),
         "worse": ("packet_loss+plain", "0.1")},
    ]  # fmt: skip
    assert claims["two_indices_beat_bat"]["scopes"] == [
        {"name": "random 1e-4", "better": ("random+index_twice", "1e-4"),
         "worse": ("random", "1e-4")},
    ]  # fmt: skip
    assert claims["retransmission_loses_nothing"]["scopes"] == []
    defaults = {claim["claim"]: claim for claim in paper("protection").claims()}
    asked = {name for name, claim in defaults.items() if claim["scopes"]}
    assert set(defaults) - asked == {"slices_beat_parity", "interleaving_helps_in_bursts"}
    more = paper("protection", "protections.yaml").claims()
    assert all(claim["scopes"] for claim in more)
    assert defaults["retransmission_loses_nothing"]["scopes"][0]["better"] == ("clean+plain", "0")


def test_front_is_what_nothing_else_beats():
    cost, gain = pd.Series([100, 110, 110, 120, 90, 100]), pd.Series([70, 80, 75, 80, 60, 70])
    # Equal points do not beat each other.
    assert is_on_front(cost, gain).tolist() == [True, True, False, False, True, True]


def test_points_have_bytes_and_accuracy_of_their_condition():
    points = [
        {"dataset": "motion", "corruption": "packet_loss", "level": "0.1", "protection": name,
         "defence": "No defence", "model": "none", "condition": f"packet_loss+{name}"}
        for name in ("plain", "gop8")
    ]  # fmt: skip
    keys = {"dataset": "motion", "training": 0, "seed": 0, "level": "0.1"}
    scores = pd.DataFrame(
        [
            keys | {"model": model, "corruption": f"packet_loss+{name}"} | score
            for name, right, ratio in (("plain", 60, 1.0), ("gop8", 90, 1.1))
            for model, score in (
                ("none", share("accuracy_all", right, 100, 0.95)),
                ("cost", {"measure": "bytes", "part": "", "value": ratio, "of": 100}),
            )
        ]
    )
    table = front_table(points, "accuracy_all", scores)
    assert table["bytes"].tolist() == pytest.approx([100, 110])
    assert table["accuracy"].tolist() == pytest.approx([60, 90])
    assert (table["accuracy_low"] < table["accuracy"]).all()
    assert table["front"].all()


def test_more_protections_than_markers_are_drawn_all_the_same():
    table = pd.DataFrame(
        {"dataset": "motion", "corruption": "packet_loss", "level": "0.1", "defence": "BAT",
         "protection": f"number{n}", "bytes": 100.0 + n, "accuracy": 50.0, "accuracy_low": 45.0,
         "accuracy_high": 55.0, "front": n == 0}
        for n in range(20)
    )  # fmt: skip
    figure = Figure(layout="constrained")
    draw_front(figure, table, {"packet_loss": "Packet loss"})
    (axes,) = figure.axes
    assert len(axes.collections[-1].get_offsets()) == 20


def test_defences_of_the_same_bytes_stand_side_by_side():
    table = pd.DataFrame(
        [{"defence": name, "bytes": size} for size in (100.0, 200.0) for name in ("None", "BAT")]
    )
    found = side_by_side(table, ["None", "BAT"])["bytes"].to_numpy().reshape(2, 2)
    assert found.mean(axis=1) == pytest.approx([100, 200])
    assert np.diff(found, axis=1) == pytest.approx(1.2)


def test_costs_are_sums_of_bytes_and_means_of_waits():
    plain = pd.DataFrame({"bytes": [100, 300], "wait": [0.0, 0.0]})
    own = pd.DataFrame({"bytes": [150, 350], "wait": [10.0, 30.0]})
    size, wait = cost_scores(own, plain, 0.95)
    assert (size["measure"], size["value"], size["of"]) == ("bytes", 1.25, 2)
    assert (wait["measure"], wait["value"], wait["of"]) == ("wait", 20, 2)
