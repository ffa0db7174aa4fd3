"""Asking SLURM for the jobs of a killed run, with a squeue that answers as the test says."""

import os
import signal
import subprocess
import sys
import time

import pytest

from framefault.errors import UserError
from framefault.workflow import cluster
from workflow_tools import ROOT

RUN = "0a1b2c3d-1111-2222-3333-0123456789ab"
HEADER = "echo JOBID USER NAME WORK_DIR"
DOWN = "echo 'slurm_load_jobs error: Unable to contact slurm controller' >&2; exit 1"


@pytest.fixture
def squeue(tmp_path, monkeypatch):
    """Put a shell script in the place of squeue; it knows as $asked how often it was asked."""
    folder, programs = tmp_path / "run", tmp_path / "programs"
    (folder / ".snakemake").mkdir(parents=True)
    programs.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("PATH", str(programs), prepend=os.pathsep)
    monkeypatch.setattr(cluster, "PAUSES", (0.01, 0.01, 0.01))
    monkeypatch.setattr(cluster, "POLL", 0.01)
    count = tmp_path / "asked"

    def answers(script):
        program = programs / "squeue"
        program.write_text(f"#!/bin/sh\necho $* >> {count}\nasked=$(wc -l < {count})\n{script}\n")
        program.chmod(0o755)
        return lambda: count.read_text().splitlines() if count.exists() else []

    return answers


def job(number, user="me", name=RUN, folder="$PWD"):
    return f'echo "{number} {user} {name} {folder}"'


def test_jobs_of_this_folder_are_found_whoever_submitted_them(squeue):
    squeue("\n".join([
        HEADER, job(1), job("2_7", "anna"), job(3, name="training"), job(4, name="two words"),
        job(5, folder="/else where"), job(6, name=RUN + "x"), job(7, folder="$PWD/below"),
    ]))  # fmt: skip
    assert cluster.jobs_in_slurm() == {"1": "me", "2_7": "anna"}


def test_an_empty_list_is_an_answer(squeue):
    asked = squeue(HEADER)
    assert cluster.jobs_in_slurm() == {}
    assert len(asked()) == 1


def test_what_the_user_prefers_to_see_hides_no_job(squeue, monkeypatch):
    monkeypatch.setenv("SQUEUE_STATES", "PENDING")
    squeue(f'{HEADER}\n[ -n "$SQUEUE_STATES" ] || {job(1)}')
    assert list(cluster.jobs_in_slurm()) == ["1"]


@pytest.mark.parametrize(
    "failure", [DOWN, "kill -9 $$", "exec sleep 60", "echo slurm is being serviced", "true"]
)
def test_a_failed_answer_is_asked_for_again(squeue, monkeypatch, failure):
    monkeypatch.setattr(cluster, "TIMEOUT", 0.5)
    asked = squeue(f"[ $asked -gt 2 ] || {{ {failure}; exit; }}\n{HEADER}\n{job(1)}")
    assert list(cluster.jobs_in_slurm()) == ["1"]
    assert len(asked()) == 3


@pytest.mark.parametrize(
    ("failure", "said"),
    [
        (DOWN, "squeue: slurm_load_jobs error: Unable to contact slurm controller"),
        (f"{job(1)}; exit 3", "squeue: exit status 3"),
        ("exec sleep 60", "squeue: no answer in 0.3 s"),
        (r"printf '\377\200 nonsense'", "squeue: an answer that is no list of jobs"),
        ("true", "squeue: an answer that is no list of jobs"),
    ],
)
def test_no_answer_is_one_sentence_and_never_no_jobs(squeue, monkeypatch, failure, said):
    monkeypatch.setattr(cluster, "TIMEOUT", 0.3)
    asked = squeue(failure)
    start = time.monotonic()
    with pytest.raises(UserError, match="give the same command again when `squeue` answers") as no:
        cluster.wait_for_cluster(submits=True)
    assert said in str(no.value)
    assert len(asked()) == 4
    assert time.monotonic() - start < 10


def test_waits_until_all_jobs_have_ended_and_over_failures(squeue, capfd):
    asked = squeue(f"""
        [ $asked = 3 ] && {{ {DOWN}; }}
        {HEADER}; [ $asked -gt 4 ] || {job(1, "anna")}; [ $asked -gt 1 ] || {job(2, "bert")}
    """)
    cluster.wait_for_cluster(submits=True)
    assert "left 2 jobs in SLURM. Waiting; `scancel 1 2` by anna and bert" in (
        capfd.readouterr().out
    )
    first, *others = asked()
    assert "--user" not in first
    assert len(others) == 4
    assert all("--user=anna,bert" in each for each in others)


def test_only_a_folder_that_was_run_on_a_cluster_asks(squeue):
    asked = squeue(DOWN)
    cluster.wait_for_cluster(submits=False)
    assert not asked()
    squeue(HEADER)
    cluster.wait_for_cluster(submits=True)
    squeue(DOWN)
    with pytest.raises(UserError, match=f"remove {cluster.SUBMITTED}"):
        cluster.wait_for_cluster(submits=False)
    squeue(HEADER)
    cluster.wait_for_cluster(submits=False)
    before = len(asked())
    cluster.wait_for_cluster(submits=False)
    assert len(asked()) == before


SEE = "For further error details see the cluster/cloud log and the log files of the rule(s)."


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (f"SLURM-job '12' failed, SLURM status is: 'CANCELLED'. Detailed … unavailable.{SEE}",
         "SLURM's job 12 was cancelled (CANCELLED)."),
        ("SLURM-job '3_4' failed due to a node failure, SLURM status is: 'NODE_FAIL'. Failed …",
         "SLURM's job 3_4 lost its node (NODE_FAIL)."),
        ("SLURM-job '5' failed, SLURM status is: 'BOOT_FAIL'.",
         "SLURM's job 5 failed (BOOT_FAIL)."),
        ("SLURM sbatch failed. The error message was 'sbatch: error: AssocMaxSubmitJobLimit\n"
         "sbatch: error: It's over'.\n    sbatch call:\n        sbatch …\n" + SEE,
         "SLURM did not take the job: AssocMaxSubmitJobLimit; It's over."),
        (f"The given account anna appears to be invalid.{SEE}",
         "The given account anna appears to be invalid."),
        (SEE, None),
        (None, None),
    ],
)  # fmt: skip
def test_why_a_job_failed(said, sentence):
    why = cluster.why_failed(said)
    assert (why and why.splitlines()[0]) == sentence


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "nohup"),
    [(signal.SIGTERM, False), (signal.SIGHUP, False), (signal.SIGHUP, True)],
)
def test_signals_end_a_run_at_once_with_a_sentence(squeue, number, nohup):
    squeue(HEADER)
    script = (
        "import signal, sys, time\n"
        "from framefault.workflow.cluster import leave_jobs_behind\n"
        f"signal.signal(signal.SIGHUP, signal.SIG_{'IGN' if nohup else 'DFL'})\n"
        "leave_jobs_behind(None)\n"
        "print('ready', flush=True)\n"
        f"time.sleep(1 if {nohup} else 60)\n"
    )
    environment = os.environ | {"PYTHONPATH": str(ROOT / "scripts")}
    run = subprocess.Popen(
        [sys.executable, "-c", script], env=environment, stdout=subprocess.PIPE, text=True
    )
    assert run.stdout.readline() == "ready\n"
    run.send_signal(number)
    said, _ = run.communicate(timeout=30)
    assert run.returncode == (0 if nohup else -number)
    assert said == ("" if nohup else f"{number.name}: {cluster.LEFT}\n")
