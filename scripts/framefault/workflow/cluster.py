"""A run as a SLURM cluster sees it."""

import getpass
import os
import re
import shutil
import subprocess
import time
from pathlib import Path

from framefault.errors import UserError

# Is there from a run's start on a cluster until it is known that none of its jobs is left.
SUBMITTED = Path(".snakemake/submitted_to_cluster")
# Snakemake names all jobs of a run by one UUID.
JOB = re.compile(r"(\S+) (\S+) [0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12} (.*)")
HEADER = "JOBID USER NAME"
TIMEOUT = 30  # seconds for one answer
PAUSES = (1, 3, 6, 12)  # seconds between tries
POLL = 5


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
        by = "" if owners == [getpass.getuser()] else f" by {' and '.join(owners)}"
        print(
            f"A run that was killed left {len(left)} jobs in SLURM. Waiting for them;"
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
