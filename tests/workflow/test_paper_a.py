"""The tiny workflow from nothing to its tables, on real H.264 bytes."""

import csv
import json
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import av
import pandas as pd
import pytest
from test_damage import READ

from crash_tools import TABLES, copy_without, finished_paper, jobs_of
from damage_tools import assert_damage_is_noticed
from workflow_tools import SHARED, copy_project, planned_jobs, snakemake

BESIDE, CLAIMS = "results/comparison/table{}.csv", "results/comparison/claims.csv"
TINY = ("--configfile", "tiny.yaml")
ONLY_A = Path(__file__).with_name("only_a.yaml")
WITHOUT_FRAMES = ("--config", "compute={keep_decoded: false}")
# All that is made of shards.
OF_SHARDS = (*TABLES, "results/tables/table7.csv", "results/figures/figure1.pdf",
             "results/figures/figure2.pdf")  # fmt: skip


def new_project(folder, name="tiny.yaml"):
    folder.mkdir()
    copy_project(folder)
    shutil.copy(__file__.replace("test_paper_a.py", name), folder / name)
    return folder


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    paper = finished_paper(tmp_path_factory)
    return copy_without(paper, tmp_path_factory.mktemp("workflow") / "one")


def table(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_tables_have_the_papers_rows_and_columns(finished):
    rows = table(finished / TABLES[0])
    assert [(row["corruption"], row["level"]) for row in rows] == [
        ("packet_loss", "0.1"), ("random", "1e-4"), ("clean", "0"),
    ]  # fmt: skip
    for row in rows:
        for defence in ("none", "at_eps2", "bat", "bat_low", "bat_high"):
            assert 0 <= float(row[f"{defence}_ci_low"]) <= float(row[defence])
            assert float(row[defence]) <= float(row[f"{defence}_ci_high"]) <= 100
        assert (row["bat_oracle"] == "") == (row["corruption"] == "clean")
        assert row["clips"] == "20"
    for suffix in ("md", "tex"):
        text = (finished / "results/tables" / f"table1.{suffix}").read_text(encoding="utf-8")
        assert "embedded" in text


def test_all_videos_never_beat_playable_ones(finished):
    playable, everything = (table(finished / path) for path in TABLES[:2])
    for ours, overall in zip(playable, everything, strict=True):
        assert float(overall["none"]) <= float(ours["none"])


def test_comparison_shows_the_papers_numbers_without_judging_another_data_set(finished):
    rows = table(finished / TABLES[2])
    assert {row["column"] for row in rows} >= {"none", "bat_oracle"}
    assert all(row["verdict"].startswith(("not comparable", "not evaluated")) for row in rows)
    assert all(row["verdict"].startswith("not comparable") == (row["ours"] != "") for row in rows)
    printed = {(row["row"], row["column"]): row["paper"] for row in rows}
    assert printed["packet_loss, 0.1", "bat_high"] == "48.5"


def test_second_call_does_nothing(finished):
    done = snakemake(finished, "-n", "paper_a", *TINY)
    assert planned_jobs(done) in ({}, {"paper_a": 1}), done.stdout


def test_all_of_paper_a_is_there(finished):
    results = finished / "results"
    for number in range(1, 8):
        rows = table(results / f"tables/table{number}.csv")
        published = table(results / f"comparison/table{number}.csv")
        assert {row["dataset"] for row in rows} == {"motion"}
        assert all(row["verdict"] for row in published)
        for suffix in ("md", "tex"):
            text = (results / f"tables/table{number}.{suffix}").read_text(encoding="utf-8")
            assert "embedded" in text
    for number in range(1, 10):
        for suffix, magic in (("pdf", b"%PDF"), ("png", b"\x89PNG")):
            data = (results / f"figures/figure{number}.{suffix}").read_bytes()
            assert data[:4] == magic
            assert len(data) > 5000
        assert table(results / f"figures/figure{number}.csv")
        assert (results / f"figures/figure{number}.provenance.json").is_file()
    assert "embedded" in (results / "comparison/claims.md").read_text(encoding="utf-8")


def test_adversarial_training_and_contiguous_oracles_are_trained(finished):
    models = finished / "results/models/motion"
    for defence in ("at_eps4", "at_eps8", "bat_oracle/contiguous/0.5"):
        assert (models / defence / "seed0/weights.safetensors").is_file()
    (row,) = table(finished / "results/tables/table3.csv")
    assert (row["corruption"], row["level"]) == ("contiguous", "0.5")
    assert row["bat_oracle"] != ""


def test_detection_and_checksums_agree_with_the_other_tables(finished):
    tables = [table(finished / f"results/tables/table{number}.csv") for number in range(1, 8)]
    for detector in (tables[4], tables[5]):
        assert [row["playable"] for row in detector] == [row["playable"] for row in tables[3]]
        assert (detector[-1]["corruption"], detector[-1]["auroc"]) == ("clean", "50.0")
        assert detector[-1]["kept"] == "19"  # 95 % of 20 clips
    support = {row["corruption"]: row for row in tables[6]}
    assert support["packet_loss"]["support"] == "0"
    assert (support["clean"]["support"], support["clean"]["expected"]) == ("20", "20")
    assert support["clean"]["in_dist_acc"] == tables[0][-1]["none"]
    account = table(finished / "results/corrupted/motion/test/random/1e-4/seed0/00000-of-00001.csv")
    unchanged = sum(row["changed"] == "0" for row in account)
    assert support["random"]["support"] == str(unchanged)


def test_claims_are_answered_with_their_numbers(finished):
    rows = table(finished / "results/comparison/claims.csv")
    answers = {"holds", "does not hold", "cannot be told from this sample",
               "not asked: nothing is evaluated for it"}  # fmt: skip
    # One training each: what can be told is told of these models.
    assert {row["verdict"].removesuffix(", these models") for row in rows} <= answers
    assert not {"holds", "does not hold"} & {row["verdict"] for row in rows}
    assert {row["claim"] for row in rows if row["scope"] == "all"} >= {
        "packet_loss_degrades", "flips_degrade", "bat_high_helps", "at_hurts", "energy_equals_odin",
    }  # fmt: skip
    # One epoch on 20 clips decides nothing.
    hurts = next(row for row in rows if row["claim"] == "at_hurts" and row["scope"] == "all")
    assert hurts["p"] != ""


def test_packets_drawn_are_those_that_were_lost(finished):
    rows = table(finished / "results/figures/figure2.csv")
    packets = [row for row in rows if row["unit"] == "datagram"]
    clip, level = packets[0]["clip"], packets[0]["level"]
    folder = finished / f"results/corrupted/motion/test/packet_loss/{level}/seed0"
    account = next(row for row in table(folder / "00000-of-00001.csv") if row["clip"] == clip)
    assert len(packets) == int(account["sent"])
    assert sum(int(row["hit"]) for row in packets) == int(account["damaged"])
    bits = [row for row in rows if row["unit"] == "bit"]
    folder = finished / f"results/corrupted/motion/test/random/{bits[0]['level']}/seed0"
    account = next(row for row in table(folder / "00000-of-00001.csv") if row["clip"] == clip)
    assert len(bits) == int(account["damaged"])


def test_accounts_tell_what_was_lost(finished):
    folder = finished / "results/corrupted/motion/test"
    for corruption, level, unit in (("packet_loss", "0.1", "datagram"), ("random", "1e-4", "bit")):
        rows = table(folder / corruption / level / "seed0/00000-of-00001.csv")
        assert len(rows) == 20
        assert {row["unit"] for row in rows} == {unit}
        share = sum(int(r["damaged"]) for r in rows) / sum(int(r["sent"]) for r in rows)
        assert 0.3 * float(level) < share < 3 * float(level)


def test_corrupted_clips_play_in_a_video_player(finished):
    archive = finished / "results/corrupted/motion/test/packet_loss/0.1/seed0/00000-of-00001.zip"
    with zipfile.ZipFile(archive) as clips:
        clips.extractall(finished / "unpacked")
    videos = list((finished / "unpacked").glob("*/*.mp4"))
    assert len(videos) == 20
    playing = 0
    for video in videos:
        if video.stat().st_size:
            with av.open(str(video)) as container:
                playing += sum(1 for _ in container.decode(video=0)) > 0
    assert playing >= 10


def test_cells_say_how_they_were_made(finished):
    path = "results/cells/motion/bat/seed0/random/1e-4/seed0.json"
    cell = json.loads((finished / path).read_text(encoding="utf-8"))
    scores = {score["measure"]: score for score in cell["scores"]}
    assert scores["accuracy_all"]["of"] == 20
    assert scores["accuracy_all"]["count"] == scores["accuracy_playable"]["count"]
    assert scores["accuracy_playable"]["count"] <= scores["accuracy_playable"]["of"] <= 20
    record = (finished / path).with_suffix(".provenance.json").read_text(encoding="utf-8")
    assert json.loads(record)["settings"]["playable"]["min_frames"] == 1


def final_files(project):
    kinds = ("clips", "corrupted", "models", "predictions", "cells")
    kinds += ("tables", "comparison", "figures", "excerpts")
    return {
        path.relative_to(project / "results"): path.read_bytes()
        for kind in kinds
        for path in sorted((project / "results" / kind).rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def one_core(tmp_path_factory):
    """The same on one core and in another folder, where frames are deleted after use."""
    project = new_project(tmp_path_factory.mktemp("other") / "another path")
    snakemake(project, "-c1", "paper_a", *TINY, *WITHOUT_FRAMES)
    return project


def test_results_are_the_same_bytes_with_one_core_in_another_folder(finished, one_core):
    ours, theirs = final_files(finished), final_files(one_core)
    assert ours.keys() == theirs.keys()
    assert [str(path) for path in ours if ours[path] != theirs[path]] == []


def test_deleted_frames_are_not_missed(one_core):
    assert not list((one_core / "results/decoded").rglob("*.frames"))
    done = snakemake(one_core, "-n", *TABLES, *TINY, *WITHOUT_FRAMES)
    assert "Nothing to be done" in done.stdout


def test_tables_do_not_depend_on_the_number_of_shards_or_workers(finished, tmp_path):
    other = new_project(tmp_path / "shards")
    with open(other / "tiny.yaml", "a", encoding="utf-8") as file:
        file.write("compute: {threads: {decode: 2, encode: 2}}\n")
    text = (other / "tiny.yaml").read_text(encoding="utf-8")
    text = text.replace("    frames: 20\n", "    frames: 20\n    shards: {train: 3, test: 2}\n", 1)
    (other / "tiny.yaml").write_text(text, encoding="utf-8")
    snakemake(other, "-c2", *OF_SHARDS, *TINY)
    ours, theirs = final_files(finished), final_files(other)
    kinds = ("models", "predictions", "cells", "tables", "comparison", "figures", "excerpts")
    made = [path for path in theirs if path.parts[0] in kinds]
    same = [path for path in made if not path.match("*.provenance.json")]
    assert len(same) > 40
    assert [str(path) for path in same if ours[path] != theirs[path]] == []


# The stages before these are damaged in test_damage.py.
LATER_STAGES = (
    "manifest_tracking", "train_tracking_fairmot", "predict_tracking", "score_tracking",
    "figure_paper_a_tracks", "score_odin", "score_energy",
    "predict_checksum", "score_checksum", "table_paper_a",
    "compare_paper_a", "claims_paper_a", "figure_paper_a_curves", "figure_paper_a_overview",
    "figure_paper_a_bits", "figure_paper_a_levels", "figure_paper_a_pairs",
    "excerpt_paper_a_overview", "excerpt_paper_a_bits", "excerpt_paper_a_levels",
    "excerpt_paper_a_pairs", "excerpt_paper_a_tracks",
)  # fmt: skip


@pytest.fixture(scope="module")
def jobs(damageable):
    return jobs_of(damageable, "paper_a", *TINY)


def test_every_later_stage_is_damaged_below(jobs):
    assert {job.rule for job in jobs} == {
        *LATER_STAGES,
        *READ,
        "generate_motion",
        "generate_crowd",
        "manifest_recognition",
    }


@pytest.mark.parametrize("rule", LATER_STAGES)
def test_damaged_input_is_named_or_changes_nothing(finished, damageable, jobs, rule):
    assert_damage_is_noticed(finished, damageable, jobs, rule)


@pytest.mark.skipif(not SHARED.is_dir(), reason="needs the real clips")
def test_real_clips_go_through_all_stages_as_avi_and_as_mp4(tmp_path):
    project = new_project(tmp_path / "weizmann", "weizmann.yaml")
    text = (project / "weizmann.yaml").read_text(encoding="utf-8")
    text = text.replace("../shared/data", str(SHARED))
    (project / "weizmann.yaml").write_text(text, encoding="utf-8")
    snakemake(project, "-c2", *TABLES, "--configfile", "weizmann.yaml")
    rows = table(project / TABLES[0])
    assert [row["dataset"] for row in rows] == ["avi"] * 3 + ["mp4"] * 3
    assert {row["clips"] for row in rows} == {"20"}
    manifest = table(project / "results/manifests/avi.csv")
    assert len(manifest) == 60
    assert {row["codec"] for row in manifest} == {"mpeg4"}
    with zipfile.ZipFile(project / "results/clips/avi/test/00000-of-00001.zip") as clips:
        original = (SHARED / "weizmann/bend/lyova_bend.avi").read_bytes()
        assert clips.read("bend/lyova_bend.avi") == original
    with zipfile.ZipFile(project / "results/clips/mp4/test/00000-of-00001.zip") as clips:
        assert clips.read("bend/lyova_bend.mp4")[4:8] == b"ftyp"
    assert planned_jobs(snakemake(project, "-n", *TABLES, "--configfile", "weizmann.yaml")) == {}


def test_all_scores_are_one_table_that_agrees_with_the_others(finished):
    shutil.copy(ONLY_A, finished)  # the others were not made
    snakemake(finished, "-c1", "results/scores.parquet", *TINY, ONLY_A.name)
    scores = pd.read_parquet(finished / "results/scores.parquet")
    assert scores.columns.tolist() == [
        "paper", "task", "dataset", "model", "training", "corruption", "level", "seed", "measure",
        "part", "value", "low", "high", "count", "of",
    ]  # fmt: skip
    assert {*zip(scores["paper"], scores["task"], strict=True)} == {
        ("paper_a", "recognition"), ("paper_a", "tracking"), ("protection", "recognition"),
    }  # fmt: skip
    assert not scores.duplicated(scores.columns[:10].tolist()).any()
    shares = scores[scores["count"].notna() & (scores["of"] > 0)]
    assert ((shares["count"] / shares["of"] - shares["value"]).abs() < 1e-9).all()
    playable = scores[scores["measure"] == "accuracy_playable"]
    for row in table(finished / TABLES[0]):
        chosen = playable[
            (playable["model"] == "none") & (playable["corruption"] == row["corruption"])
            & (playable["level"] == float(row["level"]))
        ]  # fmt: skip
        assert len(chosen) == 1
        assert 100 * chosen["value"].item() == pytest.approx(float(row["none"]), abs=0.06)


# The report -------------------------------------------------------------------------------------

REPORT = ("results/report.html", *TINY, ONLY_A.name)
# Of Table 10, which is no paper's.
OF_FLAGS = {
    "score_decoder", "score_odin", "score_energy", "score_checksum", "predict_checksum",
    "table_protection", "claims_protection",
}  # fmt: skip


@pytest.fixture(scope="module")
def reported(finished, tmp_path_factory):
    project = tmp_path_factory.mktemp("report") / "project"
    shutil.copytree(finished, project, symlinks=True)
    shutil.copy(ONLY_A, project)
    new = {"figure_paper_b_toy": 1, "excerpt_clips": 2, "report": 1}
    planned = planned_jobs(snakemake(project, "-n", *REPORT))
    assert {rule: planned[rule] for rule in planned.keys() - OF_FLAGS} == new
    snakemake(project, "-c2", *REPORT)
    return project


def page_of(project):
    return (project / "results/report.html").read_text(encoding="utf-8")


def test_report_shows_what_was_made_and_says_what_was_not(reported):
    html, lines = page_of(reported), (reported / "results/report.txt").read_text().splitlines()
    assert len(html) < 10_000_000 and str(reported) not in html
    assert len(lines) == 6 and lines[0].endswith("generated videos: motion, crowd")
    assert "9 tables, 10 figures, 8 comparisons; 24 left out" in lines[1]
    rows = [row for number in range(1, 8) for row in table(reported / BESIDE.format(number))]
    rows += table(reported / "results/comparison/tracking.csv")
    assert lines[4].split()[1] == str(len(rows)) and html.count("<tr data-table=") == len(rows)
    both = CLAIMS, "results/comparison/protection_claims.csv"
    claims = [row for file in both for row in table(reported / file) if row["scope"] == "all"]
    assert sum(int(each) for each in re.findall(r"(\d+) ", lines[3])) == len(claims)
    assert "tables.roles has no data set as vid" in html
    for caption in ("packet loss", "contiguous", "swing", "CPU, "):
        assert caption in html.lower() or caption in html


def test_every_link_of_the_report_leads_to_a_file(reported):
    links = set(re.findall(r'<a href="([^"#]+)"', page_of(reported)))
    assert len(links) > 80
    assert [link for link in links if not (reported / "results" / link).is_file()] == []


def test_report_counts_the_clips_that_the_tables_count(reported):
    rows = table(reported / "results/tables/table1.csv")
    html = page_of(reported)
    accounts = html[html.index('id="accounts"') :]
    for row in rows:
        assert re.search(rf'<td class="n">20\s*</td>\s*<td class="n">{row["playable"]}<', accounts)


def test_the_report_again_is_the_same_bytes(reported):
    before = page_of(reported), (reported / "results/report.provenance.json").read_bytes()
    snakemake(reported, "-c1", *REPORT, "--forcerun", "report")
    assert (page_of(reported), (reported / "results/report.provenance.json").read_bytes()) == before
    assert "report" not in planned_jobs(snakemake(reported, "-n", *REPORT))


@pytest.mark.parametrize(
    ("path", "old", "new", "jobs"),
    [
        ("scripts/framefault/report/page.css", "--ground", "--floor", {}),
        ("config/papers/paper_a.yaml", "figure1: One", "figure1: Just one", {}),
        (
            "config/papers/paper_a.yaml",
            "heading: AUROC",
            "heading: Area",
            {"table_paper_a": 2, "compare_paper_a": 2},
        ),
        ("scripts/framefault/report/accounts.py", '"""What became', '"""What has become', None),
    ],
)
def test_what_the_report_shows_is_made_again_with_it_and_nothing_else(
    reported, path, old, new, jobs
):
    original = (reported / path).read_text(encoding="utf-8")
    assert old in original
    (reported / path).write_text(original.replace(old, new), encoding="utf-8")
    found = planned_jobs(snakemake(reported, "-n", *REPORT))
    (reported / path).write_text(original, encoding="utf-8")
    found.pop("total", None)
    assert found == ({} if jobs is None else jobs | {"report": 1})


def test_snakemakes_own_report_has_every_table_figure_and_claim(reported):
    made = snakemake(reported, "--report", "own.html", *REPORT)
    assert "Report created" in made.stdout
    html = (reported / "own.html").read_text(encoding="utf-8")
    for name in ("tables/table1.csv", "figures/figure9.png", "comparison/claims.csv"):
        assert name in html
    assert "Beyond the Pixels" in html and "snakemake.wildcards" not in html


# The archive: last, since it reads what the tests before have left.
def test_a_new_clone_makes_all_from_an_archive_and_nothing_before(reported, tmp_path):
    archive = [sys.executable, "scripts/archive.py"]
    subprocess.run(archive, cwd=reported, check=True)
    clone = new_project(tmp_path / "clone")
    for name in ("only_a.yaml", "results/archive.tar.xz"):
        shutil.copy(reported / name, clone / Path(name).name)
    subprocess.run([*archive, "--restore", "archive.tar.xz"], cwd=clone, check=True)
    assert not (clone / "results/decoded/motion/test/clean/0/seed0/00000-of-00001.frames").exists()
    asked = ("paper_a", *REPORT)
    assert planned_jobs(snakemake(clone, "-n", *asked)) == {}
    # What is not there still runs again if it would be made otherwise now.
    step = "recognition={adversarial: {step: 1.5}}"
    assert planned_jobs(snakemake(clone, "-n", *asked, "--config", step))["train_recognition_at"]
    made = [clone / f"results/{name}" for name in ("tables", "figures", "comparison")]
    for path in made:
        shutil.rmtree(path)
    for path in (clone / "results").glob("report.*"):
        path.unlink()
    jobs = planned_jobs(snakemake(clone, "-n", *asked))
    drawn = ("table_", "figure_", "compare_", "claims_", "report", "paper_a", "total")
    assert [name for name in jobs if not name.startswith(drawn)] == []
    assert sum(jobs[name] for name in jobs if name.startswith("figure_")) == 10
    snakemake(clone, "-c2", *asked)
    files = [file for path in made for file in path.iterdir()]
    files += (clone / "results").glob("report.*")
    assert len(files) > 70
    for file in files:
        assert file.read_bytes() == (reported / file.relative_to(clone)).read_bytes(), file
