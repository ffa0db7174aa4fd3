"""What the tests of crashes, damage and full disks share: tiny projects, their results and jobs."""

import re
import shutil
from dataclasses import dataclass
from functools import cache
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


@cache
def finished_project(folder):
    """An undisturbed run, made once in a folder; tests change copies of it."""
    project = tiny_project(folder / "undisturbed")
    snakemake(project, *CALL)
    return project


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
