"""One cell of checksum-based detection: how many files are unchanged, and accuracy on them."""

import json
from pathlib import Path

from framefault.cli import Output, stage
from framefault.errors import UserError
from framefault.evaluation.checksums import support
from framefault.evaluation.predictions import read_predictions
from framefault.files import read_csv, write_json

CELL = {"dataset": str, "seed": int, "corruption": str, "level": str}


@stage(files=[Path], predictions=Path, playable=json.loads, confidence=float, cell=Output, **CELL)
def main(args):
    files = [
        {"clip": row["clip"], "bytes": int(row["bytes"]), "unchanged": row["unchanged"] == "1"}
        for path in args.files
        for row in read_csv(path)
    ]
    predictions = read_predictions(args.predictions)
    if [row["clip"] for row in files] != [row["clip"] for row in predictions]:
        raise UserError(f"{args.predictions} is of other clips than {args.files[0]}; delete both.")
    # Only flipped bits have a law that the files' sizes give.
    p = float(args.level) if args.corruption in ("random", "none") else None
    cell = {name: getattr(args, name) for name in CELL} | {"defense": "checksum"}
    cell |= support(files, predictions, args.playable, args.confidence, p)
    write_json(args.cell, cell | {"playable_rule": args.playable})


if __name__ == "__main__":
    main()
