"""The workflow on real SLURM daemons, by the profile that users get."""

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cluster import Cluster, missing, wait_for
from workflow_tools import copy_project, hear_ctrl_c, snakemake

pytestmark = pytest.mark.skipif(missing() is not None, reason=str(missing()))

HERE = Path(__file__).parent
# A stage that takes long enough for something to happen to it.
SLOW = """
import time
from framefault.workflow.job import stage


@stage
def main(job):
    time.sleep(20)
    job.output.made.write_text("made")
"""
TABLE = "results/tables/table1.csv"
# Faster polling than on a real cluster; the rest is the profile as it is.
PROFILE = ("--profile", "slurm", "--slurm-init-seconds-before-status-checks", "4")
TINY = ("--configfile", "tiny.yaml", "--config", "compute={gpus: 1}")
FAULTS = ("--snakefile", "faults.smk", "--configfile", "tiny.yaml")


@pytest.fixture(scope="session")
def cluster(tmp_path_factory):
    with Cluster(tmp_path_factory.mktemp("slurm") / "cluster") as running:
        yield running


@pytest.fixture
def project(tmp_path):
    return new_project(tmp_path)


def new_project(folder):
    project = copy_project(Path(shutil.copytree(HERE.parent / "workflow", folder / "project")))
    shutil.copy(HERE / "faults.smk", project)
    (project / "scripts/slow.py").write_text(SLOW)
    return project


@pytest.fixture(scope="session", autouse=True)
def whole_run(cluster, tmp_path_factory):
    """The workflow to its tables by the profile, from the start on beside the other tests."""
    project = new_project(tmp_path_factory.mktemp("whole"))
    run = start(project, TABLE, *TINY)
    yield project, run
    run.kill()


def start(project, *arguments):
    """A run under way, in a process group of its own as a terminal would give it."""
    command = [sys.executable, "-m", "snakemake", *PROFILE, *arguments]
    with open(project / "said", "w", encoding="utf-8") as said:
        return subprocess.Popen(
            command, cwd=project, stdout=said, stderr=subprocess.STDOUT, start_new_session=True,
            preexec_fn=hear_ctrl_c,
        )  # fmt: skip


def lines(path):
    return path.read_text().split() if path.is_file() else []


def test_faulty_jobs_are_tried_again_with_more_and_gpu_jobs_see_their_gpu(cluster, project):
    faults = ("fails_twice", "needs_memory", "needs_time")
    by_both_spellings = ("sees_gpu", "sees_gres")
    done = snakemake(project, *targets(*faults, *by_both_spellings), *PROFILE, *FAULTS)
    assert re.search(r"^\d of 5 jobs, \d submitted, \d of them running", done.stdout, re.MULTILINE)
    assert "Failed: fails_twice of results/faults/fails_twice" in done.stdout
    assert re.search(r"^Done: 5 jobs in \d", done.stdout, re.MULTILINE)
    assert lines(project / "results/attempts") == ["1000", "2000", "3000"]
    states = [job["JobState"] for job in cluster.history(project)]
    assert states.count("COMPLETED") == len(faults + by_both_spellings)
    assert states.count("FAILED") >= 3
    assert "TIMEOUT" in states
    for name in by_both_spellings:
        devices, node = (project / "results/faults" / name).read_text().split()
        assert devices in ("0", "1")
        assert node.startswith("gpu")


def targets(*names):
    return [f"results/faults/{name}" for name in names]


def test_interrupt_cancels_the_jobs(cluster, project):
    run = start(project, *targets("slow_1.txt"), *FAULTS)
    wait_for(lambda: lines(project / "results/started"), 90)
    os.killpg(run.pid, signal.SIGINT)
    assert run.wait(timeout=60) != 0
    wait_for(lambda: not cluster.jobs(project), 30)
    assert not (project / "results/faults/slow_1.txt").exists()


def test_killed_run_is_resumed_by_the_same_command_without_second_copies(cluster, project):
    slow = targets("slow_0.txt", "slow_1.txt", "slow_2.txt")
    run = start(project, *slow, *FAULTS)
    wait_for(lambda: len(lines(project / "results/started")) == 3, 120)
    run.kill()
    run.wait()
    assert len(cluster.jobs(project, "RUNNING")) == 3
    done = snakemake(project, *slow, *PROFILE, *FAULTS)
    assert "left 3 jobs in SLURM. Waiting for them" in done.stdout
    assert sorted(lines(project / "results/started")) == ["0", "1", "2"]
    assert "Nothing to be done" in snakemake(project, *slow, *PROFILE, *FAULTS).stdout


def test_lost_node_does_not_lose_the_run(cluster, project):
    run = start(project, *targets("slow_7.txt"), *FAULTS)
    wait_for(lambda: lines(project / "results/started"), 90)
    (job,) = cluster.jobs(project, "RUNNING")
    node = cluster.node_of(job)
    cluster.kill(node)
    try:
        assert run.wait(timeout=240) == 0, (project / "said").read_text()
    finally:
        cluster.start_node(node)
    assert (project / "results/faults/slow_7.txt").exists()


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("slurm_partition=nowhere", "invalid partition"),
        ("slurm_account=nobody", "account nobody appears to be invalid"),
    ],
)
def test_wrong_partition_or_account_is_told(project, setting, message):
    wrong = ("--default-resources", "slurm_partition=cpu", "mem_mb=1000", setting, "--retries", "0")
    done = snakemake(project, *targets("misplaced"), *PROFILE, *FAULTS, *wrong, check=False)
    assert done.returncode != 0
    assert message in done.stdout
    assert "Traceback" not in done.stdout


def test_status_may_come_from_accounting(project):
    by_accounting = ("--slurm-status-command", "sacct", "--slurm-efficiency-report")
    snakemake(project, *targets("misplaced"), *PROFILE, *FAULTS, *by_accounting)
    assert (project / "results/faults/misplaced").exists()
    assert list(project.rglob("efficiency_report*"))


def test_tables_are_the_same_bytes_as_on_a_laptop(cluster, whole_run, tmp_path):
    here = copy_project(Path(shutil.copytree(HERE.parent / "workflow", tmp_path / "here")))
    snakemake(here, "-c2", TABLE, *TINY)
    project, run = whole_run
    assert run.wait(timeout=400) == 0, (project / "said").read_text()
    jobs = cluster.history(project)
    assert {job["JobState"] for job in jobs} == {"COMPLETED"}
    assert 8 <= len(jobs) <= 14, "short jobs share SLURM jobs"
    on_gpus = [job for job in jobs if job["Partition"] == "gpu"]
    assert len(on_gpus) >= 7
    assert all(job["NodeList"].startswith("gpu") for job in on_gpus)
    for kind in ("corrupted", "models", "predictions", "cells", "tables"):
        ours = {p.relative_to(here): p for p in (here / "results" / kind).rglob("*") if p.is_file()}
        assert ours
        for name, path in ours.items():
            assert (project / name).read_bytes() == path.read_bytes(), name
    assert list((project / "results/logs/slurm").rglob("*.log"))
