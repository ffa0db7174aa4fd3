"""What the tests of crashes, damage and full disks share: tiny projects, their results and jobs."""

import fcntl
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from workflow_tools import copy_project, snakemake

TINY = Path(__file__).with_name("workflow") / "tiny.yaml"
CONFIG = ("--configfile", TINY.name)
TABLES = ("results/tables/table1.csv", "results/tables/table2.csv", "results/comparison/table1.csv")
CALL = ("-c2", *TABLES, *CONFIG)


def tiny_project(folder):
    folder.mkdir()
    shutil.copy(TINY, copy_project(folder))
    return folder


def finished_project(tmp_path_factory):
    """An undisturbed run of the tables, which all workers read; tests change copies of it."""
    return made_once(tmp_path_factory, "undisturbed", run_tables)


def finished_paper(tmp_path_factory):
    """The same for all of paper A."""
    tables = finished_project(tmp_path_factory)
    return made_once(tmp_path_factory, "paper_a", lambda folder: run_paper(tables, folder))


def run_tables(folder):
    snakemake(tiny_project(folder), *CALL)


def run_paper(tables, folder):
    snakemake(copy_without(tables, folder), "-c2", "paper_a", *CONFIG)


def made_once(tmp_path_factory, name, make):
    """A folder that the first worker to ask for it makes, while others wait."""
    root = tmp_path_factory.getbasetemp()
    root = root.parent if "PYTEST_XDIST_WORKER" in os.environ else root
    folder, begun = root / name, root / f"{name}.begun"
    with open(root / f"{name}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            shutil.rmtree(begun, ignore_errors=True)
            make(begun)
            begun.rename(folder)
    return folder


def copy_without(project, folder, *removed):
    """A copy with the same times and links, without some of its results."""
    shutil.copytree(project, folder, symlinks=True)
    for path in removed:
        shutil.rmtree(folder / "results" / path)
    return folder


def result_files(project):
    """{path: bytes} of all there is in results/, hidden parts and checkpoints as well.

    Logs are left out. Snakemake's records hold times, so they only have to be there and whole.
    """
    results, found = project / "results", {}
    for path in sorted(results.rglob("*")):
        kind = path.relative_to(results).parts[0]
        if path.is_file() and kind != "logs":
            data = path.read_bytes()
            is_record = kind == ".records" and data.endswith(b"}")
            found[str(path.relative_to(project))] = b"record" if is_record else data
    return found


def differences(project, finished):
    """Paths that only one of two projects has, or that hold other bytes."""
    ours, theirs = result_files(project), result_files(finished)
    return [path for path in sorted(ours | theirs) if ours.get(path) != theirs.get(path)]


def assert_finished_like(project, finished):
    """The undisturbed bytes are there, nothing else is, and nothing is left to do."""
    assert differences(project, finished) == []
    assert "Nothing to be done" in snakemake(project, "-n", *TABLES, *CONFIG).stdout


@dataclass
class Job:
    rule: str
    inputs: list
    outputs: list
    command: str


def jobs_of(project, *call):
    """Every job behind the tables, or what a call asks for, by output.

    Each has the shell command that Snakemake would run.
    """
    done = snakemake(project, "-n", "-p", "--forceall", *(call or (*TABLES, *CONFIG)))
    jobs = []
    for block in done.stdout.split("\n\n"):
        fields = dict(re.findall(r"^(?:    |local)?([A-Za-z][a-z ]*): ?(.*)$", block, re.MULTILINE))
        if "output" in fields:
            (rule,) = re.findall(r"^(?:local)?rule (\w+):$", block, re.MULTILINE)
            inputs = fields["input"].split(", ") if "input" in fields else []
            jobs.append(Job(rule, inputs, fields["output"].split(", "), fields["Shell command"]))
    return sorted(jobs, key=lambda job: job.outputs)
