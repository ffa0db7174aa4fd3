"""Runs that are killed at any moment: the plain command goes on to the same bytes."""

import fcntl
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress

import psutil
import pytest

from crash_tools import (
    CALL,
    CONFIG,
    TABLES,
    assert_finished_like,
    copy_without,
    differences,
    finished_project,
    jobs_of,
    tiny_project,
)
from workflow_tools import ROOT, hear_ctrl_c, planned_jobs, snakemake

# An undisturbed run prints about so many lines; the first ones come before any job.
LINES, FIRST_LINES = 800, 60
# Enough jobs for a warm process.
LAST_STEPS = ("cells/motion/at_eps2", "tables", "comparison")
LAST_JOBS = {"score_recognition": 3, "table_paper_a": 2, "compare_paper_a": 1}
ONE_DEFENCE = tuple(f"{kind}/motion/at_eps2" for kind in ("models", "predictions"))


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    return finished_project(tmp_path_factory)


def wait_for(condition, seconds=120):
    """Wait until there is something, and return it."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.005)
    return found


class Run:
    """A Snakemake call beside the test, at the head of a session of its own."""

    def __init__(self, project, *arguments):
        self.project, self.said = project, project.with_name(f"{time.time_ns()}.txt")
        with open(self.said, "wb") as file:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "snakemake", "-p", *arguments], cwd=project, stdout=file,
                stderr=subprocess.STDOUT, start_new_session=True, preexec_fn=hear_ctrl_c,
            )  # fmt: skip

    @property
    def output(self):
        return self.said.read_text(encoding="utf-8")

    def ended(self):
        return self.process.poll() is not None

    def end(self):
        """Its exit status, once it and all it started have ended."""
        status = self.process.wait(120)
        wait_for(lambda: not processes_in(self.project), 30)
        return status

    def children(self, word):
        """Children of Snakemake whose command has a word."""
        return [child for child in children(self.process.pid) if word in command(child)]

    def warm(self):
        """The warm process, if it runs."""
        return self.children("--warm-up")

    def stages(self):
        """Forks of the warm process; libraries may start other programs while they are imported."""
        found = [stage for warm in self.warm() for stage in children(warm.pid)]
        return [stage for stage in found if "--warm-up" in command(stage)]

    def jobs(self):
        """Launchers and stages."""
        return self.children("scripts/run.py") + self.stages()


def children(pid):
    with suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).children()
    return []


def command(process):
    with suppress(psutil.Error):
        return process.cmdline()
    return []


def processes_in(project):
    """All living processes whose working folder is the project."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if process.cwd() == str(project):
                found.append(process)
    return found


def kill_head(run, draw):
    run.process.kill()


def kill_everything(run, draw):
    for group in {os.getpgid(process.pid) for process in processes_in(run.project)}:
        os.killpg(group, signal.SIGKILL)


def press_ctrl_c(run, draw):
    os.killpg(run.process.pid, signal.SIGINT)


def terminate(run, draw):
    run.process.terminate()


def kill_jobs(run, draw):
    """Kill up to three launchers or stages, one after the other."""
    for _ in range(3):
        time.sleep(draw.uniform(0, 0.5))
        wait_for(lambda: run.jobs() or run.ended())
        with suppress(IndexError, psutil.NoSuchProcess):
            draw.choice(run.jobs()).kill()


WAYS = (kill_head, kill_jobs, kill_everything, press_ctrl_c, terminate)
LONG = [(2, (kill_head,) * 20), (3, (kill_jobs,) * 10), (4, WAYS[2:] * 5), (5, WAYS * 4)]


def disturb(run, way, lines, draw):
    """Kill a run soon after it has said so much, unless it has ended by then."""
    wait_for(lambda: run.output.count("\n") >= lines or run.ended())
    time.sleep(draw.uniform(0, 0.5))
    if not run.ended():
        way(run, draw)


@pytest.mark.parametrize(
    ("seed", "ways"),
    [
        (1, (kill_head, kill_jobs, kill_everything, terminate)),
        *(pytest.param(*each, marks=pytest.mark.long) for each in LONG),
    ],
    ids=lambda value: f"{len(value)} times" if isinstance(value, tuple) else None,
)
def test_plain_command_goes_on_to_the_same_bytes(finished, tmp_path, seed, ways):
    project, draw = tiny_project(tmp_path / "project"), random.Random(seed)
    for way in ways:
        run = Run(project, *CALL, *(["--keep-going"] if way is kill_jobs else []))
        disturb(run, way, draw.randrange(FIRST_LINES + 2 * LINES // len(ways)), draw)
        if run.end() == 0:
            assert_finished_like(project, finished)
            shutil.rmtree(project / "results")
    snakemake(project, *CALL)
    assert_finished_like(project, finished)


def test_killed_job_fails_the_run_and_leaves_no_output(finished, tmp_path):
    project = copy_without(finished, tmp_path / "project", *ONE_DEFENCE, *LAST_STEPS)
    run = Run(project, *CALL)
    stage, *_ = wait_for(run.stages)
    wait_for(lambda: stage.cpu_times().user > 0.05)  # before it takes the job, another start does
    stage.kill()
    assert run.end() == 1
    assert "Error in rule train_recognition_at:" in run.output
    assert not any((project / "results/models/motion/at_eps2").rglob("weights*"))
    snakemake(project, *CALL)
    assert_finished_like(project, finished)


def test_stages_of_a_killed_run_have_ended_when_the_next_one_starts_its_own(finished, tmp_path):
    project = copy_without(finished, tmp_path / "project", *ONE_DEFENCE, *LAST_STEPS)
    killed = Run(project, *CALL)
    stage, *_ = wait_for(killed.stages)
    stage.suspend()
    killed.process.kill()
    impatient = Run(project, *CALL)
    wait_for(lambda: impatient.stages() or impatient.ended())
    assert not stage.is_running()
    assert impatient.end() == 0
    assert_finished_like(project, finished)


def test_ctrl_c_ends_a_run_without_a_traceback(finished, tmp_path):
    project = copy_without(finished, tmp_path / "project", *ONE_DEFENCE, *LAST_STEPS)
    run = Run(project, *CALL)
    wait_for(run.stages)
    press_ctrl_c(run, None)
    assert run.end() != 0
    snakemake(project, *CALL)
    assert_finished_like(project, finished)
    assert "Traceback" not in run.output


def test_run_goes_on_without_its_warm_process(finished, tmp_path):
    project = copy_without(finished, tmp_path / "project", *LAST_STEPS)
    run = Run(project, *CALL)
    warm, *_ = wait_for(run.warm)
    warm.kill()
    if run.end() != 0:
        snakemake(project, *CALL)
    assert_finished_like(project, finished)


def test_second_run_is_refused_and_neither_it_nor_a_dry_run_harms_the_first(finished, tmp_path):
    project = copy_without(finished, tmp_path / "project", *LAST_STEPS)
    first = Run(project, *CALL)
    warm, *_ = wait_for(first.warm)
    warm.suspend()
    refused = snakemake(project, *CALL, check=False)
    assert refused.returncode == 1
    assert "Directory cannot be locked" in refused.stdout
    dry_run = snakemake(project, "-n", *TABLES, *CONFIG)
    assert planned_jobs(dry_run) == LAST_JOBS
    assert snakemake(project, *CALL, check=False).returncode == 1
    warm.resume()
    assert first.end() == 0
    assert_finished_like(project, finished)


def test_lock_from_another_machine_is_left_to_the_user(finished, tmp_path):
    project = copy_without(finished, tmp_path / "project", *LAST_STEPS)
    run = Run(project, *CALL)
    wait_for(run.warm)
    run.process.kill()
    run.end()
    (project / ".snakemake/running").write_text("elsewhere", encoding="utf-8")
    for _ in range(2):
        refused = snakemake(project, *CALL, check=False)
        assert refused.returncode == 1
        assert "--unlock" in refused.stdout
    snakemake(project, *CALL, "--unlock")
    snakemake(project, *CALL)
    assert_finished_like(project, finished)


HOLD = (
    "from framefault.workflow.resume import unlock_after_kill;"
    " unlock_after_kill(); print(1); input()"
)


def test_run_that_starts_while_another_one_looks_for_dead_locks_is_not_taken_for_dead(tmp_path):
    (tmp_path / ".snakemake").mkdir()
    environment = os.environ | {"PYTHONPATH": str(ROOT / "scripts")}
    with open(tmp_path / ".snakemake/running", "w") as looking:
        fcntl.flock(looking, fcntl.LOCK_EX)
        with subprocess.Popen(
            [sys.executable, "-c", HOLD], cwd=tmp_path, env=environment, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        ) as run:  # fmt: skip
            time.sleep(2)
            fcntl.flock(looking, fcntl.LOCK_UN)
            assert run.stdout.readline() == "1\n"
            with pytest.raises(BlockingIOError):
                fcntl.flock(looking, fcntl.LOCK_EX | fcntl.LOCK_NB)
            run.communicate("\n")


def test_decoder_that_is_killed_from_outside_is_no_damage_of_the_clip(finished, tmp_path):
    project = copy_without(finished, tmp_path / "project")
    job = next(job for job in jobs_of(project) if job.rule == "decode")
    for _ in range(3):
        for path in job.outputs:
            (project / path).unlink(missing_ok=True)
        if killed_decoder(project, job) == 0:
            assert differences(project, finished) == []
        else:
            assert not any((project / path).exists() for path in job.outputs)


def killed_decoder(project, job):
    """Exit status of a decoding job one of whose workers is killed."""
    stage = subprocess.Popen(["bash", "-c", f"exec {job.command}"], cwd=project)
    wait_for(lambda: children(stage.pid))[0].kill()
    return stage.wait(60)


@pytest.mark.long
def test_killed_training_goes_on_from_its_last_epoch(finished, tmp_path):
    target = "results/models/textures/none/seed0/weights.safetensors"
    whole, project = (
        copy_without(finished, tmp_path / name, "models/textures") for name in ("whole", "killed")
    )
    more = "recognition: {recipes: {pretrain: {epochs: 400}}}\n"
    for each in (whole, project):
        (each / "more.yaml").write_text(more, encoding="utf-8")
    call = ("-c2", target, *CONFIG, "more.yaml")
    snakemake(whole, *call)
    checkpoint = project / "results/checkpoints/textures/none/seed0.pt"

    def saved():
        return checkpoint.exists() and checkpoint.stat().st_mtime_ns

    for _ in range(3):
        before = saved()
        run = Run(project, *call)
        wait_for(lambda before=before: saved() != before)
        kill_everything(run, None)
        run.end()
    snakemake(project, *call)
    log = project / "results/logs/train/textures/none/seed0.log"
    assert "resumed after epoch" in log.read_text(encoding="utf-8")
    assert differences(project, whole) == []


@pytest.mark.skipif(not shutil.which("squeue"), reason="needs SLURM's commands")
def test_a_small_run_on_this_machine_is_none_of_slurms(tmp_path):
    run = Run(tiny_project(tmp_path / "project"), "-c1", "results/raw/motion", *CONFIG)
    wait_for(lambda: "localrule" in run.output or "rule generate_motion:" in run.output)
    run.process.terminate()
    run.end()
    assert "SLURM" not in run.output
