"""Out-of-distribution detection from stored logits (paper A, sections 3.1 and 4.3, appendix D).

Clean test clips are in distribution, corrupted ones are not; a higher score means more in
distribution.
"""

import numpy as np
from scipy.special import logsumexp, softmax
from sklearn.metrics import roc_auc_score

from framefault.evaluation.metrics import clopper_pearson, is_playable, predicted_class
from framefault.seeds import rng

RESAMPLES = 1000


def odin(logits, temperature):
    """Highest softmax probability at a temperature: ODIN without its input perturbation."""
    return softmax(logits / temperature, axis=-1).max(axis=-1)


def energy(logits, temperature):
    """Negative free energy T log sum exp(f / T); the paper's formula lacks the logarithm."""
    return temperature * logsumexp(logits / temperature, axis=-1)


SCORES = {"odin": odin, "energy": energy}


def video_score(logits, method, temperature, average):
    """Score of a clip from its segments' logits (segments, classes).

    The mean of the segments' scores, or with `average` "logits" the score of their mean logits;
    the paper does not say which.
    """
    logits = np.asarray(logits, np.float64)
    if average == "logits":
        logits = logits.mean(axis=0, keepdims=True)
    return float(SCORES[method](logits, temperature).mean())


def detection(clean, shifted, rule, options, confidence):
    """Accuracy on the clips a detector keeps, its AUROC, and their intervals.

    `clean` and `shifted` are a model's predictions for the same clips without and with
    corruption; only playable ones count (`rule`). Kept is what scores at least as high as a
    share `options["kept"]` of the clean clips. What no clip is left for is None.
    """
    clean_scores, scores = (scores_of(rows, rule, options) for rows in (clean, shifted))
    cell = {
        "clips": len(shifted), "playable": int(np.isfinite(scores).sum()), "threshold": None,
        "kept": 0, "correct": 0, "accuracy_in_dist": None, "interval_in_dist": [0.0, 1.0],
        "auroc": None, "interval_auroc": [0.0, 1.0],
    }  # fmt: skip
    if not np.isfinite(clean_scores).any() or not cell["playable"]:
        return cell
    threshold = -np.nanpercentile(-clean_scores, 100 * options["kept"])
    kept = [row for row, score in zip(shifted, scores, strict=True) if score >= threshold]
    correct = sum(predicted_class(row["logits"]) == row["label"] for row in kept)
    return cell | {
        "threshold": float(threshold),
        "kept": len(kept),
        "correct": correct,
        "accuracy_in_dist": correct / len(kept) if kept else None,
        "interval_in_dist": clopper_pearson(correct, len(kept), confidence),
        "auroc": auroc(clean_scores, scores),
        "interval_auroc": auroc_interval(clean_scores, scores, confidence),
    }


def scores_of(predictions, rule, options):
    """Score per clip, NaN where it is not playable."""
    settings = options["method"], options["temperature"], options["average"]
    return np.array(
        [
            video_score(row["logits"], *settings) if is_playable(row, rule) else np.nan
            for row in predictions
        ]
    )


def auroc(positive, negative):
    """Area under the ROC curve of telling `positive` scores from `negative`; NaNs are left out."""
    positive, negative = (each[np.isfinite(each)] for each in (positive, negative))
    labels = np.repeat([1, 0], [len(positive), len(negative)])
    return float(roc_auc_score(labels, np.concatenate([positive, negative])))


def auroc_interval(positive, negative, confidence):
    """Bootstrap interval of the AUROC between two versions of the same clips.

    Whole clips are drawn, so that both versions of a clip are drawn together.
    """
    greater = (positive[:, None] > negative) + 0.5 * (positive[:, None] == negative)
    count = len(positive)
    drawn = rng("bootstrap", count).multinomial(count, np.full(count, 1 / count), RESAMPLES)
    drawn = drawn.astype(np.float64)
    pairs = (drawn @ np.isfinite(positive)) * (drawn @ np.isfinite(negative))
    areas = ((drawn @ greater) * drawn).sum(axis=1)[pairs > 0] / pairs[pairs > 0]
    tail = (1 - confidence) / 2
    return [float(end) for end in np.quantile(areas, [tail, 1 - tail])]
