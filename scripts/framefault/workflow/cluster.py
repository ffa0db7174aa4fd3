"""A run as a SLURM cluster sees it."""

import getpass
import os
import re
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

from framefault.errors import UserError
from framefault.workflow import snakemake_private as snakemake

# Is there from a run's start on a cluster until it is known that none of its jobs is left.
SUBMITTED = Path(".snakemake/submitted_to_cluster")
# Snakemake names all jobs of a run by one UUID.
JOB = re.compile(r"(\S+) (\S+) [0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12} (.*)")
HEADER = "JOBID USER NAME"
TIMEOUT = 30  # seconds for one answer
PAUSES = (1, 3, 6, 12)  # seconds between tries
POLL = 5
LEFT = "jobs that SLURM has go on; the same command waits for them, and goes on from there."
# What Snakemake's SLURM plugin says of a job that SLURM ended, and of one that it did not take.
ENDED = re.compile(r"SLURM-job '(\w+)' failed.*?SLURM status is: '(\w+)", re.DOTALL)
REFUSED = re.compile(r"sbatch failed\. The error message was '(.*?)'\.\n", re.DOTALL)
WORDS = {
    "TIMEOUT": "reached its time limit",
    "CANCELLED": "was cancelled",
    "NODE_FAIL": "lost its node",
    "OUT_OF_MEMORY": "took more memory than it had asked for",
}


def wait_for_cluster(submits):
    """Wait until SLURM has ended the jobs that a killed run of this folder has submitted.

    `submits` says whether the run that starts now is one on a cluster. A folder in which no such
    run was started has no jobs. Raises UserError where SLURM does not answer.
    """
    if not (submits or SUBMITTED.exists()) or not shutil.which("squeue"):
        return
    left = jobs_in_slurm()
    if left:
        owners = sorted(set(left.values()))
        counted = "1 job" if len(left) == 1 else f"{len(left)} jobs"
        by = "" if owners == [getpass.getuser()] else f" by {' and '.join(owners)}"
        print(
            f"A run that was killed left {counted} in SLURM. Waiting;"
            f" `scancel {' '.join(left)}`{by} gives them up.",
            flush=True,
        )
        while left:
            time.sleep(POLL)
            left = jobs_in_slurm(f"--user={','.join(owners)}")
    if submits:
        SUBMITTED.touch()
    else:
        SUBMITTED.unlink()


def jobs_in_slurm(*which):
    """{identifier: user} of the SLURM jobs that Snakemake submitted from this folder, anybody's."""
    for pause in (*PAUSES, None):
        try:
            jobs = map(JOB.fullmatch, squeue(*which))
            return {job[1]: job[2] for job in jobs if job and job[3] == os.getcwd()}
        except (OSError, ValueError) as error:
            if pause is None:
                raise UserError(
                    f"SLURM does not say which jobs of this folder are still at work, so none was"
                    f" submitted beside them (asked {len(PAUSES) + 1} times, squeue: {error});"
                    " give the same command again when `squeue` answers, or, to run without a"
                    f" cluster and sure that it has none of your jobs, remove {SUBMITTED} first."
                ) from error
            time.sleep(pause)


def squeue(*which):
    """The lines of squeue's answer. Raises ValueError or OSError if it gives none."""
    command = ["squeue", "--format=%i %u %j %Z", *which]
    own = {name: value for name, value in os.environ.items() if not name.startswith("SQUEUE_")}
    try:
        done = subprocess.run(command, env=own, capture_output=True, timeout=TIMEOUT)
    except subprocess.TimeoutExpired:
        raise ValueError(f"no answer in {TIMEOUT} s") from None
    said = done.stderr.decode(errors="replace").strip() or f"exit status {done.returncode}"
    if done.returncode != 0:
        raise ValueError(said.splitlines()[-1])
    lines = os.fsdecode(done.stdout).splitlines()
    if not any(line.startswith(HEADER) for line in lines):  # it heads an empty list as well
        raise ValueError("an answer that is no list of jobs")
    return lines


def why_failed(said):
    """What the SLURM plugin said of a failed job, in a sentence; None if it said nothing of it.

    A second line may say what to do.
    """
    if ended := ENDED.search(said or ""):
        job, state = ended.groups()
        return f"SLURM's job {job} {WORDS.get(state, 'failed')} ({state})."
    if refused := REFUSED.search(said or ""):
        reasons = [line.removeprefix("sbatch: error: ") for line in refused[1].splitlines()]
        return (
            f"SLURM did not take the job: {'; '.join(reasons)}.\n"
            "If that is a limit, give the same command again when there is room, or change `jobs`"
            " or `set-resources` in the profile."
        )
    return (said or "").partition("For further error details")[0].strip() or None


def leave_jobs_behind(progress):
    """On SIGTERM and SIGHUP, say so and end at once, with local jobs; SLURM's go on.

    So a login node that shuts down or a lost connection costs nothing: the next run waits for
    the jobs. With `nohup`, SIGHUP is still ignored. `progress` is None where nothing is shown.
    """
    if not shutil.which("squeue"):
        return

    def end(number, _):
        signal.signal(number, signal.SIG_DFL)
        with suppress(Exception):  # the terminal may be gone
            print(f"{signal.Signals(number).name}: {LEFT}", flush=True)
            if progress:
                progress.close()
        snakemake.end_local_jobs()
        os.kill(os.getpid(), number)

    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, end)
