"""What has changed since a file was made, told from its record."""

import json
import os
from functools import cache
from pathlib import Path

from framefault.files import file_digest
from framefault.workflow.fingerprint import code_modules, fingerprint
from framefault.workflow.provenance import read, record_path

GONE = object()


def changes(record, params, inputs):
    """Sentences on what differs between a record and the job as it is planned now.

    `params` are the parameters of the job's rule and `inputs` its input files.
    """
    if "stage" not in params:  # of rules that run no stage
        return []
    return (
        changed_code(record["code"], params["stage"])
        + changed_settings(record["settings"], json.loads(params["settings"]))
        + changed_inputs(record, inputs)
    )


def changed_code(old, stage):
    """Modules whose own code differs; one that only moved, or has another name, does not."""
    if old["fingerprint"] == fingerprint(*stage.split()):
        return []
    old, new = old["modules"], code_modules(*stage.split())
    lost, made = {*old.values()} - {*new.values()}, {*new.values()} - {*old.values()}
    found = [
        f"code of {name}: {old.get(name, 'absent')} → {new.get(name, 'absent')}"
        for name in sorted(old | new)
        if old.get(name) in lost or new.get(name) in made
    ]
    return found or ["code: imports differ"]


def changed_settings(old, new):
    """Old and new value of every setting that differs."""
    before, after = flat("", old), flat("", new)
    return [
        f"{key}: {difference(before.get(key, GONE), after.get(key, GONE))}"
        for key in sorted(before.keys() | after.keys())
        if before.get(key, GONE) != after.get(key, GONE)
    ]


def difference(before, after):
    if isinstance(before, list) and isinstance(after, list):
        words = [f"+ {text(item)}" for item in after if item not in before]
        words += [f"- {text(item)}" for item in before if item not in after]
        if words:
            return ", ".join(words)
    return f"{text(before)} → {text(after)}"


def text(value):
    return "absent" if value is GONE else json.dumps(value, ensure_ascii=False)


def flat(name, value):
    """{"recipe.epochs": 5, …}: nested settings under dotted names."""
    if not isinstance(value, dict) or not value:
        return {name: value}
    parts = {f"{name}.{part}".strip("."): each for part, each in value.items()}
    return {key: leaf for part, each in parts.items() for key, leaf in flat(part, each).items()}


def changed_inputs(record, inputs):
    """Inputs that came, went, or have other content."""
    old = record["inputs"]
    found = several("new input", [path for path in inputs if path not in old])
    gone = [path for path in old if path not in inputs and record_path(path).exists()]
    found += several("no input any more:", gone)
    known = [path for path in inputs if path in old]
    found += several("other content in", inputs_with_other_content(record, known))
    for path in (path for path in known if not record_path(path).exists()):
        if Path(path).is_file() and file_digest(path) != old[path]:
            found.append(f"{path}: {old[path][:16]} → {file_digest(path)[:16]}")
    return found


def inputs_with_other_content(record, inputs):
    """Inputs that their job has made anew since, with another digest than the one that was read."""
    read = record["inputs"]
    return [path for path in map(str, inputs) if made_digest(path) not in (None, read.get(path))]


def made_digest(path):
    """Digest of a file or folder as the record of its job has it; None without a record."""
    file = os.path.abspath(record_path(path))
    try:
        made = recorded_digests(file, os.stat(file).st_mtime_ns)
    except FileNotFoundError:
        return None
    return made.get(os.path.basename(path))


@cache
def recorded_digests(file, _changed):
    return {name: made["sha256"] for name, made in read(Path(file))["outputs"].items()}


def several(words, paths):
    more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
    return [f"{words} {paths[0]}{more}"] if paths else []
