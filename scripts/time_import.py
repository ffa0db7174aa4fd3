"""Logits from a user's file of predictions: JSON with a list of scores per frame."""

from pathlib import Path

import numpy as np

from framefault.cli import Output, stage
from framefault.errors import UserError
from framefault.files import whole
from framefault.pmk.sets import read_json, read_sets


@stage(sets=Path, predictions=Path, logits=Output)
def main(args):
    keys = read_sets(args.sets).frames
    scores = read_json(args.predictions, "an object with a list of scores per frame", dict)
    missing = [key for key in keys if key not in scores]
    if missing:
        raise UserError(
            f"{args.predictions} lacks {len(missing)} of {len(keys)} frames, such as {missing[0]}."
        )
    try:
        logits = np.array([scores[key] for key in keys], np.float32)
    except (ValueError, TypeError) as error:
        raise UserError(
            f"{args.predictions} needs equally many numbers per frame: {error}."
        ) from error
    if logits.ndim != 2 or np.isnan(logits).any():
        raise UserError(f"{args.predictions} needs a list of numbers per frame, without NaN.")
    with whole(args.logits) as part:
        np.save(part, logits)


if __name__ == "__main__":
    main()
