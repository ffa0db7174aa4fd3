"""Cells of one or more seeds, summed up for tables and figures."""

import json

import numpy as np


def read_cells(paths):
    """Cells by (dataset, defence, seed, corruption, level); oracles count as one defence."""
    cells = {}
    for path in paths:
        cell = json.loads(path.read_text(encoding="utf-8"))
        defence = cell["defense"].split("/")[0]
        key = cell["dataset"], defence, cell["seed"], cell["corruption"], cell["level"]
        cells[key] = cell
    return cells


def of_seeds(cells, dataset, defence, seeds, corruption, level):
    """The cells of one table entry, one per seed; none for an entry that does not exist."""
    keys = [(dataset, defence, seed, corruption, level) for seed in seeds]
    return [cells[key] for key in keys if key in cells]


def summarise(cells, measure):
    """Mean, standard deviation (None for one seed), interval and number of seeds of a measure.

    The ends of the interval are averaged over the seeds: these share the test clips, so more
    seeds do not make the sample of clips any larger. None where no seed has a value.
    """
    cells = [cell for cell in cells if cell[measure] is not None]
    if not cells:
        return None
    values = [cell[measure] for cell in cells]
    intervals = [cell[interval_of(measure)] for cell in cells if cell.get(interval_of(measure))]
    low, high = np.mean(intervals, axis=0).tolist() if intervals else (None, None)
    return {
        "mean": float(np.mean(values)),
        "std": float(np.std(values, ddof=1)) if len(values) > 1 else None,
        "low": low,
        "high": high,
        "seeds": len(values),
    }


def interval_of(measure):
    """Name of a measure's interval in its cell: accuracy_all has interval_all."""
    return f"interval_{measure.removeprefix('accuracy_')}"
