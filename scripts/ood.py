"""One cell of out-of-distribution detection, from the predictions for clean and corrupted clips."""

import json
from pathlib import Path

from framefault.cli import Output, stage
from framefault.errors import UserError
from framefault.evaluation.ood import detection
from framefault.evaluation.predictions import read_predictions
from framefault.files import write_json

CELL = {"dataset": str, "defense": str, "seed": int, "corruption": str, "level": str}


@stage(
    clean=Path, predictions=Path, options=json.loads, playable=json.loads, confidence=float,
    cell=Output, **CELL,
)  # fmt: skip
def main(args):
    clean, shifted = read_predictions(args.clean), read_predictions(args.predictions)
    if [row["clip"] for row in clean] != [row["clip"] for row in shifted]:
        raise UserError(f"{args.predictions} and {args.clean} are of other clips; delete both.")
    options = {"method": args.defense} | args.options
    cell = {name: getattr(args, name) for name in CELL}
    cell |= detection(clean, shifted, args.playable, options, args.confidence)
    write_json(args.cell, cell | {"options": args.options, "playable_rule": args.playable})


if __name__ == "__main__":
    main()
