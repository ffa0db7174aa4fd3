"""Locks of killed runs are removed, those of living runs and other machines are not."""

import os
import signal
import subprocess
import sys

import pytest

from framefault.workflow import resume
from workflow_tools import ROOT

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
    resume.unlock_after_kill()
    assert not locked(folder)


def test_lock_of_a_living_run_stays_however_often_it_is_looked_at(folder, run):
    for _ in range(3):
        resume.unlock_after_kill()
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
    resume.unlock_after_kill()
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
    resume.keep_records_with_results()
    (folder / ".snakemake/metadata/record").write_text("{}")
    (folder / "clone").mkdir()
    os.rename(folder / "results", folder / "clone" / "results")
    os.chdir(folder / "clone")
    resume.keep_records_with_results()
    assert (folder / "clone/.snakemake/metadata/record").read_text() == "{}"


def test_older_records_of_a_project_stay_where_they_are(folder):
    (folder / ".snakemake/metadata").mkdir()
    (folder / ".snakemake/metadata/record").write_text("{}")
    resume.keep_records_with_results()
    assert not (folder / ".snakemake/metadata").is_symlink()


def test_deleted_results_leave_a_working_folder(folder):
    resume.keep_records_with_results()
    (folder / "results/.records").rmdir()
    (folder / "results").rmdir()
    resume.keep_records_with_results()
    assert list((folder / ".snakemake/metadata").iterdir()) == []
