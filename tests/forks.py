"""Dry-runs in forks of a process that has imported Snakemake, which takes longer than most plans.

The process never imports the project's code.
"""

import gc
import importlib
import json
import os
import runpy
import signal
import subprocess
import sys
import tempfile
from functools import cache

# What Snakemake imports later on, and what the rules import.
LIBRARIES = ("PIL.Image", "jinja2", "jsonschema", "pandas", "pyarrow.parquet", "requests",
             "smart_open", "yte")  # fmt: skip


@cache
def parent():
    return subprocess.Popen(
        [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def snakemake(folder, arguments, timeout):
    """What `python -m snakemake` says in a folder, as subprocess.run gives it."""
    with tempfile.NamedTemporaryFile("r", encoding="utf-8") as said:
        request = [arguments, str(folder), dict(os.environ), said.name, timeout]
        print(json.dumps(request), file=parent().stdin, flush=True)
        status = int(parent().stdout.readline())
        return subprocess.CompletedProcess(arguments, status, said.read())


def serve():
    """Fork for every line of stdin; in the child, return."""
    for library in LIBRARIES:
        importlib.import_module(library)
    importlib.import_module("snakemake.cli").get_argument_parser()  # imports plugins
    gc.freeze()
    for line in sys.stdin:
        if (child := os.fork()) == 0:
            return become(*json.loads(line))
        status = os.waitpid(child, 0)[1]
        print(os.waitstatus_to_exitcode(status), flush=True)


def become(arguments, folder, environment, said, timeout):
    signal.alarm(timeout)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    for name, numbers in ((os.devnull, [0]), (said, [1, 2])):
        with open(name, "r+b") as file:
            for number in numbers:
                os.dup2(file.fileno(), number)
    sys.argv, sys.path[0] = ["snakemake", *arguments], folder
    runpy.run_module("snakemake", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    serve()
