"""What lets the plain command go on after anything: a killed run, a new clone, a moved folder."""

import fcntl
import os
import socket
from contextlib import suppress
from pathlib import Path

from framefault.errors import UserError
from framefault.files import cannot_write
from framefault.workflow import snakemake_private as snakemake
from framefault.workflow.changes import changes, inputs_with_other_content
from framefault.workflow.cluster import wait_for_cluster
from framefault.workflow.provenance import SUFFIX, input_digests, read_record

# Snakemake's record of how each file was made; it belongs to the results, not to the clone.
METADATA = Path("results/.records")

_running = None


def unlock_after_kill():
    """Remove the lock of a run that was killed, and only of such a one.

    Every process that reads the workflow holds a file until it ends, however it ends. Whoever
    gets it for itself is alone, and a lock it finds is a dead run's. Nothing is removed where
    the lock was left on another machine, or where the file system cannot tell.

    Returns whether this process is alone.
    """
    global _running
    snakemake.STATE.mkdir(exist_ok=True)
    _running = open(snakemake.STATE / "running", "a+", encoding="utf-8")
    locks, alone = snakemake.lock_files(), False
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


def is_unlocked():
    """Whether no other run holds this folder, nor was killed in it."""
    return not snakemake.lock_files()


def note_machine():
    """Write down where the run that holds Snakemake's lock is."""
    _running.truncate(0)
    _running.write(socket.gethostname())
    _running.flush()


def judge_by_content(alone):
    """Have the records beside the results decide what must run again, never a file's time.

    Snakemake compares times, refuses to go on after a killed run, and trusts files of which it
    knows nothing. Here an output is kept if it was made from the inputs that are there now; of an
    output that a killed run left, or that Snakemake does not know, everything must be whole and
    made just as it is planned now. Jobs of a cluster that are still at work are waited for.
    Beside another run (not `alone`) only plans can be made. Only jobs that run a stage are judged:
    a workflow that uses framefault as a module has others.
    """

    async def judge(dag):
        acting = alone and snakemake.is_acting(dag)
        if acting:
            wait_for_cluster(submits=snakemake.on_cluster(dag.workflow))
            snakemake.prepare_to_accept(dag)
        for job in filter(snakemake.runs_stage, dag.jobs):
            present = [file for file in job.output if os.path.exists(file)]
            if not present:
                continue
            if all(file.endswith(SUFFIX) for file in present):
                # What was made is gone, as after `make restore`: it need not be there as long as
                # nothing that reads it runs, but what is planned otherwise now does.
                if not is_planned_so(job, job.output[0]):
                    snakemake.run_again(dag, present)
                continue
            unrecorded = any(f.endswith(SUFFIX) and f not in present for f in job.output)
            unknown = unrecorded or not snakemake.is_known(dag, job)
            if unknown or await snakemake.left_incomplete(dag, job):
                if not is_as_planned(job, present):
                    snakemake.run_again(dag, present)
                elif acting:
                    await accept(dag, job)
            elif made_from_others(job, present):
                snakemake.run_again(dag, present)

    snakemake.ignore_times()
    snakemake.keep_outputs(is_made)
    snakemake.before_choosing_jobs(judge)


async def accept(dag, job):
    """Have Snakemake remember a job's outputs. Raises UserError where the disk is full."""
    try:
        await snakemake.accept(dag, job)
    except OSError as error:
        raise UserError(cannot_write(METADATA, error)) from error


def make_the_rest():
    """In a job of a cluster: make what earlier tries have not, whatever else in it fails."""

    async def choose(dag):
        snakemake.keep_going(dag)
        if snakemake.is_retry(dag):
            snakemake.leave_out(dag, is_made)

    snakemake.ignore_times()
    snakemake.before_choosing_jobs(choose)


def is_made(job):
    """Whether all outputs of a job are there, whole, and what it would make now."""
    return all(map(os.path.exists, job.output)) and is_as_planned(job, job.output)


def is_as_planned(job, files):
    """Whether a job's files are whole, and its record says what the job would do now."""
    try:
        if not is_planned_so(job, files[0]):
            return False
        input_digests(map(Path, files))
        inputs = read_record(files[0])["inputs"]
        return input_digests(map(Path, inputs)) == inputs
    except (UserError, OSError):
        return False


def is_planned_so(job, file):
    """Whether the record of one of a job's files says what the job would do now."""
    try:
        record = read_record(file)
    except (UserError, OSError):
        return False
    params, inputs = dict(job.params.items()), list(map(str, job.input))
    return record is not None and not changes(record, params, inputs)


def made_from_others(job, files):
    """Whether an input has been made anew, with other content, since the job ran."""
    try:
        record = read_record(files[0])
        return record is not None and bool(inputs_with_other_content(record, job.input))
    except (UserError, OSError):
        return False  # damage is told by the job that reads the file
