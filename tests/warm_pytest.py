"""pytest in forks of a process that has the slow libraries already: for tests/mutants.py.

Its arguments are the libraries. Reads lines of JSON, `[folder, seconds, test file, ...]`, and
answers each with the tests' exit status, or "timed out" where they took so many seconds of CPU
time.
"""

import importlib
import json
import os
import resource
import select
import signal
import sys

import pytest

OPTIONS = ("-n", "0", "-x", "-q", "-p", "no:cacheprovider")


def run(folder, seconds, tests):
    """In a child: the status of its own tests, as a plain `pytest` in that folder would give."""
    os.setsid()
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    os.chdir(folder)
    silent = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(silent, descriptor)
    os._exit(pytest.main([*OPTIONS, *tests]))


def main():
    for library in sys.argv[1:]:
        importlib.import_module(library)
    for line in sys.stdin:
        folder, seconds, *tests = json.loads(line)
        child = os.fork() or run(folder, seconds, tests)
        # By the clock ten times as long: only tests that wait for something take that.
        ended, *_ = select.select([os.pidfd_open(child)], [], [], 10 * seconds)
        os.killpg(child, signal.SIGKILL)  # and what its tests have left behind
        _, state = os.waitpid(child, 0)
        status = os.waitstatus_to_exitcode(state)
        print(status if ended and status != -signal.SIGKILL else "timed out", flush=True)


if __name__ == "__main__":
    main()
