"""What lets the plain command go on after anything: a killed run, a new clone, a moved folder."""

import fcntl
import os
import socket
from contextlib import suppress
from pathlib import Path

from framefault.errors import UserError
from framefault.workflow.changes import changes
from framefault.workflow.cluster import wait_for_cluster
from framefault.workflow.provenance import SUFFIX, input_digests, read_record

STATE = Path(".snakemake")
# Snakemake's record of how each file was made; it belongs to the results, not to the clone.
RECORDS = Path("results/.records")

_running = None


def keep_records_with_results():
    """Have Snakemake keep its records inside results/, so that they are copied and moved along."""
    metadata = STATE / "metadata"
    RECORDS.mkdir(parents=True, exist_ok=True)
    (STATE / "incomplete").mkdir(parents=True, exist_ok=True)
    if not metadata.exists():
        metadata.symlink_to(os.path.relpath(RECORDS, STATE))


def unlock_after_kill():
    """Remove the lock of a run that was killed, and only of such a one.

    Every process that reads the workflow holds a file until it ends, however it ends. Whoever
    gets it for itself is alone, and a lock it finds is a dead run's. Nothing is removed where
    the lock was left on another machine, or where the file system cannot tell.

    Returns whether this process is alone.
    """
    global _running
    STATE.mkdir(exist_ok=True)
    _running = open(STATE / "running", "a+", encoding="utf-8")
    locks, alone = list((STATE / "locks").glob("*.lock")), False
    with suppress(OSError):
        fcntl.flock(_running, fcntl.LOCK_EX | fcntl.LOCK_NB)
        _running.seek(0)
        alone = not locks or _running.read() in ("", socket.gethostname())
    if alone:
        for lock in locks:
            lock.unlink()
    with suppress(OSError):  # waits for the moment in which another process looks
        fcntl.flock(_running, fcntl.LOCK_SH)
    return alone


def note_machine():
    """Write down where the run that holds Snakemake's lock is."""
    _running.truncate(0)
    _running.write(socket.gethostname())
    _running.flush()


def go_on(dag_class, alone):
    """Have Snakemake go on from what is there, whoever or whatever left it.

    Snakemake refuses to go on after a killed run, and trusts files of which it has no record.
    Here both are judged by the records that lie beside the files: an output that is whole and
    made just as it is planned now is accepted, any other is made again. Jobs of a cluster that
    are still at work are waited for. Beside another run (not `alone`) only plans can be made.
    """
    check_incomplete = dag_class.check_incomplete

    async def judge(dag):
        persistence, acting = dag.workflow.persistence, alone and not dag.workflow.dryrun
        if acting:
            wait_for_cluster()
            dag.update_jobids()  # which accepting a job asks for
        for job in dag.jobs:
            present = [file for file in job.output if os.path.exists(file)]
            unrecorded = any(f.endswith(SUFFIX) and f not in present for f in job.output)
            unknown = present and (unrecorded or not persistence.has_metadata(job))
            if unknown or await persistence.incomplete(job):
                if not is_as_planned(job, present):
                    dag.forcefiles.update(present)
                elif acting:
                    await persistence.finished(job)
        dag.workflow.dag_settings.force_incomplete = True
        await check_incomplete(dag)

    dag_class.check_incomplete = judge


def is_as_planned(job, files):
    """Whether a job's files are whole, and its record says what the job would do now."""
    try:
        record = read_record(files[0])
        if record is None or changes(record, dict(job.params.items()), list(map(str, job.input))):
            return False
        input_digests(map(Path, files))
        return input_digests(map(Path, record["inputs"])) == record["inputs"]
    except (UserError, OSError):
        return False
