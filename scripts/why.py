"""Tell why a target would be made again: which setting, module or file changed, and how."""

import argparse
import os
import sys
from collections import Counter, defaultdict
from pathlib import Path

from framefault.errors import UserError
from framefault.workflow.changes import changes
from framefault.workflow.provenance import read_record
from framefault.workflow.snakemake_private import planned


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", help="a file or a rule")
    parser.add_argument("--configfile", type=Path, nargs="*", default=[])
    args = parser.parse_args()
    dag = planned(args.target, args.configfile)
    jobs = list(filter(dag.needrun, dag.jobs))
    if not jobs:
        print(f"{args.target} is up to date.")
        return
    print(f"{args.target}: {len(jobs)} jobs would run.\n")
    order = [rule.name for rule in dag.workflow.rules]
    causes, followers = defaultdict(list), Counter()
    for job in sorted(jobs, key=lambda job: (order.index(job.rule.name), str(first_output(job)))):
        found = tuple(own_changes(job, dag.reason(job)))
        if found:
            causes[job.rule.name, found].append(job)
        else:
            followers[job.rule.name] += 1
    for (rule, found), members in causes.items():
        number = "" if len(members) == 1 else f"{len(members)} jobs, such as "
        print(f"{rule}: {number}{first_output(members[0])}", *found, sep="\n    ")
    if followers:
        names = ", ".join(f"{rule} {count}" for rule, count in followers.items())
        print(f"\nWhat follows from that: {names}.")


def first_output(job):
    return next(iter(job.output), "")


def own_changes(job, reason):
    """Sentences on what changed for this job itself; none if it only follows others."""
    if not all(Path(path).exists() for path in job.output):
        return ["not made yet" if not any(map(os.path.exists, job.output)) else "partly missing"]
    record = read_record(first_output(job)) if job.output else None
    found = changes(record, dict(job.params.items()), list(map(str, job.input))) if record else []
    if not found and (reason.is_provenance_triggered() or reason.forced):
        found = [str(reason)]
    return found


if __name__ == "__main__":
    try:
        main()
    except UserError as error:
        sys.exit(f"framefault: {error}")
