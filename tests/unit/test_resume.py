"""Going on after a killed run: whose locks are removed, and which of its files are kept."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from framefault.workflow import resume
from framefault.workflow import snakemake_private as private
from framefault.workflow.resume import METADATA
from workflow_tools import ROOT, planned_jobs, snakemake

pytestmark = pytest.mark.slow

RUN = """
import sys, time
sys.path.insert(0, sys.argv[1])
from framefault.workflow import resume
resume.unlock_after_kill()
resume.note_machine()
open(".snakemake/locks/0.input.lock", "w").close()
print("running", flush=True)
time.sleep(60)
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".snakemake" / "locks").mkdir(parents=True)
    yield tmp_path
    if resume._running:
        resume._running.close()


@pytest.fixture
def run(folder):
    """Another run of the same folder, under way."""
    command = [sys.executable, "-c", RUN, str(ROOT / "scripts")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "running\n"
    yield process
    process.kill()
    process.communicate()


def locked(folder):
    return (folder / ".snakemake/locks/0.input.lock").exists()


def test_lock_of_a_killed_run_is_removed(folder, run):
    run.send_signal(signal.SIGKILL)
    run.wait()
    assert locked(folder)
    assert resume.unlock_after_kill()
    assert not locked(folder)


def test_lock_of_a_living_run_stays_however_often_it_is_looked_at(folder, run):
    for _ in range(3):
        assert not resume.unlock_after_kill()
        assert locked(folder)


def test_whoever_only_looks_does_not_keep_the_lock_from_being_found_dead(folder, run):
    resume.unlock_after_kill()
    run.kill()
    run.wait()
    resume.unlock_after_kill()
    assert not locked(folder)


def test_lock_of_another_machine_stays(folder, run):
    run.kill()
    run.wait()
    (folder / ".snakemake/running").write_text("elsewhere.example")
    assert not resume.unlock_after_kill()
    assert locked(folder)


def test_stages_do_not_inherit_what_says_that_a_run_lives(folder):
    """A stage that outlives a killed run must not keep the folder locked."""
    stage = "import subprocess; subprocess.Popen(['sleep', '30'])"
    code = RUN.replace("time.sleep(60)", stage)
    subprocess.run(
        [sys.executable, "-c", code, ROOT / "scripts"], check=True, stdout=subprocess.DEVNULL
    )
    resume.unlock_after_kill()
    assert not locked(folder)


def test_records_lie_with_the_results_and_come_along(folder):
    private.keep_metadata_in(METADATA)
    (folder / ".snakemake/metadata/record").write_text("{}")
    (folder / "clone").mkdir()
    os.rename(folder / "results", folder / "clone" / "results")
    os.chdir(folder / "clone")
    private.keep_metadata_in(METADATA)
    assert (folder / "clone/.snakemake/metadata/record").read_text() == "{}"


def test_older_records_of_a_project_stay_where_they_are(folder):
    (folder / ".snakemake/metadata").mkdir()
    (folder / ".snakemake/metadata/record").write_text("{}")
    private.keep_metadata_in(METADATA)
    assert not (folder / ".snakemake/metadata").is_symlink()


def test_deleted_results_leave_a_working_folder(folder):
    private.keep_metadata_in(METADATA)
    (folder / "results/.records").rmdir()
    (folder / "results").rmdir()
    private.keep_metadata_in(METADATA)
    assert list((folder / ".snakemake/metadata").iterdir()) == []


# What is kept ------------------------------------------------------------------------------------

MAKE = f"""
import sys
from pathlib import Path
sys.path.insert(0, {str(ROOT / "scripts")!r})
import json
from framefault.workflow import provenance
from framefault.workflow.fingerprint import fingerprint
from framefault.workflow.job import Job, Named
from framefault.workflow.provenance import input_digests, record_path

def make(target, source, settings, text):
    target, inputs = Path(target), [Path(source)] if source else []
    target.parent.mkdir(exist_ok=True)
    target.write_text(text)
    output = Named(file=target, provenance=record_path(target))
    job = Job(Named(), output, Named(), Named(settings), Named(), 1, fingerprint("score_sets"))
    provenance.write("score_sets", job, input_digests(inputs))

if __name__ == "__main__":
    make(sys.argv[1], sys.argv[2], json.loads(sys.argv[3]), "made")
"""
WORKFLOW = f"""
import sys
sys.path.insert(0, {str(ROOT / "scripts")!r})
from framefault.workflow import snakemake_private as private
from framefault.workflow.resume import METADATA, judge_by_content, unlock_after_kill
private.keep_metadata_in(METADATA)
judge_by_content(alone=unlock_after_kill())

rule end:
    input: "results/middle.txt"
    output: "results/end.txt", "results/end.provenance.json"
    params: stage="score_sets", settings='{{"x":1}}'
    shell: "python make.py {{output[0]}} {{input}} {{params.settings:q}}"

rule middle:
    output: "results/middle.txt", "results/middle.provenance.json"
    params: stage="score_sets", settings="{{}}"
    shell: "python make.py {{output[0]}} '' {{params.settings:q}}"
"""
FILES = ["results/end.txt", "results/end.provenance.json"]


@pytest.fixture(scope="module")
def made_once(tmp_path_factory):
    """A small workflow whose jobs write records, after a run."""
    place = tmp_path_factory.mktemp("workflow")
    (place / "make.py").write_text(MAKE)
    (place / "Snakefile").write_text(WORKFLOW)
    snakemake(place, "-c1", "results/end.txt")
    return place


@pytest.fixture
def made(made_once, folder, monkeypatch):
    for owner, name in ((private.jobs.Job, "output_mintime"), (private.DAG, "check_incomplete")):
        monkeypatch.setattr(owner, name, getattr(owner, name))  # undone after the test
    shutil.copytree(made_once, folder, symlinks=True, dirs_exist_ok=True)
    return folder


def plan():
    dag = private.planned("results/end.txt", [])
    return {job.rule.name for job in dag.jobs if dag.needrun(job)}


def end_job():
    """The last job, as Snakemake plans it."""
    dag = private.planned("results/end.txt", [])
    return next(job for job in dag.jobs if job.rule.name == "end")


def edit(file, old, new):
    text = Path(file).read_text()
    assert old in text
    Path(file).write_text(text.replace(old, new))


def make_again(target, source, settings, text):
    """Make a file with its record, as a job of other settings or code would."""
    call = f"import make; make.make({target!r}, {source!r}, {settings!r}, {text!r})"
    subprocess.run([sys.executable, "-c", call], check=True)


def forget():
    """Let Snakemake know nothing of any file."""
    shutil.rmtree(METADATA)
    METADATA.mkdir()


CHANGES = {
    "other settings": lambda: edit("Snakefile", '{"x":1}', '{"x":2}'),
    "no record": lambda: Path(FILES[1]).unlink(),
    "damaged record": lambda: edit(FILES[1], '"x": 1', '"x": 2'),
    "damaged file": lambda: edit(FILES[0], "made", "mads"),
    "half a file": lambda: edit(FILES[0], "made", "ma"),
    "damaged input": lambda: edit("results/middle.txt", "made", "mad"),
    "other input": lambda: make_again("results/middle.txt", "", {}, "other"),
}


def test_files_as_they_are_planned_are_known(made):
    assert resume.is_as_planned(end_job(), FILES)
    edit("Snakefile", '{"x":1}', '{"x": 1}')  # the same, in another layout
    make_again("results/middle.txt", "", {}, "made")  # the same content
    assert resume.is_as_planned(end_job(), FILES)


@pytest.mark.parametrize("change", CHANGES)
def test_files_that_are_not_as_they_are_planned_are_told(made, change):
    CHANGES[change]()
    assert not resume.is_as_planned(end_job(), FILES)


@pytest.mark.parametrize("change", CHANGES)
def test_only_an_input_that_was_made_anew_tells_that_a_file_is_of_the_past(made, change):
    job = end_job()
    CHANGES[change]()
    assert resume.made_from_others(job, FILES) == (change == "other input")


def test_finished_run_leaves_nothing_to_do_whatever_the_times(made):
    assert plan() == set()
    os.utime("results/middle.txt", (4e9, 4e9))
    assert plan() == set()


def test_input_that_was_made_anew_makes_its_followers_run(made):
    make_again("results/middle.txt", "", {}, "made")
    assert plan() == set()
    make_again("results/middle.txt", "", {}, "other")
    assert plan() == {"end"}


@pytest.mark.parametrize("change", [None, "other settings", "no record", "half a file"])
def test_files_that_snakemake_does_not_know_must_be_as_planned(made, change):
    forget()
    if change:
        CHANGES[change]()
    assert plan() == (set() if change is None else {"end"})


def test_run_makes_known_what_it_keeps(made):
    forget()
    done = snakemake(made, "-c1", "results/end.txt")
    assert "Nothing to be done" in done.stdout
    assert len([path for path in METADATA.rglob("*") if path.is_file()]) == 4


def test_plan_makes_nothing_known(made):
    forget()
    plan()
    assert list(METADATA.iterdir()) == []


@pytest.mark.parametrize(("left", "runs"), [("made", set()), ("ma", {"end"})])
def test_what_a_killed_run_was_at_is_kept_only_if_it_is_whole(made, left, runs):
    """Snakemake marks outputs before a job starts; the marks are what a killed run leaves."""
    marks = made / ".snakemake/incomplete"
    for record in METADATA.iterdir():
        shutil.copy2(record, marks / record.name)
    Path(FILES[0]).write_text(left)
    done = snakemake(made, "-c1", "results/end.txt")
    assert planned_jobs(done).keys() == runs
    assert Path(FILES[0]).read_text() == "made"
    assert list(marks.iterdir()) == []
