"""What every entry point shares: its arguments, its log and how it fails."""

import argparse
import logging
import resource
import sys
import time
from pathlib import Path

from framefault.errors import UserError

log = logging.getLogger("framefault")


def arguments(description, **options):
    """Parse required options: each keyword is `--keyword`, its value a converter.

    A converter in a list takes one or more values. `--log` names the log file; without it
    the log goes to the terminal.
    """
    parser = argparse.ArgumentParser(description=description)
    for name, convert in options.items():
        many = isinstance(convert, list)
        parser.add_argument(
            f"--{name.replace('_', '-')}",
            type=convert[0] if many else convert,
            nargs="*" if many else None,
            required=True,
        )
    parser.add_argument("--log", type=Path)
    args = parser.parse_args()
    if args.log:
        args.log.parent.mkdir(parents=True, exist_ok=True)
    logging.basicConfig(
        filename=args.log, filemode="w", level=logging.INFO, format="%(asctime)s %(message)s"
    )
    return args


def run(main):
    """Call `main()`; a UserError ends the process with its one sentence on the terminal."""
    start = time.monotonic()
    try:
        main()
        log.info("%s", usage(start))
    except UserError as error:
        log.error("%s", error)
        sys.exit(f"framefault: {error}")
    except Exception:
        log.exception("unexpected error")
        raise


def usage(start):
    """Time and memory of this process and its workers, for the log; benchmarks read it."""
    own, workers = (
        resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    cpu = sum(part.ru_utime + part.ru_stime for part in (own, workers))
    peak = max(own.ru_maxrss, workers.ru_maxrss) // 1024
    return f"usage: {time.monotonic() - start:.2f} s, {cpu:.2f} CPU s, {peak} MB"
