"""Predictions and scores by hand, in the forms that stages hand on."""

import pandas as pd

from framefault.results.scores import KEYS, NUMBERS

ANY = {"min_frames": 1, "max_errors": None, "full_length": False}
GOOD = {
    "status": "ok", "opened": True, "frames": 10, "errors": 0, "flagged": 0, "full_length": True,
    "distance": 0.0, "label": 0, "logits": [[1.0, 0.0]],
}  # fmt: skip
RIGHT, WRONG = GOOD, GOOD | {"logits": [[0.0, 1.0]]}
LOST = GOOD | {"frames": 0, "logits": []}


def frame(rows):
    """Predictions as they are read: a frame with a row per clip, named c0, c1, …"""
    return pd.DataFrame([{"clip": f"c{index}"} | row for index, row in enumerate(rows)])


def by_measure(scores):
    """{measure: score} of scores of the whole data set, {(measure, part): score} of parts."""
    named = [((each["measure"], each["part"]), each) for each in scores]
    found = {key if key[1] else key[0]: each for key, each in named}
    assert len(found) == len(scores)
    return found


def cells(*rows):
    """Scores as `results.scores.read_scores` reads them, of what each row says of itself."""
    start = {
        "dataset": "mine",
        "model": "none",
        "training": 0,
        "corruption": "clean",
        "level": "0",
        "seed": 0,
    }
    start |= {"measure": "accuracy", "part": ""} | dict.fromkeys(NUMBERS)
    columns = [*KEYS, "measure", "part", *NUMBERS]
    table = pd.DataFrame([start | row for row in rows], columns=columns)
    return table.astype(dict.fromkeys(NUMBERS, float))
