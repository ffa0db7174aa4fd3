"""What the tests of damage share: ways to damage a file, and what its readers make of it."""

import os
import random
import re
import subprocess
from contextlib import contextmanager
from pathlib import Path

import run
from crash_tools import copy_without
from framefault.files import remove
from framefault.workflow import provenance


@contextmanager
def damageable_copy(finished, folder):
    """A copy of a finished project whose files are damaged and restored; its stages start warm."""
    project = copy_without(finished, folder)
    environment = dict(os.environ)
    run.warm_up()
    yield project
    os.environ.clear()
    os.environ.update(environment)


def cut(data, draw):
    return data[: len(data) // 2]


def flip_middle(data, draw):
    return flipped(data, len(data) // 2, 1)


def empty(data, draw):
    return b""


def flip_any(data, draw):
    return flipped(data, draw.randrange(len(data)), 1 << draw.randrange(8))


def flipped(data, at, mask):
    return data[:at] + bytes([data[at] ^ mask]) + data[at + 1 :]


def rewrite(path, data):
    """Change a file's bytes as a bad disk does: its time stays."""
    status = path.stat()
    path.write_bytes(data)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


@contextmanager
def damaged(path, how, draw=None):
    data = path.read_bytes()
    rewrite(path, how(data, draw))
    try:
        yield
    finally:
        rewrite(path, data)


def content(path):
    """Bytes of a file, or of all files of a folder but hidden ones, by path."""
    if path.is_dir():
        return {f.relative_to(path): f.read_bytes() for f in path.rglob("[!.]*") if f.is_file()}
    return path.read_bytes()


def put_back(path, data):
    """Make a path again what `content` said of it."""
    remove(path)
    for name, part in data.items() if isinstance(data, dict) else [("", data)]:
        file = path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(part)


def outcome(project, job):
    """Run a job again: {output: its content}, or what it said where it failed as it should."""
    outputs = {path: project / path for path in job.outputs}
    before = {path: content(path) for path in outputs.values()}
    for path in before:
        remove(path)
    try:
        done = subprocess.run(
            ["bash", "-c", job.command], cwd=project, capture_output=True, text=True, check=False
        )
        if done.returncode == 0:
            return {name: content(path) for name, path in outputs.items()}
        assert "Traceback" not in done.stderr
        assert [name for name, path in outputs.items() if path.exists()] == []
        (said,) = [line for line in done.stderr.splitlines() if line.startswith("framefault: ")]
        return said
    finally:
        for path, data in before.items():
            put_back(path, data)


def undisturbed(finished, job):
    return {path: content(finished / path) for path in job.outputs}


def damage(project, path, draw):
    """(file, way to damage it) of an input, and of what the same job made that nobody asked for."""
    path, ways = project / path, (flip_middle, cut, empty)
    if path.is_dir():
        files = {file.suffix: file for file in sorted(path.rglob("[!.]*.*"))}.values()
        return [(file, draw.choice(ways)) for file in files]
    others = {path.with_name(name) for name in provenance.read_record(path)["outputs"]} - {path}
    return [(path, draw.choice(ways)), *((other, flip_middle) for other in others)]


def assert_damage_is_noticed(finished, project, jobs, rule):
    """Damage what a rule's jobs read, file after file in a way that is drawn, and delete a record.

    With damage, the job says which command makes the file again, or makes the same bytes; without
    a record, it makes the same results.
    """
    read, draw = {}, random.Random(rule)
    for job in jobs:
        for path in job.inputs if job.rule == rule else ():
            if path.startswith("results/"):
                stage = provenance.read_record(project / path)["stage"]
                read[re.split("[_ ]", stage)[0], Path(path).suffix] = job, path
    assert read
    for job, path in read.values():
        for file, how in damage(project, path, draw):
            with damaged(file, how):
                made = outcome(project, job)
            if isinstance(made, str):
                assert re.search("`rm -r results/[^`]+` and run the same command again", made)
            else:
                assert made == undisturbed(finished, job), (how.__name__, file)
    record = provenance.record_path(project / path)
    away = record.rename(project / "away.json")
    made = outcome(project, job)
    away.rename(record)
    for output, data in undisturbed(finished, job).items():
        assert made[output] == data or output.endswith(provenance.SUFFIX)
