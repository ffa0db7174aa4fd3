"""Scores: the one form in which every task hands its numbers to tables, figures and claims.

A score is a row of a frame: which (dataset, model and its training, corruption, level and the seed
of its draws), what (measure, and part where it is of a part of the data), and its value; for a
share, how many (count) of how many (of) with an interval from low to high.
"""

import json

import numpy as np
import pandas as pd

from framefault.files import write_json
from framefault.results.statistics import clopper_pearson, student

KEYS = ["dataset", "model", "training", "corruption", "level", "seed"]
SELECTION = ["dataset", "model", "corruption", "level", "measure", "part"]
NUMBERS = ["value", "low", "high", "count", "of"]


def score(measure, value, part="", interval=(None, None)):
    """One score that is no share; None where there is nothing to measure."""
    low, high = interval
    return {"measure": measure, "part": part, "value": value, "low": low, "high": high}


def share(measure, count, of, confidence, part=""):
    """One score that is a share, with its Clopper-Pearson interval; None of nothing."""
    count, of = int(count), int(of)
    low, high = (float(end) for end in clopper_pearson(count, of, confidence))
    value = count / of if of else None
    return score(measure, value, part, (low, high)) | {"count": count, "of": of}


def mean(measure, values, confidence):
    """One score that is a mean of numbers from 0 up, with Student's interval; None of nothing."""
    low, high = student(values, confidence)
    value = float(np.mean(values)) if len(values) else None
    interval = (None if low is None else max(0.0, low), high)
    return score(measure, value, interval=interval) | {"of": len(values)}


def write_cell(path, wildcards, scores, **facts):
    """The file of all scores of one model under one condition; `facts` are the task's own."""
    names = {key: wildcards[key] for key in KEYS}
    numbers = {key: int(names[key]) for key in ("training", "seed")}
    write_json(path, names | numbers | {"scores": scores} | facts)


def read_cell(path):
    return json.loads(path.read_text(encoding="utf-8"))


def read_scores(paths):
    """All scores of some cells as one frame; oracles count as one model."""
    rows = []
    for path in paths:
        cell = read_cell(path)
        names = {key: cell[key] for key in KEYS}
        names["model"] = names["model"].partition("/")[0]
        rows += [names | each for each in cell["scores"]]
    return pd.DataFrame(rows, columns=[*KEYS, "measure", "part", *NUMBERS])


def over_runs(scores):
    """Mean and standard deviation of every score over runs, by SELECTION.

    A run is one training under one draw of the corruption. The ends of the interval are averaged:
    runs share the test data, so more of them do not make the sample any larger. One run has no
    deviation. Runs without a value only count in `of`.
    """
    known = scores["value"].notna()
    scores = scores.assign(low=scores["low"].where(known), high=scores["high"].where(known))
    groups = scores.groupby(SELECTION, sort=False)
    found = groups.agg(
        value=("value", "mean"), std=("value", "std"), low=("low", "mean"), high=("high", "mean"),
        count=("count", "mean"), of=("of", "mean"), runs=("value", "count"),
        trainings=("training", "nunique"),
    )  # fmt: skip
    return found.reset_index()


def select(scores, wanted):
    """`wanted`, a frame with the columns of SELECTION, with the numbers of `over_runs` added."""
    return wanted.merge(over_runs(scores), "left", SELECTION)
