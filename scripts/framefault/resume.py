"""What lets the plain command go on after anything: a killed run, a new clone, a moved folder."""

import fcntl
import os
import socket
from contextlib import suppress
from pathlib import Path

STATE = Path(".snakemake")
# Snakemake's record of how each file was made; it belongs to the results, not to the clone.
RECORDS = Path("results/.records")

_running = None


def keep_records_with_results():
    """Have Snakemake keep its records inside results/, so that they are copied and moved along."""
    metadata = STATE / "metadata"
    RECORDS.mkdir(parents=True, exist_ok=True)
    STATE.mkdir(exist_ok=True)
    if not metadata.exists():
        metadata.symlink_to(os.path.relpath(RECORDS, STATE))


def unlock_after_kill():
    """Remove the lock of a run that was killed, and only of such a one.

    Every process that reads the workflow holds a file until it ends, however it ends. Whoever
    gets it for itself is alone, and a lock it finds is a dead run's. Nothing is removed where
    the lock was left on another machine, or where the file system cannot tell.
    """
    global _running
    STATE.mkdir(exist_ok=True)
    _running = open(STATE / "running", "a+", encoding="utf-8")
    with suppress(OSError):
        fcntl.flock(_running, fcntl.LOCK_EX | fcntl.LOCK_NB)
        _running.seek(0)
        if _running.read() in ("", socket.gethostname()):
            for lock in (STATE / "locks").glob("*.lock"):
                lock.unlink()
    with suppress(OSError):
        fcntl.flock(_running, fcntl.LOCK_SH | fcntl.LOCK_NB)


def note_machine():
    """Write down where the run that holds Snakemake's lock is."""
    _running.truncate(0)
    _running.write(socket.gethostname())
    _running.flush()
