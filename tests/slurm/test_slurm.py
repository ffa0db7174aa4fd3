"""The workflow on real SLURM daemons, by the profile that users get."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cluster import Cluster, missing, wait_for
from workflow_tools import copy_project, snakemake

pytestmark = pytest.mark.skipif(missing() is not None, reason=str(missing()))

HERE = Path(__file__).parent
# A stage that takes long enough for something to happen to it.
SLOW = """
import time
from framefault.cli import Output, stage


@stage(made=Output)
def main(args):
    time.sleep(20)
    args.made.write_text("made")


main()
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
    (tmp_path / "project").mkdir()
    copy_project(tmp_path / "project")
    shutil.copy(HERE.parent / "workflow/tiny.yaml", tmp_path / "project")
    shutil.copy(HERE / "faults.smk", tmp_path / "project")
    (tmp_path / "project/scripts/slow.py").write_text(SLOW)
    return tmp_path / "project"


def start(project, *arguments):
    """A run under way, in a process group of its own as a terminal would give it."""
    command = [sys.executable, "-m", "snakemake", *PROFILE, *arguments]
    with open(project / "said", "w", encoding="utf-8") as said:
        return subprocess.Popen(
            command, cwd=project, stdout=said, stderr=subprocess.STDOUT, start_new_session=True
        )


def lines(path):
    return path.read_text().split() if path.is_file() else []


def since(cluster, before):
    return cluster.history()[len(before) :]


def test_tables_are_the_same_bytes_as_on_a_laptop(cluster, project, tmp_path):
    before = cluster.history()
    snakemake(project, TABLE, *PROFILE, *TINY)
    jobs = since(cluster, before)
    assert {job["JobState"] for job in jobs} == {"COMPLETED"}
    assert 8 <= len(jobs) <= 14, "short jobs share SLURM jobs"
    on_gpus = [job for job in jobs if job["Partition"] == "gpu"]
    assert len(on_gpus) >= 7
    assert all(job["NodeList"].startswith("gpu") for job in on_gpus)
    here = copy_project(Path(shutil.copytree(HERE.parent / "workflow", tmp_path / "here")))
    snakemake(here, "-c2", TABLE, *TINY)
    for kind in ("corrupted", "models", "predictions", "cells", "tables"):
        ours = {p.relative_to(here): p for p in (here / "results" / kind).rglob("*") if p.is_file()}
        assert ours
        for name, path in ours.items():
            assert (project / name).read_bytes() == path.read_bytes(), name
    assert list((project / "results/logs/slurm").rglob("*.log"))


def test_gpu_jobs_see_their_gpu_by_both_spellings(cluster, project):
    targets = ("results/faults/sees_gpu", "results/faults/sees_gres")
    snakemake(project, *targets, *PROFILE, *FAULTS)
    for target in targets:
        devices, node = (project / target).read_text().split()
        assert devices in ("0", "1")
        assert node.startswith("gpu")


def test_failing_jobs_are_tried_again_with_more(cluster, project):
    before = cluster.history()
    targets = [f"results/faults/{name}" for name in ("fails_twice", "needs_memory", "needs_time")]
    snakemake(project, *targets, *PROFILE, *FAULTS)
    assert lines(project / "results/attempts") == ["1000", "2000", "3000"]
    states = [job["JobState"] for job in since(cluster, before)]
    assert states.count("COMPLETED") == 3
    assert "TIMEOUT" in states


def test_interrupt_cancels_the_jobs(cluster, project):
    run = start(project, "results/faults/slow_1.txt", *FAULTS)
    wait_for(lambda: lines(project / "results/started"), 60)
    os.killpg(run.pid, signal.SIGINT)
    assert run.wait(timeout=60) != 0
    wait_for(lambda: not cluster.jobs(), 30)
    assert not (project / "results/faults/slow_1.txt").exists()


def test_killed_run_is_resumed_by_the_same_command_without_second_copies(cluster, project):
    targets = [f"results/faults/slow_{number}.txt" for number in range(3)]
    run = start(project, *targets, *FAULTS)
    wait_for(lambda: len(lines(project / "results/started")) == 3, 90)
    run.kill()
    run.wait()
    assert len(cluster.jobs("RUNNING")) == 3
    done = snakemake(project, *targets, *PROFILE, *FAULTS)
    assert "left 3 jobs in SLURM. Waiting for them" in done.stdout
    assert sorted(lines(project / "results/started")) == ["0", "1", "2"]
    assert "Nothing to be done" in snakemake(project, *targets, *PROFILE, *FAULTS).stdout


def test_lost_node_does_not_lose_the_run(cluster, project):
    run = start(project, "results/faults/slow_7.txt", *FAULTS)
    wait_for(lambda: lines(project / "results/started"), 60)
    (job,) = cluster.jobs("RUNNING")
    node = cluster.facts(job)["NodeList"]
    cluster.kill(node)
    try:
        assert run.wait(timeout=200) == 0, (project / "said").read_text()
    finally:
        cluster.start_node(node)
    assert (project / "results/faults/slow_7.txt").exists()


@pytest.mark.parametrize("target", [TABLE])
def test_wrong_partition_is_told_in_slurms_own_words(cluster, project, target):
    wrong = ("--default-resources", "slurm_partition=nowhere", "mem_mb=1000", "--retries", "0")
    done = snakemake(project, "results/faults/slow_1.txt", *PROFILE, *FAULTS, *wrong, check=False)
    assert done.returncode != 0
    assert "invalid partition" in done.stdout
    assert "Traceback" not in done.stdout
