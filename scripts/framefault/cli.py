"""What every stage shares: its options, its log, its record and how it fails."""

import argparse
import functools
import logging
import resource
import sys
import time
from pathlib import Path

from framefault.errors import UserError
from framefault.workflow import provenance
from framefault.workflow.fingerprint import fingerprint

log = logging.getLogger("framefault")

# How a job is run, not what it makes: never part of a result's record.
CIRCUMSTANCES = ("workers", "checkpoint", "downloads", "code", "provenance", "log")


class Output(type(Path())):
    """Path of a file or folder that a stage makes."""


def stage(**options):
    """Make `main(args)` a stage that is called without arguments and reads the command line.

    Each keyword is a required `--keyword`, its value a converter; a converter in a list takes
    any number of values. A `Path` is an input, an `Output` is made here, and the rest are
    settings. Three more options exist for all: `--log` names the log file (the terminal without
    it), `--provenance` the record to write, and `--code` the fingerprint of the code that the
    workflow was planned with. What `main` returns, a dictionary or None, goes into the record.

    A UserError ends the process with its one sentence on the terminal.
    """

    def decorate(main):
        @functools.wraps(main)
        def run():
            start = time.monotonic()
            name = Path(main.__globals__["__file__"]).stem
            args = parse(main.__globals__["__doc__"], options)
            open_log(args.log)
            inputs, outputs, settings = roles(args, options)
            try:
                code = fingerprint(name)
                check_code(name, code, args.code)
                args.code = code
                digests = provenance.input_digests(inputs)
                facts = main(args)
                if args.provenance:
                    provenance.write(args.provenance, name, settings, digests, outputs, facts)
                log.info("%s", usage(start))
            except UserError as error:
                log.error("%s", error)
                sys.exit(f"framefault: {error}")
            except KeyboardInterrupt:
                sys.exit(130)
            except Exception:
                log.exception("unexpected error")
                raise

        return run

    return decorate


def parse(description, options):
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=description)
    for name, convert in options.items():
        many = isinstance(convert, list)
        parser.add_argument(
            f"--{name.replace('_', '-')}",
            type=convert[0] if many else convert,
            nargs="*" if many else None,
            required=True,
        )
    for name, convert in {"code": str, "provenance": Path, "log": Path}.items():
        parser.add_argument(f"--{name}", type=convert)
    return parser.parse_args()


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
        sys.exit(
            f"framefault: Cannot write {path}: {error.strerror};"
            " solve that and run the same command again."
        )


def check_code(name, code, planned):
    """Refuse to run other code than the one that the workflow will remember."""
    if planned not in (None, code):
        raise UserError(
            f"The code of {name} has changed since this run was planned;"
            " run the same command again."
        )


def roles(args, options):
    """The options as (input paths, output paths, settings)."""
    inputs, outputs, settings = [], [], {}
    for name, convert in options.items():
        if name in CIRCUMSTANCES:
            continue
        value = getattr(args, name)
        kind, values = (convert[0], value) if isinstance(convert, list) else (convert, [value])
        if kind is Path:
            inputs += values
        elif kind is Output:
            outputs += values
        else:
            settings[name] = value
    return inputs, outputs, settings


def usage(start):
    """Time and memory of this process and its workers, for the log; benchmarks read it."""
    own, workers = (
        resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    cpu = sum(part.ru_utime + part.ru_stime for part in (own, workers))
    peak = max(own.ru_maxrss, workers.ru_maxrss) // 1024
    return f"usage: {time.monotonic() - start:.2f} s, {cpu:.2f} CPU s, {peak} MB"
