"""What has changed since a file was made, told from its record."""

import json
from pathlib import Path

from framefault.workflow.fingerprint import code_modules
from framefault.workflow.provenance import digest, record_path

GONE = object()


def changes(record, params, inputs):
    """Sentences on what differs between a record and the job as it is planned now.

    `params` are the parameters of the job's rule and `inputs` its input files.
    """
    return (
        changed_code(record["code"]["modules"], record["stage"])
        + changed_settings(record["settings"], params)
        + changed_inputs(record["inputs"], inputs)
    )


def changed_code(old, stage):
    new = code_modules(stage)
    return [
        f"code of {name}: {old.get(name, 'absent')} → {new.get(name, 'absent')}"
        for name in sorted(old | new)
        if old.get(name) != new.get(name)
    ]


def changed_settings(old, params):
    """Old and new value of every setting that is both in the record and a rule's parameter."""
    changes = []
    for name in sorted(old.keys() & params.keys()):
        before, after = flat(name, old[name]), flat(name, parsed(params[name], old[name]))
        for key in sorted(before.keys() | after.keys()):
            if before.get(key, GONE) != after.get(key, GONE):
                changes.append(f"{key}: {difference(before.get(key, GONE), after.get(key, GONE))}")
    return changes


def difference(before, after):
    if isinstance(before, list) and isinstance(after, list):
        words = [f"+ {text(item)}" for item in after if item not in before]
        words += [f"- {text(item)}" for item in before if item not in after]
        if words:
            return ", ".join(words)
    return f"{text(before)} → {text(after)}"


def text(value):
    return "absent" if value is GONE else json.dumps(value, ensure_ascii=False)


def parsed(value, old):
    """A parameter as the stage got it: text is text, all else travels as JSON."""
    return json.loads(value) if isinstance(value, str) and not isinstance(old, str) else value


def flat(name, value):
    """{"recipe.epochs": 5, …}: nested settings under dotted names."""
    if not isinstance(value, dict):
        return {name: value}
    return {
        key: leaf for part in value for key, leaf in flat(f"{name}.{part}", value[part]).items()
    }


def changed_inputs(old, new):
    """Inputs that came, went, or, if they are the user's own files, have other content."""
    changes = several("new input", [path for path in new if path not in old])
    gone = [path for path in old if path not in new and record_path(path).exists()]
    changes += several("no input any more:", gone)
    own = [path for path in new if path in old and not record_path(path).exists()]
    for path in own:
        if Path(path).is_file() and digest(path) != old[path]:
            changes.append(f"{path}: {old[path][:16]} → {digest(path)[:16]}")
    return changes


def several(words, paths):
    more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
    return [f"{words} {paths[0]}{more}"] if paths else []
