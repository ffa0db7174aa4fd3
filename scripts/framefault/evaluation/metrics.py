"""The papers' metrics, from stored predictions."""

import numpy as np
from scipy.special import betaincinv, softmax


def is_playable(account, rule):
    """Whether a clip counts as playable under the `playable` section of the configuration."""
    if account["status"] != "ok" or account["frames"] < rule["min_frames"]:
        return False
    if rule["max_errors"] is not None and account["errors"] > rule["max_errors"]:
        return False
    return account["full_length"] or not rule["full_length"]


def predicted_class(logits):
    """Class of the highest probability, averaged over segments (segments, classes)."""
    return int(softmax(np.asarray(logits, np.float64), axis=1).mean(axis=0).argmax())


def accuracy(predictions, rule, confidence):
    """Counts, top-1 accuracy on playable clips and on all clips, and their intervals.

    An unplayable clip is wrong among all clips (paper A, appendix A). Accuracy on no clip is
    None. The distances are means to the clean clip over playable ones: all, those classified
    right, those classified wrong (paper A, figure 3).
    """
    playable = [row for row in predictions if is_playable(row, rule)]
    right = np.array([predicted_class(row["logits"]) == row["label"] for row in playable], bool)
    correct = int(right.sum())
    cell = {"clips": len(predictions), "playable": len(playable), "correct": correct}
    for name, count in (("playable", len(playable)), ("all", len(predictions))):
        cell[f"accuracy_{name}"] = correct / count if count else None
        cell[f"interval_{name}"] = clopper_pearson(correct, count, confidence)
    distances = np.array([row["distance"] for row in playable], np.float64)
    chosen = {"all": right | True, "correct": right, "incorrect": ~right}
    return cell | {f"distance_{name}": mean(distances[which]) for name, which in chosen.items()}


def mean(values):
    """Mean without NaNs, None of nothing."""
    values = values[np.isfinite(values)]
    return float(values.mean()) if len(values) else None


def clopper_pearson(successes, trials, confidence=0.95):
    """Exact binomial confidence interval [low, high] of a proportion."""
    tail = (1 - confidence) / 2
    low = betaincinv(successes, trials - successes + 1, tail) if successes else 0.0
    high = betaincinv(successes + 1, trials - successes, 1 - tail) if successes < trials else 1.0
    return [float(low), float(high)]
