"""How results were made: a record beside the outputs of every job, and the chain they form.

A record is JSON and names its job's stage, settings, code, library versions, device, and the
sha256 of every input and output. It holds no time and no place, so that the same job writes
the same record, and ends with a digest of itself, so that damage to it is noticed.
"""

import hashlib
import importlib.metadata
import json
import platform
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path

from framefault.files import damaged, file_digest, write_json
from framefault.workflow.fingerprint import code_modules, libraries

SUFFIX = ".provenance.json"
DISTRIBUTIONS = {
    "skimage": "scikit-image", "sklearn": "scikit-learn", "PIL": "pillow", "unrar": "unrar2-cffi",
}  # fmt: skip
# The large ones are not read once more: their readers check every clip by its own checksum.
SELF_CHECKED = (".zip", ".frames")


@cache
def record_path(path):
    """Where the record of a file's job lies: beside it, under the same name."""
    return Path(path).with_suffix(SUFFIX)


def write(stage, job, inputs, facts=None):
    """Write the record of a finished job; `inputs` are the digests of its inputs by path.

    `stage` is the name of its script, and of the modules that the script is told.
    """
    made = [path for name, path in job.output.items() if name != "provenance"]
    record = {
        "stage": stage,
        "wildcards": job.wildcards,
        "outputs": {path.name: facts_of(path) for path in made},
        "settings": job.settings,
        "inputs": inputs,
        "code": {"fingerprint": job.code, "modules": code_modules(*stage.split())},
        "versions": versions(libraries(*stage.split())),
    }
    record |= facts or {}
    write_json(job.output["provenance"], record | {"record": seal(record)})


def read_record(path):
    """The record of the job that made a file, or None. Raises UserError if it is damaged."""
    path = record_path(path)
    return read(path) if path.is_file() else None


def read(path):
    try:
        data = path.read_bytes()
    except OSError as error:
        raise damaged(path, repr(error)) from error
    return parse(data, path)


def parse(data, path):
    """The record in the bytes of its file. Raises UserError, naming `path`, if it is damaged."""
    try:
        record = json.loads(data)
        sealed = record.pop("record")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise damaged(path, repr(error)) from error
    if sealed != seal(record):
        raise damaged(path, "it is not what was written")
    return record


def seal(record):
    return hashlib.sha256(json.dumps(record, sort_keys=True).encode()).hexdigest()


def input_digests(paths):
    """{path: sha256} of a job's inputs, taken from the records of the jobs that made them.

    Raises UserError for an input that is not what its job wrote.
    """
    return {str(path): input_digest(path) for path in paths}


def input_digest(path):
    made = (read_record(path) or {"outputs": {}})["outputs"].get(path.name)
    if made is None:  # not made by a job, such as a user's own file
        return file_digest(path) if path.is_file() else None
    if path.exists():
        check(path, made, content=path.suffix not in SELF_CHECKED)
    return made["sha256"]


def check(path, made, content=True):
    """Raise UserError if a file or folder differs from what its record says of it."""
    if path.is_dir():
        if facts_of(path) != made:
            raise damaged(path, "its files are not what was written")
        return
    if path.stat().st_size != made["bytes"]:
        raise damaged(path, f"it has {path.stat().st_size} of {made['bytes']} bytes")
    if content and file_digest(path) != made["sha256"]:
        raise damaged(path, "its content is not what was written")


def facts_of(path):
    """Size and digest of an output; a folder's are those of the list of its files."""
    if path.is_file():
        return {"bytes": path.stat().st_size, "sha256": file_digest(path)}
    files = sorted(file for file in path.rglob("*") if file.is_file() and file.name[0] != ".")
    lines = [f"{file_digest(file)}  {file.relative_to(path).as_posix()}\n" for file in files]
    text = "".join(lines).encode()
    return {"bytes": len(text), "sha256": hashlib.sha256(text).hexdigest()}


def versions(names):
    """Versions of Python, of the named libraries, and of the FFmpeg inside PyAV."""
    found = {"python": platform.python_version()}
    for name in sorted(names):
        with suppress(importlib.metadata.PackageNotFoundError):  # one that a machine lacks
            found[name] = importlib.metadata.version(DISTRIBUTIONS.get(name, name))
    if "av" in names:
        found["ffmpeg"] = sys.modules["av"].ffmpeg_version_info
    return found
