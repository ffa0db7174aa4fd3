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

    pm_0 … pm_10 and pm_drop, the share that is right but not under pm-10, of all anchors, and pm_0,
    pm_10 and pm_drop of parts of them: by class, without I, P or B
    frames, and by frame rate (where `streams` are known); and of all frames as if nothing had been
    reviewed (where rejected ones are known). at_1 … at_10: right exactly k frames away, given
    that the anchor is. caused, caused_unreviewed: wrong at an offset, given that the anchor is
    right. `rules`: labels, confidence.
    """
    labels, confidence = rules["labels"], rules["confidence"]

    def pm(counts, anchors, part="", shown=(0, REACH)):
        right = {f"pm_{k}": counts[k] for k in shown} | {"pm_drop": counts[0] - counts[REACH]}
        return [share(name, each, anchors, confidence, part) for name, each in right.items()]

    scores = pm(*pm_k(answers, sets, labels), shown=range(REACH + 1))
    for part, chosen in stream_parts(streams):
        scores += pm(*pm_k(answers, sets, labels, chosen), part)
    for name, anchors, original, perturbed in per_class(answers, sets, labels):
        if anchors:
            scores += pm({0: original, REACH: perturbed}, anchors, f"class {name}")
    counts, totals = conditional(answers, sets, labels)
    for k, (count, total) in enumerate(zip(counts, totals, strict=True), 1):
        scores.append(share(f"at_{k}", count, total, confidence))
    known = {"caused": sets}
    if sets.reasons is not None:
        known["caused_unreviewed"] = everything = sets.before_review()
        scores += pm(*pm_k(answers, everything, labels), "unreviewed")
    for measure, shown in known.items():
        for offset, (wrong, pairs) in errors_by_offset(answers, shown, labels).items():
            scores.append(share(measure, wrong, pairs, confidence, f"offset {offset}"))
    return scores


def stream_parts(streams):
    """(name, which anchors) by frame type and by the whole part of the rate: 29.97 counts as 29."""
    if streams is None:
        return
    types, rates = streams["type"].to_numpy(), streams["fps"].to_numpy().astype(int)
    yield from ((f"without {kind}", types != kind) for kind in "IPB")
    yield from ((f"fps {rate}", rates == rate) for rate in np.unique(rates))


def set_scores(sets):
    """What was reviewed and kept; None where the release does not tell.

    labels_updated are accepted anchors whose labels review changed, labels_added the labels that it
    added to an accepted anchor on average.
    """
    kept, accepted, everything = sets.reviewed(), sets.accepted, len(sets.anchors)
    known, updated = sets.reasons is not None, sets.original
    neighbours = np.unique(kept[:, 0], return_counts=True)[1] - 1
    changed = added = None
    if updated is not None:
        more = [len({*sets.labels[at]} - {*updated.get(at, sets.labels[at])}) for at in accepted]
        changed, added = int(np.isin(accepted, [*updated]).sum()), float(np.mean(more))
    return [
        score("anchors_reviewed", everything if known else None),
        score("anchors_accepted", len(accepted)),
        score("labels_updated", changed),
        score("labels_added", added),
        score("pairs_reviewed", len(sets.rows) - everything if known else None),
        score("pairs_accepted", len(kept) - len(accepted)),
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
