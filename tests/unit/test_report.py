"""What the report says of a run: accounts, examples, absent parts, hostile names, equal bytes."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

import report
from framefault.files import write_clips
from framefault.report import accounts, gallery, making, numbers, pictures
from framefault.report.page import data_in_words, page, summary, title, title_of
from framefault.tabular import write_csv
from report_tools import COLUMNS, NAMES, OTHER, PAPER, clips, content, write_files, write_report
from scored import ANY, GOOD, frame
from videos import encode_frames

MADE, REAL = {"generated": True}, {"generated": False}


@pytest.fixture
def results(tmp_path):
    write_files(tmp_path / "results")
    return tmp_path / "results"


# Accounts ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("clip", "reason"),
    [
        ({"status": "timed_out", "opened": False, "frames": 0}, "decoder ended"),
        ({"opened": False, "frames": 0}, "not opened"),
        ({"frames": 0}, "no frame"),
        ({"frames": 3}, "too few frames"),
        ({"errors": 9}, "by the rule"),
        ({"full_length": False}, "by the rule"),
    ],
)
def test_an_unplayable_clip_counts_under_the_first_reason(clip, reason):
    rule = {"min_frames": 4, "max_errors": 5, "full_length": True}
    found = accounts.account(frame([GOOD, GOOD | clip]), rule, {"c0": 10, "c1": 10})
    assert (found["clips"], found["playable"]) == (2, 1)
    assert dict(zip(accounts.REASONS, found["reasons"], strict=True)) == {
        each: int(each == reason) for each in accounts.REASONS
    }


def test_frames_count_against_those_of_the_clean_clips():
    rows = frame([GOOD, GOOD | {"frames": 5, "errors": 4, "distance": 0.5}])
    found = accounts.account(rows, ANY, {"c0": 10, "c1": 20})
    assert (found["frames"], found["errors"], found["with_errors"]) == (0.5, 2.0, 1)
    assert found["distance"] == 0.25
    assert accounts.account(rows.assign(frames=0), ANY, {})["distance"] is None


def test_accounts_of_all_draws_stand_together(tmp_path):
    for draw in range(2):
        pq.write_table(pa.Table.from_pandas(frame([GOOD, GOOD])), tmp_path / f"{draw}.parquet")
    rows = accounts.together(sorted(tmp_path.iterdir()))
    assert list(rows.columns) == accounts.COLUMNS and rows["clip"].tolist() == 2 * ["c0", "c1"]


# Numbers ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("verdict", "mark"),
    [
        ("equal", "good"),
        ("within the spread of our runs", "good"),
        ("outside the spread of our runs", "bad"),
        ("holds, these models", "good"),
        ("does not hold, these models", "bad"),
        ("cannot be told from this sample", "open"),
        ("not comparable: generated videos", "open"),
    ],
)
def test_verdicts_have_marks(verdict, mark):
    assert numbers.mark(verdict) == mark


def test_a_table_reads_as_it_was_written(results):
    table = numbers.read_table(results / "tables/table1.csv", COLUMNS)
    headings, rows = numbers.table_view(table, COLUMNS, NAMES)
    assert headings == ["Corruption", "p", "No defense", "Playable"]
    assert [cell["text"] for cell in rows[0]] == [
        "Random file corruption", "1e-4", "41.2 ± 6.8", "165 of 200",
    ]  # fmt: skip
    assert (rows[0][2]["interval"], rows[0][2]["runs"]) == ("33.7 to 49.1", 3)
    assert rows[0][3]["interval"] is None


def test_missing_entries_of_a_table_are_said_to_be_so(results):
    table = numbers.read_table(results / "tables/table1.csv", COLUMNS)
    table.loc[0, ["none", "none_std", "none_ci_low"]] = None
    assert numbers.table_view(table, COLUMNS, {})[1][0][2]["text"] == "N/A"


def test_printed_numbers_are_named_as_in_their_table():
    row = {"row": "random, 1e-05", "column": "none_ci_low", "verdict": "equal", "ours": np.nan}
    (found,) = numbers.compared("table1", pd.DataFrame([row]), COLUMNS, NAMES)
    assert found["row"] == "Random file corruption, 1e-05" and found["ours"] is None
    assert found["column"] == "No defense, low end"


@pytest.mark.parametrize(
    ("keys", "words"),
    [("clean, 0.0", "Clean"), ("packet_loss, 0.1", "Packet loss, 0.1"), ("vid, x", "vid, x")],
)
def test_rows_are_named_in_words(keys, words):
    assert numbers.row_in_words(keys, NAMES) == words


def test_warnings_of_a_table_stand_apart_from_its_caption():
    text = "Table 1: a. Data: b. Warning: bat may be guessing. Warning: x.\n\n| a |\n"
    assert numbers.captions(text) == [
        "Table 1: a. Data: b.", "Warning: bat may be guessing.", "Warning: x.",
    ]  # fmt: skip


# The page ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("prefix", ["", "study/", "./a/b/"])
def test_files_are_found_wherever_a_modules_prefix_puts_them(prefix):
    table = Path(f"{prefix}results/tables/table1.csv")
    assert report.by_name({"tables": [table]}, prefix) == {"results/tables/table1.csv": table}


def test_the_same_results_give_the_same_bytes(tmp_path):
    pages = [write_report(tmp_path / name) for name in ("one", "another")]
    assert pages[0].read_bytes() == pages[1].read_bytes()
    assert str(tmp_path) not in pages[0].read_text(encoding="utf-8")


def test_six_lines_sum_up_the_run(results):
    lines = summary(content(results)).splitlines()
    assert len(lines) == 6
    assert lines[0] == "Data:    embedded, generated videos: motion"
    assert "1 tables, 2 figures, 1 comparisons; 1 left out" in lines[1]
    assert lines[2].endswith("Clean: motion 82.0 ± 2.8 %") and lines[3].endswith(" 1 hold")
    assert "4 printed ones" in lines[4] and "1 within the spread of our runs" in lines[4]


@pytest.mark.parametrize(
    "papers", [[], [OTHER], [PAPER | {"claims": [], "comparisons": [], "figures": {}}]]
)
def test_parts_that_a_configuration_lacks_are_left_out(results, papers):
    shown = content(results, papers=papers, clips=[], stages=[], costs=[0, 0], versions={})
    html = page(shown)
    assert ('id="gallery"' in html, 'id="bundle"' in html) == (False, False)
    assert len(summary(shown).splitlines()) == 6
    if OTHER in papers:
        assert "tables.roles has no data set as vid" in html


def test_hostile_names_stay_text(results):
    bad = """</script><script>alert("x")</script>'&"""
    paper = PAPER | {"title": bad, "figures": {"figure1": bad}}
    shown = content(results, papers=[paper], datasets={bad: REAL}, clips=[clips(bad)])
    shown["papers"][0]["claims"][0]["statement"] = bad
    html = page(shown)
    assert "<script>alert" not in html and html.count("&lt;script&gt;alert") >= 5
    assert len(re.findall("<script", html)) == len(re.findall("</script>", html)) == 3


@pytest.mark.parametrize(
    ("datasets", "words", "heading"),
    [
        ({"mine": REAL}, "real videos: mine", "Report on mine"),
        ({"motion": MADE}, "embedded, generated videos: motion", "Report on generated videos"),
        (
            {"mine": REAL, "motion": MADE},
            "real videos: mine; embedded, generated videos: motion",
            "Report on mine, generated videos",
        ),
    ],
)
def test_the_data_is_named_for_what_it_is(datasets, words, heading):
    assert (data_in_words(datasets), title(datasets)) == (words, heading)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("figure3", "Figure 3"),
        ("paper_b_table10", "Table 10 (paper B)"),
        ("tracking", "Tracking"),
        ("burst_loss", "Burst loss"),
        ("table1b-Extra", "Table1b-extra"),
    ],
)
def test_tables_and_figures_have_names_for_readers(name, words):
    assert title_of(name) == words


def test_figures_shrink_until_all_are_small_enough(tmp_path, monkeypatch):
    noise = np.random.default_rng(0).integers(0, 255, (900, 1800, 3), np.uint8)
    Image.fromarray(noise).save(tmp_path / "figure.png")
    ((_, width, height),) = pictures.embedded_figures([tmp_path / "figure.png"])
    assert (width, height) == (1600, 800)
    monkeypatch.setattr(pictures, "BUDGET", 500_000)
    ((_, width, _),) = pictures.embedded_figures([tmp_path / "figure.png"])
    assert width < 1600


def test_stages_stand_in_the_order_of_their_jobs():
    code = {"fingerprint": "f"}
    records = [
        {"stage": "encode", "code": code, "versions": {"av": "18"}},
        {
            "stage": "train library.networks.r3d",
            "code": code,
            "versions": {"torch": "2"},
            "device": "H100",
        },
        {"stage": "encode", "code": {"fingerprint": "e"}, "versions": {"av": "17"}},
    ]
    rows = making.stages(records, {"encode": (1, 0, "x"), records[1]["stage"]: (2, 3, "y")})
    assert [(row["stage"], row["jobs"]) for row in rows] == [("encode", 2), ("train r3d", 1)]
    assert rows[0]["code"] == ["e", "f"] and rows[1]["devices"] == ["H100"]
    assert making.versions(records) == {"av": ["17", "18"], "torch": ["2"]}


# Examples ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def conditions(tmp_path_factory):
    """Four clips of rising brightness, clean, late by two frames, and with nothing left."""
    folder = tmp_path_factory.mktemp("clips")
    names = [f"c/{number}" for number in range(4)]
    frames = np.arange(20, dtype=np.uint8)[:, None, None, None] * 10
    data = encode_frames(np.broadcast_to(frames, (20, 64, 80, 3)), 25)
    facts = {"label": "c", "split": "test", "bytes": len(data), "sha256": "", "codec": "h264"}
    facts |= {"frames": 20, "fps": 25.0, "width": 80, "height": 64, "turns": 0}
    write_csv(folder / "manifest.csv", [{"id": name, "path": name} | facts for name in names])
    for name, clip in (("clean", data), ("late", data), ("lost", b"nothing")):
        write_clips(folder / f"{name}.zip", [(f"{each}.mp4", clip) for each in names])
        write_csv(folder / f"{name}.csv", [{"clip": each, "delay": 0.08} for each in names])
    return folder / "manifest.csv", [
        {"corruption": corruption, "level": "0.1", "archive": folder / f"{name}.zip"}
        | {"account": None if name == "clean" else folder / f"{name}.csv"}
        for corruption, name in (("clean", "clean"), ("packet_loss", "late"), ("random", "lost"))
    ]


def test_examples_are_the_first_of_each_part_at_the_middle_of_the_clean_clip(conditions):
    limits = {"cpu_seconds": 20, "cpu_seconds_per_megapixel": 1, "memory_mb": 1000}
    names, rows = gallery.examples(*conditions, limits, "repeat")
    assert names == ["c/0", "c/2"]
    clean, late, lost = (row["seen"][0] for row in rows)
    assert clean["image"].shape == (64, 80, 3)
    assert clean["image"].mean() == pytest.approx(100, abs=4)
    assert late["image"].mean() == pytest.approx(120, abs=4)
    assert lost["image"] is None and lost["errors"] > 0
    assert [(each["frames"], each["whole"]) for each in (clean, late, lost)] == [
        (20, 20), (20, 20), (0, 20),
    ]  # fmt: skip


def test_counts_stay_whole_and_missing_ones_missing(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("level,delay\n0,\n0.1,50\n0.2,55.8\n", encoding="utf-8")
    table = numbers.read_table(path, {"delay": {"unit": "ms"}})
    assert table["delay"].tolist() == [None, 50, 55.8]
    assert isinstance(table["delay"].iloc[1], int)
