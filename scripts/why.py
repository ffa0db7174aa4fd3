"""Tell why a target would be made again: which setting, module or file changed, and how."""

import argparse
import contextlib
import json
import os
import sys
from collections import Counter, defaultdict
from pathlib import Path

from snakemake.api import SnakemakeApi
from snakemake.settings.types import (
    ConfigSettings,
    DAGSettings,
    OutputSettings,
    Quietness,
    ResourceSettings,
)

from framefault.fingerprint import code_modules
from framefault.provenance import digest, read_record, record_path

GONE = object()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", help="a file or a rule")
    parser.add_argument("--configfile", type=Path, nargs="*", default=[])
    args = parser.parse_args()
    dag = planned(args.target, args.configfile)
    jobs = list(dag.needrun_jobs())
    if not jobs:
        print(f"{args.target} is up to date.")
        return
    print(f"{args.target}: {len(jobs)} jobs would run.\n")
    order = [rule.name for rule in dag.workflow.rules]
    causes, followers = defaultdict(list), Counter()
    for job in sorted(jobs, key=lambda job: (order.index(job.rule.name), str(first_output(job)))):
        changes = tuple(own_changes(job, dag.reason(job)))
        if changes:
            causes[job.rule.name, changes].append(job)
        else:
            followers[job.rule.name] += 1
    for (rule, changes), members in causes.items():
        number = "" if len(members) == 1 else f"{len(members)} jobs, such as "
        print(f"{rule}: {number}{first_output(members[0])}", *changes, sep="\n    ")
    if followers:
        names = ", ".join(f"{rule} {count}" for rule, count in followers.items())
        print(f"\nWhat follows from that: {names}.")


def planned(target, configfiles):
    """Snakemake's graph of jobs for a target."""
    with SnakemakeApi(OutputSettings(quiet={Quietness.ALL})) as api:
        try:
            workflow = api.workflow(
                ResourceSettings(), config_settings=ConfigSettings(configfiles=configfiles)
            )
            plan = workflow.dag(DAGSettings(targets={target}))
            with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
                plan.printrulegraph()
            return workflow._workflow.dag
        except Exception as error:
            sys.exit(f"framefault: {error}")


def first_output(job):
    return next(iter(job.output), "")


def own_changes(job, reason):
    """Sentences on what changed for this job itself; none if it only follows others."""
    if not all(Path(path).exists() for path in job.output):
        return ["not made yet" if not any(map(os.path.exists, job.output)) else "partly missing"]
    record = read_record(first_output(job)) if job.output else None
    changes = []
    if record:
        changes += changed_code(record["code"]["modules"], record["stage"])
        changes += changed_settings(record["settings"], dict(job.params.items()))
        changes += changed_inputs(record["inputs"], [str(path) for path in job.input])
    if reason.updated_input:
        changes += [f"{path} is newer" for path in sorted(map(str, reason.updated_input))]
    if not changes and (reason.is_provenance_triggered() or reason.forced):
        changes = [str(reason)]
    return changes


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


if __name__ == "__main__":
    sys.exit(main())
