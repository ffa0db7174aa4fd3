"""Checksums as a detector of corruption (paper A, appendix D.2)."""

import hashlib

import numpy as np

from framefault.evaluation.metrics import clopper_pearson, is_playable, predicted_class

DIGESTS = ("md5", "sha1", "sha256")


def verdicts(clean, corrupted):
    """Whether each of DIGESTS agrees for two files' bytes, as {name: bool}."""
    return {
        name: hashlib.new(name, clean, usedforsecurity=False).digest()
        == hashlib.new(name, corrupted, usedforsecurity=False).digest()
        for name in DIGESTS
    }


def unflipped(sizes, p):
    """Probability that no bit of a file flips, for files of `sizes` bytes: (1 - p) ^ bits."""
    return (1 - p) ** (8 * np.asarray(sizes, np.float64))


def support_law(probabilities):
    """Probabilities of 0, 1, ..., n successes in independent trials (Poisson binomial)."""
    law = np.ones(1)
    for probability in probabilities:
        law = np.convolve(law, [1 - probability, probability])
    return law


def support_interval(law, confidence):
    """Central interval [low, high] of a law as given by `support_law`."""
    tail, below = (1 - confidence) / 2, np.cumsum(law)
    return [int(np.searchsorted(below, tail, "right")), int(np.searchsorted(below, 1 - tail))]


def support(files, predictions, rule, confidence, p=None):
    """Number of unchanged files, accuracy on them, and their intervals.

    `files` have "bytes" and "unchanged", in the order of `predictions`. Where bits flip with
    probability `p`, also the expected number of unchanged files. An unchanged file that no
    decoder can play is wrong.
    """
    kept = [row for file, row in zip(files, predictions, strict=True) if file["unchanged"]]
    correct = sum(
        is_playable(row, rule) and predicted_class(row["logits"]) == row["label"] for row in kept
    )
    chances = None if p is None else unflipped([file["bytes"] for file in files], p)
    interval = clopper_pearson(len(kept), len(files), confidence)
    return {
        "clips": len(files),
        "support": len(kept),
        "interval_support": [len(files) * end for end in interval],
        "correct": correct,
        "accuracy_unchanged": correct / len(kept) if kept else None,
        "interval_unchanged": clopper_pearson(correct, len(kept), confidence),
        "expected_support": None if p is None else float(chances.sum()),
        "interval_expected_support": (
            None if p is None else support_interval(support_law(chances), confidence)
        ),
    }
