"""What every stage shares: the job it is given, its log, its record and how it fails."""

import argparse
import functools
import importlib
import json
import logging
import os
import resource
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

from framefault.errors import UserError
from framefault.files import cannot_write
from framefault.workflow import provenance
from framefault.workflow.fingerprint import fingerprint

log = logging.getLogger("framefault")


class Named(dict):
    """A dictionary whose entries are attributes, too: `job.input.clips`."""

    __getattr__ = dict.__getitem__


@dataclass(frozen=True)
class Job:
    """One job of the workflow, named as in Snakemake's own scripts.

    `input` and `output` hold Paths, or lists of Paths, under the names that the rule gives them.
    `settings` decide the result with the inputs and the code; `circumstances` and `threads` say
    how the job is run and never change what it makes.
    """

    input: Named
    output: Named
    wildcards: Named
    settings: Named
    circumstances: Named
    threads: int
    code: str  # fingerprint of the stage's code
    modules: tuple = ()  # names of modules with the methods that it uses
    prefix: str = ""  # that of a module: where results/ lies

    def method(self):
        """The module of the method that the stage uses."""
        (method,) = self.methods()
        return method

    def methods(self):
        """The modules of all methods that the stage uses."""
        return list(map(imported, self.modules))

    def training(self):
        """What `training.loop.Training` needs to know of a training stage."""
        name = Path(self.wildcards.dataset, self.wildcards.model, f"seed{self.wildcards.training}")
        return {
            "weights": self.output.weights,
            "history": self.output.history,
            "checkpoint": Path(self.prefix, "results/checkpoints", f"{name}.pt"),
            "recipe": self.settings.recipe,
            "identity": [self.code, self.settings],
            "precision": self.settings.precision,
            "workers": self.threads,
        }


def imported(name):
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise UserError(f"{name} cannot be used: {error}.") from error


def stage(main):
    """Make `main(job)` a stage: a script that rules run, with a log and a record.

    What `main` returns, a dictionary or None, goes into the record beside the outputs. A
    UserError ends the process with its one sentence on the terminal.
    """

    @functools.wraps(main)
    def run():
        start = time.monotonic()
        options = parse(main.__globals__["__doc__"])
        name = " ".join([Path(main.__globals__["__file__"]).stem, *options.modules])
        open_log(options.log)
        try:
            code = fingerprint(*name.split())
            check_code(name, code, options.code)
            job = read_job(options, code)
            digests = provenance.input_digests(flat(job.input))
            facts = main(replace(job, settings=placed(job.settings, job.prefix)))
            if "provenance" in job.output:
                provenance.write(name, job, digests, facts)
            log.info("%s", usage(start))
        except UserError as error:
            log.error("framefault: %s", error)
            sys.exit(1 if is_told(options.log, error) else f"framefault: {error}")
        except KeyboardInterrupt:
            sys.exit(130)
        except Exception as error:
            log.exception("unexpected error")
            if is_told(options.log, error):
                sys.exit(1)
            raise

    return run


def parse(description):
    """Parse the command line that COMMAND in rules/common.smk makes."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("modules", nargs="*", help="modules with the methods to use")
    parser.add_argument("--settings", type=json.loads, required=True)
    parser.add_argument("--files", type=json.loads, required=True)
    parser.add_argument("--code", help="fingerprint of the code that the run was planned with")
    parser.add_argument("--threads", type=int, default=1, help="workers that it may have")
    parser.add_argument("--log", type=Path, help="log file; the terminal without it")
    return parser.parse_args()


def read_job(options, code):
    """The job of parsed options."""
    files = options.files
    return Job(
        *(Named({name: as_paths(each) for name, each in files[part].items()})
          for part in ("input", "output")),
        Named(files["wildcards"]), Named(options.settings), Named(files["circumstances"]),
        options.threads, code, tuple(options.modules), files.get("prefix", ""),
    )  # fmt: skip


def placed(settings, prefix):
    """Settings whose paths of results/ lie below a module's prefix."""
    if isinstance(settings, dict):
        return type(settings)({key: placed(each, prefix) for key, each in settings.items()})
    if isinstance(settings, list):
        return [placed(each, prefix) for each in settings]
    is_result = isinstance(settings, str) and settings.startswith("results/")
    return prefix + settings if is_result else settings


def as_paths(value):
    return [Path(each) for each in value] if isinstance(value, list) else Path(value)


def flat(files):
    """All paths of a job's input or output."""
    lists = (each if isinstance(each, list) else [each] for each in files.values())
    return [path for paths in lists for path in paths]


def open_log(path):
    """Write the log to a file, or to the terminal without one."""
    logging.raiseExceptions = False  # a full disk is reported once, by what writes results
    try:
        if path:
            path.parent.mkdir(parents=True, exist_ok=True)
        logging.basicConfig(
            filename=path, filemode="w", level=logging.INFO, format="%(asctime)s %(message)s"
        )
    except OSError as error:
        sys.exit(f"framefault: {cannot_write(path, error)}")


def is_told(log_file, error):
    """Whether the run shows at its end what is in the log, and the error is in it.

    On a full disk it is not.
    """
    if "FRAMEFAULT_PROGRESS" not in os.environ or not log_file:
        return False
    return str(error) in log_file.read_text(encoding="utf-8", errors="replace")


def check_code(name, code, planned):
    """Refuse to run other code than the one that the workflow will remember."""
    if planned not in (None, code):
        raise UserError(
            f"The code of {name} has changed since this run was planned;"
            " run the same command again."
        )


def usage(start):
    """Time and memory of this process and its workers, for the log; `make plan` reads it."""
    own, workers = (
        resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    cpu = sum(part.ru_utime + part.ru_stime for part in (own, workers))
    peak = max(own.ru_maxrss, workers.ru_maxrss) // 1024
    return f"usage: {time.monotonic() - start:.2f} s, {cpu:.2f} CPU s, {peak} MB"
