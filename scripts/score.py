"""One table cell: counts, accuracy and intervals from a prediction file."""

import json
from pathlib import Path

from framefault.cli import arguments, run
from framefault.files import write_json
from framefault.metrics import accuracy
from framefault.predictions import read_predictions


def main():
    names = {"dataset": str, "defense": str, "seed": int, "corruption": str, "level": str}
    args = arguments(
        __doc__, predictions=Path, playable=json.loads, confidence=float, cell=Path, **names
    )
    cell = {name: getattr(args, name) for name in names}
    cell |= accuracy(read_predictions(args.predictions), args.playable, args.confidence)
    write_json(args.cell, cell | {"playable_rule": args.playable})


if __name__ == "__main__":
    run(main)
