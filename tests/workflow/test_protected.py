"""Protections run through the workflow: their tables, what they cost, and what runs again."""

import json
import re
import shutil

import numpy as np
import pandas as pd
import pytest

from crash_tools import TINY, copy_without, finished_paper, jobs_of
from damage_tools import assert_damage_is_noticed
from framefault.corruption.rtp.sending import packetise
from framefault.data.manifest import read_manifest
from framefault.files import read_clips
from framefault.methods import described
from framefault.protection.registry import protections
from framefault.tabular import read_csv
from workflow_tools import ROOT, copy_project, planned_outputs, snakemake

OWN = """
protection:
  levels: {packet_loss: [0.3], burst_loss: [], random: [1e-4], sector_loss: []}
  methods:
    gop8: {gop: {length: 4}}
    slices4: null
    intra_refresh8: null
    erasure_10_2: {erasure: {data: 2, parity: 2}}
    erasure_20_6: null
    erasure_20_6_by_4: null
    gop8_erasure_20_6: {gop: {length: 4}, erasure: {data: 2, parity: 2}}
    retransmission: {retransmission: {}}
    faststart: null
    fragmented: null
    avi: null
    matroska: {container: {format: matroska}}
    mpegts: null
    index_twice: null
    reed_solomon: {reed_solomon: {k: 100, parity: 100}}
"""
CONFIGS = ("--configfile", TINY.name, "own.yaml")
TARGETS = (
    "results/tables/table8.csv", "results/tables/table9.csv", "results/figures/figure10.pdf",
)  # fmt: skip
FLAGS = "results/tables/table10.csv"
SENT = ["plain", "gop8", "gop8_erasure_20_6", "retransmission", "erasure_10_2"]
STORED = ["plain", "reed_solomon", "matroska"]
SHARD = "seed0/00000-of-00001"


def with_settings(project, text=OWN):
    (project / "own.yaml").write_text(text, encoding="utf-8")
    return project


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """All of paper A, and then what is protected."""
    before = finished_paper(tmp_path_factory)
    folder = tmp_path_factory.mktemp("protected") / "project"
    project = with_settings(copy_without(before, folder))
    said = snakemake(project, "-p", "-c2", *TARGETS, FLAGS, *CONFIGS).stdout
    assert not re.search(r"rule (generate_\w+|encode|corrupt_packet_loss|train_\w+):", said)
    return project


@pytest.fixture
def project(finished, tmp_path):
    yield shutil.copytree(finished, tmp_path / "project", symlinks=True)
    shutil.rmtree(tmp_path / "project", ignore_errors=True)


def test_tables_have_a_row_for_each_protection(finished):
    sent, stored = (read_csv(finished / target) for target in TARGETS[:2])
    rows = sent[["corruption", "protection"]].values.tolist()
    assert rows == [
        ["clean", "plain"], ["clean", "gop8"], *(["packet_loss", name] for name in SENT),
    ]  # fmt: skip
    rows = stored[["corruption", "protection"]].values.tolist()
    assert rows == [["clean", "plain"], *(["random", name] for name in STORED)]


def account(project, condition):
    return read_csv(project / f"results/corrupted/motion/test/{condition}/{SHARD}.csv")


def test_bytes_and_delay_are_those_of_the_accounts(finished):
    for target in TARGETS[:2]:
        for row in read_csv(finished / target).to_dict("records"):
            if row["corruption"] == "clean":
                assert np.isnan(row["bytes"])
                continue
            level = {0.3: "0.3", 1e-4: "1e-4"}[row["level"]]
            usual = row["corruption"] + ("+plain" if target == TARGETS[0] else "")
            is_plain = row["protection"] == "plain"
            name = usual if is_plain else f"{row['corruption']}+{row['protection']}"
            plain, own = (account(finished, f"{each}/{level}") for each in (usual, name))
            ratio = 100 * own["bytes"].sum() / plain["bytes"].sum()
            assert row["bytes"] == pytest.approx(ratio, abs=0.051)
            if target == TARGETS[0]:
                assert (row["bytes"] > 100) == (name != usual)
                assert row["delay"] == pytest.approx(own["wait"].mean(), abs=0.051)


def test_bytes_are_those_of_the_packets(finished):
    """Two data packets and two of parity in a block, with the headers of IP, UDP and FECFRAME."""
    clips = dict(read_clips(finished / "results/clips/motion/test/plain/00000-of-00001.zip"))
    plain, coded = (
        account(finished, f"packet_loss+{name}/0.3").set_index("clip")
        for name in ("plain", "erasure_10_2")
    )
    for name, data in clips.items():
        sizes = [len(datagram) for datagram in packetise(data).datagrams]
        clip = name.removesuffix(".mp4")
        assert plain.loc[clip, "bytes"] == sum(sizes) + 28 * len(sizes)
        blocks = [sizes[start : start + 2] for start in range(0, len(sizes), 2)]
        parity = [2 * (max(block) + 3) for block in blocks]
        packets = len(sizes) + 2 * len(blocks)
        assert coded.loc[clip, "bytes"] == sum(sizes) + sum(parity) + (28 + 6) * packets
        assert coded.loc[clip, "sent"] == plain.loc[clip, "sent"] == len(sizes)
    assert coded["damaged"].sum() < plain["damaged"].sum()


def test_accuracy_is_that_of_the_predictions(finished):
    table = read_csv(finished / TARGETS[0])
    row = table[table["protection"] == "gop8_erasure_20_6"].iloc[0]
    for model in ("none", "bat"):
        path = f"results/predictions/motion/{model}/seed0/packet_loss+gop8_erasure_20_6/0.3"
        predictions = pd.read_parquet(finished / f"{path}/seed0.parquet")
        right = [
            len(logits) > 0
            and np.mean([softmax(each) for each in logits], axis=0).argmax() == label
            for logits, label in zip(predictions["logits"], predictions["label"], strict=True)
        ]
        assert row[model] == pytest.approx(100 * np.mean(right), abs=0.051)


def softmax(logits):
    powers = np.exp(np.asarray(logits, float) - np.max(logits))
    return powers / powers.sum()


def test_clips_that_arrive_whole_are_those_that_were_sent(finished):
    coded = account(finished, "packet_loss+gop8_erasure_20_6/0.3").set_index("clip")
    folder = finished / "results/decoded/motion/test/packet_loss+gop8_erasure_20_6/0.3"
    decoded = pd.read_parquet(folder / f"{SHARD}.parquet").set_index("clip")
    whole = coded.index[coded["changed"] == 0]
    assert len(whole) and decoded.loc[whole, "unchanged"].all()
    shared = finished / "results/clips/motion/test"
    assert sorted(path.name for path in shared.iterdir() if path.is_dir()) == ["gop8", "plain"]


def test_front_has_no_point_that_another_one_beats(finished):
    points = read_csv(finished / "results/figures/figure10.csv")
    assert set(points["protection"]) == set(SENT)
    for point in points.to_dict("records"):
        beaten = (
            (points["bytes"] <= point["bytes"])
            & (points["accuracy"] >= point["accuracy"])
            & ((points["bytes"] < point["bytes"]) | (points["accuracy"] > point["accuracy"]))
        )
        assert point["front"] == (not beaten.any())


def plan(project, *targets):
    return planned_outputs(snakemake(project, "-n", "-p", *(targets or TARGETS), *CONFIGS))


def test_nothing_runs_again(finished):
    assert plan(finished) == {}


def changed(outputs):
    """The conditions of what is made again, but for tables and figures."""
    made = [path for paths in outputs.values() for path in paths]
    return {
        part
        for path in made
        for part in path.split("/")
        if part.startswith(("clean", "packet_loss", "random"))
    }


CHANGES = {
    "parity": ("erasure_10_2: {erasure: {data: 2", "erasure_10_2: {erasure: {data: 3"),
    "container": ("format: matroska", "format: avi"),
    "encoder": ("gop8: {gop: {length: 4}}", "gop8: {gop: {length: 5}}"),
    "one more": ("slices4: null", "slices4: {slices: {count: 2}}"),
}
AGAIN = {
    "parity": {"packet_loss+erasure_10_2"},
    "container": {"random+matroska"},
    # Clips that were encoded alike are no longer.
    "encoder": {
        "clean+gop8", "packet_loss+gop8", "clean+gop8_erasure_20_6",
        "packet_loss+gop8_erasure_20_6",
    },
    "one more": {"clean+slices4", "packet_loss+slices4"},
}  # fmt: skip


@pytest.mark.parametrize("what", CHANGES)
def test_a_changed_protection_runs_again_and_no_other(project, what):
    old, new = CHANGES[what]
    assert old in OWN
    with_settings(project, OWN.replace(old, new))
    assert changed(plan(project)) == AGAIN[what]


def test_changed_code_of_a_method_runs_what_it_protects(project):
    file = project / "scripts/framefault/protection/sending/retransmission/__init__.py"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("lost.copy()", "np.array(lost)"), encoding="utf-8")
    assert changed(plan(project)) == {"packet_loss+retransmission"}
    assert plan(project, "results/tables/table1.csv") == {}


def test_trackers_can_be_asked_of_protected_clips(project):
    model = "crowd/fairmot_small/seed0"
    target = f"results/cells/{model}/packet_loss+erasure_10_2/0.3/seed0.json"
    snakemake(project, "-c2", target, *CONFIGS)
    cell = json.loads((project / target).read_text(encoding="utf-8"))
    assert {score["measure"] for score in cell["scores"]} >= {"mota", "playable_share"}


def test_example_of_the_page_is_planned_as_it_says(tmp_path):
    page = (ROOT / "docs/protection.md").read_text(encoding="utf-8")
    (text,) = re.findall(r"```yaml\n(# gop4\.yaml\n.*?)```", page, re.DOTALL)
    project = with_settings(copy_project(tmp_path), text)
    done = snakemake(project, "-n", "-p", TARGETS[0], "--configfile", "own.yaml")
    conditions = changed(planned_outputs(done))
    assert {"packet_loss+gop4_parity", "packet_loss+slices4", "clean+gop4"} <= conditions
    assert "packet_loss+retransmission" not in conditions


def test_page_says_of_methods_what_they_say_themselves():
    text = (ROOT / "docs/protection.md").read_text(encoding="utf-8")
    parts = text.split("\n## Methods\n")[1].split("\n## ")[0]
    said = [part.strip() for part in re.split(r"\n(?=### )", parts) if part.strip()]
    assert said == [described(method).strip() for method in protections().values()]


LATER_STAGES = (
    "encode_sent", "corrupt_protected", "score_cost", "score_decoder", "table_protection",
    "figure_protection_front",
)  # fmt: skip


@pytest.fixture(scope="module")
def damageable(finished, tmp_path_factory):
    return copy_without(finished, tmp_path_factory.mktemp("damaged") / "project")


@pytest.fixture(scope="module")
def jobs(damageable):
    return jobs_of(damageable, *TARGETS, FLAGS, *CONFIGS)


@pytest.mark.parametrize("rule", LATER_STAGES)
def test_damaged_input_is_named_or_changes_nothing(finished, damageable, jobs, rule):
    assert_damage_is_noticed(finished, damageable, jobs, rule)


def test_the_report_shows_them(project):
    (project / "roles.yaml").write_text("tables: {roles: {vid: null, ytbb: null}}", "utf-8")
    snakemake(project, "-c2", "results/report.html", *CONFIGS, "roles.yaml")
    page = (project / "results/report.html").read_text(encoding="utf-8")
    for words in ("Beyond the papers", "Table 8: ", "Table 9: ", "Table 10: ", "figure10",
                  "GOPs of 8 frames keep more than BAT", "gop8_erasure_20_6"):  # fmt: skip
        assert words in page, words
    assert not re.search(r">\s*nan\b", page)


def test_stories_of_protected_clips_are_told(project):
    """Each compares its own damage and frames with those that the scores are from."""
    clip = read_manifest(project / "results/manifests/motion.csv", "test")["id"].iloc[0]
    conditions = (
        "clean+gop8/0", "packet_loss+gop8_erasure_20_6/0.3", "packet_loss+retransmission/0.3",
        "random+matroska/1e-4", "random+reed_solomon/1e-4",
    )  # fmt: skip
    targets = [f"results/stories/motion/{clip}/{each}/seed0.html" for each in conditions]
    snakemake(project, "-c2", *targets, *CONFIGS)
    pages = [(project / target).read_text(encoding="utf-8") for target in targets]
    assert "Clean, protected by gop8" in pages[0]
    assert ", encoded anew to " in pages[0]
    row = account(project, conditions[1]).set_index("clip").loc[clip]
    assert f"{row['damaged']} of {row['sent']} datagrams\nwere lost in the end" in pages[1]
    assert len(re.findall(r'height="12" class="hit"', pages[1])) == row["damaged"]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ("methods: {a: {gopp: {}}}", "unknown key 'gopp'"),
        ("methods: {a: {gop: {length: 0}}}", "protection.methods.a.gop.length is 0"),
        ("methods: {a: {erasure: {}, retransmission: {}}}", "protected in one way only"),
        ("methods: {plain: {gop: {}}}", "without protection"),
        ("methods: {A: {gop: {}}}", "protection.methods"),
        ("levels: {packet_los: [0.1]}", "unknown key 'packet_los'"),
        ("levels: {packet_loss: [0.1, 0.10]}", "lists a level twice"),
    ],
)
def test_what_is_wrong_is_one_sentence(tmp_path, settings, said):
    project = copy_project(tmp_path)
    with_settings(project, f"protection: {{{settings}}}")
    done = snakemake(project, "-n", TARGETS[0], "--configfile", "own.yaml", check=False)
    assert done.returncode == 1
    assert said in done.stdout and "Traceback" not in done.stdout, done.stdout


def test_without_methods_it_is_said_why_there_is_no_table(tmp_path):
    project = copy_project(tmp_path)
    with_settings(project, "protection: {levels: {packet_loss: [], burst_loss: []}}")
    done = snakemake(project, "-n", TARGETS[0], "--configfile", "own.yaml", check=False)
    assert done.returncode == 1
    assert "table8 is not made, because protection has no method or no level" in done.stdout
