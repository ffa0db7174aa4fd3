"""Intervals, laws and rounding that tasks and claims share."""

import numpy as np
from scipy.special import betaincinv, stdtrit


def clopper_pearson(successes, trials, confidence=0.95):
    """Exact binomial interval (low, high) of a proportion; arrays of counts give arrays.

    Of no trial at all, the interval is (0, 1).
    """
    successes, trials = np.asarray(successes, np.float64), np.asarray(trials, np.float64)
    tail = (1 - confidence) / 2
    low = betaincinv(np.maximum(successes, 1), trials - successes + 1, tail)
    high = betaincinv(successes + 1, np.maximum(trials - successes, 1), 1 - tail)
    return np.where(successes > 0, low, 0.0), np.where(successes < trials, high, 1.0)


def student(values, confidence=0.95):
    """Student's interval (low, high) of a mean; (None, None) of fewer than two values."""
    values = np.asarray(values, np.float64)
    if len(values) < 2:
        return None, None
    reach = stdtrit(len(values) - 1, (1 + confidence) / 2) * values.std(ddof=1) / len(values) ** 0.5
    return float(values.mean() - reach), float(values.mean() + reach)


def rounded(share, scale=100):
    """A share as it is printed: in percent, one decimal, halves away from zero as in the papers."""
    return np.round(scale * share + np.sign(share) * 1e-9, 1)


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


def auroc_of_found(found):
    """The AUROC of a detector that finds these clips, bool (n), and never a clean one.

    None of no clip. Half of what it does not find counts, as for any tie.
    """
    return (1 + float(found.mean())) / 2 if len(found) else None
