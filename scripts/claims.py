"""The paper's claims, asked of the results at hand."""

import json
from pathlib import Path

from framefault.cli import Output, stage
from framefault.evaluation.claims import (
    COLUMNS,
    as_text,
    named,
    near_chance_rows,
    outcomes,
    paired_rows,
    unchanged_rows,
)
from framefault.evaluation.predictions import read_predictions
from framefault.evaluation.summary import read_cells
from framefault.files import read_csv, write_csv, write_text


def key_of(path):
    """What results/predictions/<dataset>/<defense>/seed<k>/<corruption>/<level>.parquet holds."""
    dataset, defense, seed, corruption, level = path.with_suffix("").parts[-5:]
    return dataset, defense, int(seed.removeprefix("seed")), corruption, level


def unchanged_files(paths):
    """(bytes, level, unchanged) of all files, by data set and level."""
    found = {}
    for path in paths:
        dataset, _, _, level = path.parts[-6:-2]
        rows = read_csv(path)
        found.setdefault((dataset, level), []).extend(
            (int(row["bytes"]), float(level), int(row["unchanged"])) for row in rows
        )
    return found


@stage(
    predictions=[Path],
    ood=[Path],
    files=[Path],
    claims=json.loads,
    datasets=json.loads,
    seeds=json.loads,
    playable=json.loads,
    confidence=float,
    caption=str,
    csv=Output,
    md=Output,
)
def main(args):
    right = {
        key_of(path): outcomes(read_predictions(path), args.playable) for path in args.predictions
    }
    cells, files = read_cells(args.ood), unchanged_files(args.files)
    alpha, rows = 1 - args.confidence, []
    for claim in args.claims:
        if claim["kind"] == "paired":
            found = paired_rows(claim, right, args.datasets, args.seeds, alpha)
        elif claim["kind"] == "near_chance":
            found = near_chance_rows(claim, cells, args.datasets, args.seeds)
        else:
            found = unchanged_rows(claim, files, args.datasets, args.confidence)
        rows += named(claim, found)
    write_csv(args.csv, rows, COLUMNS)
    write_text(args.md, as_text(rows, args.caption))


if __name__ == "__main__":
    main()
