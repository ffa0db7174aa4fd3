"""Print how a file was made: the chain of jobs from the raw clips to it, checked on the way."""

import argparse
import json
import sys
from pathlib import Path

from framefault.data.manifest import read_manifest
from framefault.errors import UserError
from framefault.files import sha256
from framefault.workflow.chain import chain, faults
from framefault.workflow.provenance import SUFFIX

SHOWN = 3


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", type=Path, help="a file below results/")
    parser.add_argument("--all", action="store_true", help="every file and clip")
    args = parser.parse_args()
    try:
        records = chain(args.target)
    except UserError as error:
        sys.exit(f"framefault: {error}")
    limit = None if args.all else SHOWN
    for stage in dict.fromkeys(record["stage"] for record in records.values()):
        print_stage(
            stage, {p: each for p, each in records.items() if each["stage"] == stage}, limit
        )
    if args.target.suffix == ".json":
        print(args.target.read_text(encoding="utf-8"))
    found = list(faults(records))
    for fault in found:
        print(f"BROKEN: {fault}")
    if not found:
        print(f"The chain of {len(records)} jobs holds: every file is what its job wrote")
        print("and what the next job read.")
    return len(found) > 0


def print_stage(stage, records, limit):
    """One stage: what all its jobs have in common, then the files they made."""
    print(f"{stage}: {len(records)} {'jobs' if len(records) > 1 else 'job'}")
    for name, value in shared([facts(record) for record in records.values()]).items():
        print(f"  {name}: {value}")
    files = [
        f"{made['sha256'][:16]}  {path.parent / name}"
        for path, record in records.items()
        for name, made in record["outputs"].items()
    ]
    for line in folded(files, limit):
        print(f"  {line}")
    if stage == "manifest_recognition":
        for path in records:
            print_clips(path.with_name(path.name.removesuffix(SUFFIX) + ".csv"), limit)
    print()


def print_clips(manifest, limit):
    """The digests of the raw videos, as the manifest has them."""
    rows = read_manifest(manifest).to_dict("records") if manifest.is_file() else []
    print(f"  the {len(rows)} videos of {manifest}:")
    for line in folded([f"{r['sha256'][:16]}  {r['path']} ({r['split']})" for r in rows], limit):
        print(f"    {line}")


def facts(record):
    """What tells jobs of a stage apart, as text by name."""
    named = {"code": record["code"]["fingerprint"]}
    named |= record["wildcards"]
    named |= {"with": ", ".join(f"{name} {each}" for name, each in record["versions"].items())}
    if "device" in record:
        named["device"] = record["device"]
    return named | {name: json.dumps(value) for name, value in record["settings"].items()}


def shared(each):
    """The entries that are the same in all dictionaries."""
    first, *others = each
    return {key: first[key] for key in first if all(o.get(key) == first[key] for o in others)}


def folded(lines, limit):
    """The first lines, and one that stands for the rest by its digest."""
    if limit is None or len(lines) <= limit + 1:
        return lines
    rest = sha256("\n".join(lines[limit:]).encode())[:16]
    return [*lines[:limit], f"{rest}  {len(lines) - limit} more (digest of their lines)"]


if __name__ == "__main__":
    sys.exit(main())
