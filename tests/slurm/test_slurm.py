"""The workflow on real SLURM daemons, by the profile that users get."""

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from cluster import Cluster, missing, wait_for
from workflow_tools import copy_project, hear_ctrl_c, snakemake

pytestmark = pytest.mark.skipif(missing() is not None, reason=str(missing()))

HERE = Path(__file__).parent
# A stage that is at work until the test lets it end, and one that lacks something.
SLOW = """
import time
from pathlib import Path
from framefault.workflow.job import stage


@stage
def main(job):
    while not Path("results/go").exists():
        time.sleep(0.1)
    job.output.made.write_text("made")
"""
PART = """
from pathlib import Path
from framefault.errors import UserError
from framefault.workflow.job import stage


@stage
def main(job):
    if job.wildcards.number == "2" and not Path("results/mended").exists():
        raise UserError("Part 2 lacks results/mended; put it there.")
    job.output.made.write_text("made")
"""
TABLE = "results/tables/table1.csv"
# Looked at more often than on a real cluster; the rest is the profile as it is.
PROFILE = (
    "--profile", "slurm", "--snakefile", "faults.smk",
    "--slurm-init-seconds-before-status-checks", "4",
)  # fmt: skip
TINY = ("--configfile", "tiny.yaml")
LONGER = (*TINY, "--config", "recognition={recipes: {finetune: {epochs: 60}}}")
MODELS = {"none": "none", "at_eps2": "at"}
SHARD = "00000-of-00001"
CLIPS = f"results/clips/motion/train/{SHARD}.zip"
DECODED = [
    f"results/decoded/motion/{condition}/seed0/{SHARD}.frames"
    for condition in ("train/random/0.0001", "test/random/0.0001", "test/contiguous/0.5")
]
ON_GPU = (*TINY, "--config", "compute={gpus: 1}")


@pytest.fixture(scope="session")
def cluster(tmp_path_factory):
    with Cluster(tmp_path_factory.mktemp("slurm") / "cluster") as running:
        yield running


@pytest.fixture
def project(tmp_path):
    """A clone; runs in it that a failed test has left under way end with it."""
    yield (made := new_project(tmp_path))
    for process in psutil.process_iter(["cwd"]):
        if process.info["cwd"] == str(made):
            process.kill()


@pytest.fixture
def laptop(tmp_path):
    """The same workflow, to be run without a cluster."""
    return copy_project(Path(shutil.copytree(HERE.parent / "workflow", tmp_path / "laptop")))


def new_project(folder):
    project = copy_project(Path(shutil.copytree(HERE.parent / "workflow", folder / "project")))
    shutil.copy(HERE / "faults.smk", project)
    (project / "scripts/slow.py").write_text(SLOW)
    (project / "scripts/part.py").write_text(PART)
    return project


@pytest.fixture(scope="session")
def whole_run(cluster, tmp_path_factory):
    """The workflow to its tables by the profile, from the start on beside the other tests."""
    project = new_project(tmp_path_factory.mktemp("whole"))
    run = start(project, TABLE, *ON_GPU)
    yield project, run
    run.kill()


def start(project, *arguments, by=(), **options):
    """A run under way, in a process group of its own as a terminal would give it.

    `by` is a command that starts it, and `options` those of Popen.
    """
    command = [*by, sys.executable, "-m", "snakemake", *PROFILE, *arguments]
    with open(project / "said", "w", encoding="utf-8") as file:
        return subprocess.Popen(
            command, cwd=project, stdout=file, stderr=subprocess.STDOUT, start_new_session=True,
            preexec_fn=hear_ctrl_c, **options,
        )  # fmt: skip


def said(project):
    return (project / "said").read_text()


def lines(path):
    return path.read_text().split() if path.is_file() else []


def targets(*names):
    return [f"results/faults/{name}" for name in names]


@pytest.mark.usefixtures("whole_run")
def test_whatever_ends_a_job_is_told_and_only_what_is_not_made_is_made_again(cluster, project):
    on_gpus, parts = ("sees_gpu", "sees_gres"), ("part_1.txt", "part_2.txt", "part_3.txt")
    limited = ("too_long", "crowded_1", "crowded_2")
    wanted = targets("needs_more", "slow_1.txt", *limited, *on_gpus, *parts)
    started, attempts = project / "results/started", project / "results/attempts"
    run = start(project, *wanted, *TINY)
    wait_for(lambda: len(lines(started)) == 1, 120)
    cluster.call("scancel", cluster.job(project, "slow_wildcards_1"))
    wait_for(lambda: len(lines(started)) == 2, 90)
    node = cluster.node_of(cluster.job(project, "slow_wildcards_1"))
    cluster.call("scontrol", "update", f"NodeName={node}", "State=DOWN", "Reason=lost")
    wait_for(lambda: len(lines(attempts)) == 4, 120)
    late = cluster.job(project, "needs_more")
    cluster.call("scontrol", "update", f"JobId={late}", "EndTime=now")
    (project / "results/go").touch()
    assert run.wait(timeout=200) == 1, said(project)
    at_once, end = said(project).split("\n\nFailed: ", 1)
    assert re.search(r"^\d of 10 jobs, \d+ submitted, \d of them running", at_once, re.MULTILINE)
    for job, what in (
        ("needs_more of results/faults/needs_more", r"\w[\w ]+ \((FAILED|OUT_OF_MEMORY)\)"),
        ("needs_more of results/faults/needs_more", r"reached its time limit \(TIMEOUT\)"),
        ("slow of results/faults/slow_1.txt", r"was cancelled \(CANCELLED\)"),
        ("slow of results/faults/slow_1.txt", r"lost its node \(NODE_FAIL\)"),
    ):
        assert re.search(rf"^Failed: {job}: SLURM's job \d+ {what}\.$", at_once, re.MULTILINE), what
        assert job not in end
    assert "part of results/faults/part_2.txt\nframefault: Part 2 lacks results/mended;" in end
    assert end.count("part of results/") == 1
    refused = r"Failed: \w+ of results/faults/(\w+)\nSLURM did not take the job: (.+)"
    (crowded, why), (too_long, why_not) = sorted(re.findall(refused, f"Failed: {end}"))
    assert crowded in limited and too_long == "too_long"
    assert "QOSMaxSubmitJobPerUserLimit" in why and "Requested time limit is invalid" in why_not
    assert "sbatch call" not in said(project) and "Traceback" not in said(project)
    assert "\nStopped after 5 of 10 jobs.\n" in end
    assert lines(attempts) == ["1000", "1", "2000", "2", "3000", "3"]
    assert sorted(lines(project / "results/parts")) == ["1", "2", "2", "2", "3"]
    for name in on_gpus:
        devices, of = (project / "results/faults" / name).read_text().split()
        assert devices in ("0", "1")
        assert of.startswith("gpu")
    cluster.call("scontrol", "update", "PartitionName=short", "MaxTime=60")
    (project / "results/mended").touch()
    again = snakemake(project, *wanted, *PROFILE, *TINY)
    assert "Done: 3 jobs in " in again.stdout
    assert sorted(lines(project / "results/parts")) == ["1", "2", "2", "2", "2", "3"]
    assert len(lines(started)) == 3


def test_interrupt_cancels_the_jobs(cluster, project):
    run = start(project, *targets("slow_1.txt"), *TINY)
    wait_for(lambda: lines(project / "results/started"), 90)
    os.killpg(run.pid, signal.SIGINT)
    assert run.wait(timeout=60) != 0
    wait_for(lambda: not cluster.jobs(project), 30)
    assert not (project / "results/faults/slow_1.txt").exists()


def test_killed_run_is_resumed_by_the_same_command_without_second_copies(cluster, project):
    call = (*targets("slow_0.txt", "slow_1.txt"), *TINY)
    run = start(project, *call)
    wait_for(lambda: len(lines(project / "results/started")) == 2, 120)
    run.kill()
    run.wait()
    assert len(cluster.jobs(project, "RUNNING")) == 2
    run = start(project, *call)
    wait_for(lambda: "left 2 jobs in SLURM. Waiting; `scancel" in said(project), 60)
    (project / "results/go").touch()
    assert run.wait(timeout=60) == 0
    assert sorted(lines(project / "results/started")) == ["0", "1"]
    assert "Nothing to be done" in snakemake(project, *call, *PROFILE).stdout


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("slurm_partition=nowhere", "invalid partition"),
        ("slurm_account=nobody", "account nobody appears to be invalid"),
    ],
)
def test_wrong_partition_or_account_is_told(cluster, project, setting, message):
    wrong = ("--default-resources", "slurm_partition=cpu", "mem_mb=1000", setting, "--retries", "0")
    done = snakemake(project, *targets("misplaced"), *PROFILE, *TINY, *wrong, check=False)
    assert done.returncode != 0
    assert message in done.stdout
    assert "Traceback" not in done.stdout


def test_status_may_come_from_accounting(cluster, project):
    by_accounting = ("--slurm-status-command", "sacct", "--slurm-efficiency-report")
    run = start(project, *targets("slow_1.txt"), *TINY, *by_accounting)
    wait_for(lambda: lines(project / "results/started"), 90)
    cancelled = cluster.job(project, "slow_wildcards_1")
    cluster.call("scancel", cancelled)
    (project / "results/go").touch()
    assert run.wait(timeout=90) == 0, said(project)
    assert f"SLURM's job {cancelled} was cancelled (CANCELLED)." in said(project)
    assert list(project.rglob("efficiency_report*"))


def test_tables_are_the_same_bytes_as_on_a_laptop(cluster, whole_run, laptop):
    snakemake(laptop, "-c2", TABLE, *ON_GPU)
    project, run = whole_run
    assert run.wait(timeout=400) == 0, said(project)
    jobs = cluster.history(project)
    assert {job["JobState"] for job in jobs} == {"COMPLETED"}
    assert 8 <= len(jobs) <= 14, "short jobs share SLURM jobs"
    on_gpus = [job for job in jobs if job["Partition"] == "gpu"]
    assert len(on_gpus) >= 7
    assert all(job["NodeList"].startswith("gpu") for job in on_gpus)
    assert_same_bytes(project, laptop, "corrupted", "models", "predictions", "cells", "tables")
    assert list((project / "results/logs/slurm").rglob("*.log"))


def assert_same_bytes(project, laptop, *kinds):
    for kind in kinds:
        ours = [path for path in (laptop / "results" / kind).rglob("*") if path.is_file()]
        assert ours
        for path in ours:
            name = path.relative_to(laptop)
            assert (project / name).read_bytes() == path.read_bytes(), name


@pytest.mark.long
def test_trainings_go_on_from_their_checkpoints_and_a_group_from_its_parts(
    cluster, project, laptop
):
    weights = [f"results/models/motion/{name}/seed0/weights.safetensors" for name in MODELS]
    snakemake(laptop, "-c2", *weights, *DECODED, *LONGER)
    run = start(project, *weights, *LONGER)
    late, lost = (stopped_training(cluster, project, *each) for each in MODELS.items())
    cluster.call("scontrol", "update", f"JobId={late}", "EndTime=now")
    wait_for(lambda: late in cluster.jobs(project, "TIMEOUT"), 60)
    cluster.lose(node := cluster.node_of(lost))
    try:
        assert run.wait(timeout=300) == 0, said(project)
    finally:
        cluster.start_node(node)
    assert f"SLURM's job {late} reached its time limit (TIMEOUT)." in said(project)
    assert f"SLURM's job {lost} lost its node (NODE_FAIL)." in said(project)
    for name in MODELS:
        log = project / f"results/logs/train/motion/{name}/seed0.log"
        assert re.search(r"resumed after epoch \d+\n", log.read_text())
    clips = project / CLIPS
    whole = clips.read_bytes()
    clips.write_bytes(whole[:5000] + bytes([whole[5000] ^ 255]) + whole[5001:])
    call = (*DECODED, *LONGER, *PROFILE)
    failed = snakemake(project, *call, "--retries", "0", check=False)
    assert failed.returncode == 1
    assert f"\nframefault: {CLIPS} is damaged (" in failed.stdout
    assert failed.stdout.count("Failed: ") == 2  # at once, and at the end
    clips.unlink()
    assert "Done: 4 jobs in" in snakemake(project, *call).stdout
    assert_same_bytes(project, laptop, "models", "corrupted", "decoded")


def stopped_training(cluster, project, model, family):
    """Wait until a training has a checkpoint, and stop its process there; returns its job."""
    wait_for((project / f"results/checkpoints/motion/{model}/seed0.pt").exists, 180)
    for process in psutil.process_iter(["cmdline", "cwd"]):
        command = process.info["cmdline"] or []
        if process.info["cwd"] == str(project) and f"train_recognition_{family}" in command[2:3]:
            process.suspend()
    return cluster.job(project, f"train_recognition_{family}_wildcards_motion_{model}_0")


@pytest.mark.long
def test_end_of_login_node_connection_or_controller_leaves_the_jobs_to_the_next_run(
    cluster, project
):
    call = (*targets("slow_0.txt", "slow_1.txt"), *TINY, "--jobs", "1")
    go, started = project / "results/go", project / "results/started"
    for number, way in enumerate((signal.SIGHUP, signal.SIGTERM), 1):
        run = start(project, *call)
        if number == 2:
            wait_for(lambda: "left 1 job in SLURM. Waiting; `scancel" in said(project), 60)
            go.touch()
        wait_for(lambda count=number: len(lines(started)) == count, 120)
        go.unlink(missing_ok=True)
        os.kill(run.pid, way)
        assert run.wait(timeout=30) == -way
        assert len(cluster.jobs(project, "RUNNING")) == 1
        *_, left, empty, stopped, _, command = said(project).splitlines()
        assert left.startswith(f"{way.name}: jobs that SLURM has go on; the same command waits")
        assert (empty, stopped) == ("", f"Stopped after 0 of {3 - number} jobs.")
        assert command.startswith("  to go on from here: snakemake --profile slurm")
    cluster.stop_controller()
    refused = snakemake(project, *PROFILE, *call, check=False)
    assert refused.returncode == 1
    assert "\nError: SLURM does not say which jobs of this folder are still" in refused.stdout
    assert "Traceback" not in refused.stdout
    cluster.start_controller()
    run = start(project, *call)
    wait_for(lambda: "left 1 job in SLURM. Waiting; `scancel" in said(project), 60)
    go.touch()
    assert run.wait(timeout=60) == 0, said(project)
    assert sorted(lines(started)) == ["0", "1"]
    assert "Nothing to be done" in snakemake(project, *PROFILE, *call).stdout


# Who may read all that root may, as the Python of the tests, and write only what is for everybody.
NOBODY = (
    "setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups",
    "--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search",
)  # fmt: skip


@pytest.mark.long
@pytest.mark.skipif(not shutil.which("setpriv"), reason="no setpriv")
def test_another_user_is_refused_in_a_sentence_or_waits_for_the_jobs_of_the_first(
    cluster, project, tmp_path
):
    def permit(mode):
        subprocess.run(["chmod", "-R", mode, project], check=True)

    def go_on():
        own = {"HOME": home, "XDG_CACHE_HOME": home, "LOGNAME": "nobody"}
        return start(project, *call, by=NOBODY, umask=0, env=os.environ | own)

    (home := tmp_path / "home").mkdir()
    home.chmod(0o777)
    call = (*targets("slow_0.txt"), *TINY)
    run = start(project, *call, umask=0)
    wait_for(lambda: lines(project / "results/started"), 90)
    (job,) = cluster.jobs(project)
    run.kill()
    run.wait()
    permit("go-w")
    assert go_on().wait(timeout=60) == 1
    assert f"\nCannot write into {project} (Permission denied)" in said(project)
    assert "Traceback" not in said(project)
    permit("a+rwX")
    run = go_on()
    wait_for(lambda: f"Waiting; `scancel {job}` by root gives them up." in said(project), 60)
    (project / "results/go").touch()
    assert run.wait(timeout=60) == 0, said(project)
    assert lines(project / "results/started") == ["0"]
