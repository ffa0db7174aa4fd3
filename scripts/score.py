"""One table cell: counts, accuracy and intervals from a prediction file."""

import json
from pathlib import Path

from framefault.cli import Output, stage
from framefault.evaluation.metrics import accuracy
from framefault.evaluation.predictions import read_predictions
from framefault.files import write_json

CELL = {"dataset": str, "defense": str, "seed": int, "corruption": str, "level": str}


@stage(predictions=Path, playable=json.loads, confidence=float, cell=Output, **CELL)
def main(args):
    cell = {name: getattr(args, name) for name in CELL}
    cell |= accuracy(read_predictions(args.predictions), args.playable, args.confidence)
    write_json(args.cell, cell | {"playable_rule": args.playable})


if __name__ == "__main__":
    main()
