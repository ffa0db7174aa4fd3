"""The chain of records from raw clips to a result."""

from pathlib import Path

from framefault.errors import UserError
from framefault.workflow.provenance import SUFFIX, check, read, record_path


def chain(*paths):
    """{record file: record} of all jobs that some files came from, earlier jobs first.

    Raises UserError if no record tells how a file was made.
    """
    records = {}

    def visit(file):
        if file not in records:
            record = read(file)
            for before in map(record_path, record["inputs"]):
                if before.is_file():
                    visit(before)
            records[file] = record

    for path in paths:
        target = record_file(Path(path))
        if target is None:
            raise UserError(f"No record tells how {path} was made; make it with snakemake first.")
        visit(target)
    return records


def record_file(path):
    """The record of the job that made a file, also where it lies under another output's name."""
    candidates = [record_path(path), *sorted(path.parent.glob(f"*{SUFFIX}"))]
    for file in candidates:
        if file.is_file() and path.name in read(file)["outputs"]:
            return file
    return None


def faults(records):
    """Sentences on files that are not what their job wrote, or not what the next job read."""
    for file, record in records.items():
        for name, made in record["outputs"].items():
            path = file.with_name(name)
            if path.exists():
                try:
                    check(path, made)
                except UserError as error:
                    yield str(error)
        for source, used in record["inputs"].items():
            before = records.get(record_path(source))
            if before is None:
                if "results" in Path(source).parts:
                    yield f"Nothing tells any more how {source} was made, from which {file} came."
            elif before["outputs"][Path(source).name]["sha256"] != used:
                yield f"{file} came from another {source} than the one that is there now."
