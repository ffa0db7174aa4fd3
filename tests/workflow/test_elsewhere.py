"""From another folder, and as a module of another workflow: the same results, made only once."""

import json
import re
import shutil
import subprocess

import pandas as pd
import pytest
import yaml

from workflow_tools import ROOT, copy_project, planned_jobs, snakemake

TINY = ROOT / "tests/workflow/tiny.yaml"
SEEN = "results/predictions/motion/checksum/seed0/random/1e-4/seed0.parquet"
EXPORT = "results/export/motion/test/random/1e-4/seed0"
MADE = (SEEN, EXPORT)
PAGE = (ROOT / "docs/elsewhere.md").read_text(encoding="utf-8")


def files(folder):
    """Content of all files that a run makes or reads, by path; not what Snakemake keeps."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not {"__pycache__", ".snakemake", "logs"} & set(path.parts)
        and path.name[0] != "."
    }  # fmt: skip


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """A clone at a path that shells would trip over."""
    folder = tmp_path_factory.mktemp("elsewhere") / "a clone of 'mine'"
    folder.mkdir()
    return copy_project(folder)


@pytest.fixture(scope="module")
def finished(clone):
    """A folder with results, made by a clone that lies somewhere else."""
    before = files(clone)
    folder = clone.parent / "study"
    folder.mkdir()
    shutil.copy(TINY, folder)
    run(clone, folder, "-c2", *MADE)
    assert files(clone) == before
    return folder


def run(clone, folder, *arguments, **options):
    """Snakemake with a clone's Snakefile in another folder, called from a third one."""
    places = ("-s", str(clone / "Snakefile"), "-d", str(folder))
    config = ("--configfile", str(TINY))
    return snakemake(clone.parent, *places, *arguments, *config, **options)


def module(clone, folder, **statements):
    """A workflow in `folder` that uses the clone's rules, as docs/elsewhere.md has it."""
    (text,) = re.findall(r"```python\n(configfile.*?)```", PAGE, re.DOTALL)
    text = text.replace("/path/to/framefault", str(clone))
    text = text.replace("results/tables/table1.csv", SEEN).replace("head -3", "wc -c <")
    if not statements.pop("prefix", True):
        text = text.replace('    prefix: "robustness"\n', "").replace("robustness/", "")
    (folder / "Snakefile").write_text(text, encoding="utf-8")
    settings = {"framefault": yaml.safe_load(TINY.read_text(encoding="utf-8")) | statements}
    (folder / "study.yaml").write_text(json.dumps(settings), encoding="utf-8")
    return folder


def assert_up_to_date(done):
    assert "Nothing to be done" in done.stdout, planned_jobs(done)


def test_results_count_wherever_they_and_the_clone_lie(clone, finished, tmp_path):
    assert_up_to_date(run(clone, finished, "-n", *MADE))
    other = tmp_path / "other"
    other.mkdir()
    copy_project(other)
    assert_up_to_date(run(other, finished, "-n", *MADE))
    shutil.copytree(finished / "results", other / "results")
    assert_up_to_date(snakemake(other, "-n", *MADE, "--configfile", str(TINY)))


def test_change_of_code_counts_wherever_the_clone_lies(finished, tmp_path):
    copy_project(tmp_path)
    flips = tmp_path / "scripts/framefault/corruption/random/__init__.py"
    flips.write_text(flips.read_text("utf-8").replace("8 * len(data)", "len(data) * 8"), "utf-8")
    jobs = planned_jobs(run(tmp_path, finished, "-n", SEEN))
    assert jobs == {"corrupt_random": 1, "predict_checksum": 1}


def test_module_takes_over_what_a_plain_run_made(clone, finished, tmp_path):
    folder = module(clone, shutil.copytree(finished, tmp_path / "host"), prefix=False)
    assert planned_jobs(snakemake(folder, "-n")) == {"report": 1}
    snakemake(folder, "-c1")
    assert_up_to_date(snakemake(folder, "-n"))
    (folder / SEEN).touch()  # our times say nothing to us, but something to the other workflow
    assert set(planned_jobs(snakemake(folder, "-n"))) <= {"report"}


def test_module_with_a_prefix_makes_the_same_files_below_it(clone, finished, tmp_path):
    folder = module(clone, tmp_path)
    export = f"robustness/{EXPORT}"
    snakemake(folder, "-c2", "report", export)
    assert not (folder / "results").exists()
    made = files(folder / "robustness")
    plain = files(finished)
    assert {SEEN, f"{EXPORT}/SHA256SUMS"} <= made.keys()
    assert {
        path for path in made if not path.endswith(".provenance.json") and made[path] != plain[path]
    } == set()
    assert_up_to_date(snakemake(folder, "-n", "report", export))
    for path in folder.rglob("*.zip"):
        path.touch()
    assert_up_to_date(snakemake(folder, "-n", "report", export))
    for path in ("report.txt", f"robustness/{SEEN}"):
        (folder / path).unlink()
    assert planned_jobs(snakemake(folder, "-n")) == {"framefault_predict_checksum": 1, "report": 1}


def test_wrong_key_of_a_module_is_one_sentence(clone, tmp_path):
    done = snakemake(module(clone, tmp_path, sedes=[0]), "-n", check=False)
    assert done.returncode == 1
    assert "unknown key 'sedes'" in done.stdout and "Traceback" not in done.stdout


def test_exported_clips_are_those_of_the_archive_and_checked_by_others(finished):
    folder = finished / EXPORT
    check = ["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"]
    assert subprocess.run(check, cwd=folder, check=False).returncode == 0
    clips = pd.read_csv(folder / "clips.csv")
    account = pd.read_csv(next((finished / "results/corrupted").rglob("*.csv")))
    assert clips["damaged"].tolist() == account["damaged"].tolist()
    assert clips["clip"].tolist() == account["clip"].tolist()
    assert clips["playable"].isin([0, 1]).all() and len(clips) == 20


def test_audit_of_a_data_set_says_what_is_damaged_and_notices_new_files(clone, finished, tmp_path):
    videos = tmp_path / "videos"
    for name in ("whole", "cut"):
        (videos / name).mkdir(parents=True)
        source = next((finished / EXPORT).rglob("*.mp4")).read_bytes()
        size = len(source) // (2 if name == "cut" else 1)
        (videos / name / "clip.mp4").write_bytes(source[:size])
    own = {"mine": {"type": "folder", "path": str(videos), "split": {"by": "ratio", "test": 0.5}}}
    (tmp_path / "own.json").write_text(json.dumps({"datasets": own}), encoding="utf-8")
    target = ("results/audit/mine.csv", "--configfile", str(tmp_path / "own.json"))
    places = ("-s", str(clone / "Snakefile"), "-d", str(tmp_path))
    snakemake(tmp_path, *places, "-c1", *target)
    audit = pd.read_csv(tmp_path / "results/audit/mine.csv").set_index("path")
    assert audit.loc["cut/clip.mp4", "damaged"] == 1
    assert_up_to_date(snakemake(tmp_path, *places, "-n", *target))
    shutil.copy(videos / "cut/clip.mp4", videos / "cut/more.mp4")
    assert planned_jobs(snakemake(tmp_path, *places, "-n", *target)) == {"audit": 1}
