"""Running the workflow in a copy of the project."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import forks

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("FRAMEFAULT_DATA", ROOT.parent / "shared" / "data"))


def copy_project(target):
    """What a clone holds, without its results."""
    files = "Snakefile", "LICENSE", "CITATION.cff"
    for name in (*files, "rules", "scripts", "config", "envs", "profiles"):
        source = ROOT / name
        copy = shutil.copytree if source.is_dir() else shutil.copy2
        copy(source, target / name)
    os.symlink("profiles/slurm", target / "slurm")
    return target


def snakemake(project, *arguments, check=True, timeout=900):
    """Run Snakemake of this environment in a project; stdout of the result has all it said."""
    call = forks.snakemake if "-n" in arguments else start_snakemake
    done = call(project, arguments, timeout)
    if check and done.returncode != 0:
        raise AssertionError(f"{done.args} failed:\n{done.stdout}")
    return done


def start_snakemake(project, arguments, timeout):
    return subprocess.run(
        [sys.executable, "-m", "snakemake", *arguments], cwd=project, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, timeout=timeout, check=False,
    )  # fmt: skip


def hear_ctrl_c():
    """In a child: no longer ignore signals, as it does where tests run in the background."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def planned_outputs(done):
    """Rule -> first output of each of its jobs, as a dry-run names them."""
    outputs, rule = {}, None
    for line in done.stdout.splitlines():
        word, _, rest = line.strip().partition(" ")
        if word in ("rule", "localrule"):
            rule = rest.removesuffix(":")
        elif word == "output:":
            outputs.setdefault(rule, []).append(rest.split(", ")[0])
    return outputs


def planned_jobs(done):
    """Rule -> number of jobs, as a dry-run prints them."""
    jobs = {}
    for line in done.stdout.splitlines():
        words = line.split()
        if len(words) == 2 and words[1].isdigit() and words[0] not in ("total", "jobid:"):
            jobs[words[0]] = int(words[1])
    return jobs
