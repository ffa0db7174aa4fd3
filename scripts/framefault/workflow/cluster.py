"""A run as a SLURM cluster sees it."""

import os
import re
import shutil
import subprocess
import time

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def wait_for_cluster():
    """Wait until SLURM has ended the jobs that a killed run of this folder has submitted."""
    left = jobs_in_slurm()
    if left:
        print(
            f"A run that was killed left {len(left)} jobs in SLURM. Waiting for them;"
            f" `scancel {' '.join(left)}` gives them up.",
            flush=True,
        )
    while left:
        time.sleep(5)
        left = jobs_in_slurm()


def jobs_in_slurm():
    """Identifiers of the SLURM jobs that Snakemake submitted from this folder.

    It names all jobs of a run by one UUID.
    """
    if not shutil.which("squeue"):
        return []
    command = ["squeue", "--me", "--noheader", "--format=%i %j %Z"]
    listed = subprocess.run(command, capture_output=True, text=True, timeout=60).stdout
    jobs = [line.split(" ", 2) for line in listed.splitlines()]
    return [job for job, name, folder in jobs if UUID.fullmatch(name) and folder == os.getcwd()]
