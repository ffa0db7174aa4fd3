"""Scores of image classifiers across time, in the form that all tasks share."""

import numpy as np

from framefault.results.scores import score, share
from framefault.tasks.frames.scoring import (
    conditional,
    errors_by_offset,
    per_class,
    pm_k,
    right,
    static_worst,
)
from framefault.tasks.frames.sets import REACH


def model_scores(answers, sets, rules, streams=None):
    """All scores of one model's answers, int (frames,).

    pm_0 … pm_10 of all anchors, and pm_0 and pm_10 of parts of them: by class, without I, P or B
    frames and by frame rate (where `streams` are known), and with all pairs as if none had been
    rejected (where rejected ones are known). at_1 … at_10: right exactly k frames away, given
    that the anchor is. wrong, wrong_all_pairs: by offset. `rules`: labels, confidence.
    """
    labels, confidence = rules["labels"], rules["confidence"]

    def pm(counts, anchors, part="", shown=(0, REACH)):
        return [share(f"pm_{k}", counts[k], anchors, confidence, part) for k in shown]

    scores = pm(*pm_k(answers, sets, labels), shown=range(REACH + 1))
    for part, chosen in stream_parts(streams):
        scores += pm(*pm_k(answers, sets, labels, chosen), part)
    for name, anchors, original, perturbed in per_class(answers, sets, labels):
        if anchors:
            scores += pm({0: original, REACH: perturbed}, anchors, f"class {name}")
    counts, totals = conditional(answers, sets, labels)
    for k, (count, total) in enumerate(zip(counts, totals, strict=True), 1):
        scores.append(share(f"at_{k}", count, total, confidence))
    for offset, (wrong, pairs) in errors_by_offset(answers, sets, labels).items():
        scores.append(share("wrong", wrong, pairs, confidence, f"offset {offset}"))
    if sets.knows_rejected:
        everything = sets.with_all_pairs()
        scores += pm(*pm_k(answers, everything, labels), "all pairs")
        for offset, (wrong, pairs) in errors_by_offset(answers, everything, labels).items():
            scores.append(share("wrong_all_pairs", wrong, pairs, confidence, f"offset {offset}"))
    return scores


def stream_parts(streams):
    """(name, which anchors) by frame type and by the whole part of the rate: 29.97 counts as 29."""
    if streams is None:
        return
    types, rates = streams["type"].to_numpy(), streams["fps"].to_numpy().astype(int)
    yield from ((f"without {kind}", types != kind) for kind in "IPB")
    yield from ((f"fps {rate}", rates == rate) for rate in np.unique(rates))


def set_scores(sets):
    """What review kept; rejected pairs are known only where the release has them."""
    kept, anchors = sets.reviewed(), len(sets.anchors)
    reviewed = len(sets.rows) - anchors if sets.knows_rejected else None
    neighbours = np.bincount(kept[:, 0]) - 1
    return [
        score("anchors", anchors),
        score("pairs_reviewed", reviewed),
        score("pairs_accepted", len(kept) - anchors),
        score("frames", len(np.unique(kept[:, 1]))),
        score("median_neighbours", float(np.median(neighbours))),
    ]


def static_scores(answers, sets, rules):
    """Every model's accuracy on the frames that most models get wrong; `answers` by model."""
    everyone = np.array(list(answers.values()))
    worst = static_worst(everyone, sets, rules["labels"])
    found = right(everyone, sets, sets.reviewed(), rules["labels"])[:, worst].sum(axis=1)
    return [
        share("static_pm_10", count, len(worst), rules["confidence"], f"model {model}")
        for model, count in zip(answers, found, strict=True)
    ]
