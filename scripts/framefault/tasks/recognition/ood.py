"""Out-of-distribution detection from stored logits (paper A, sections 3.1 and 4.3, appendix D).

Clean test clips are in distribution, corrupted ones are not; a higher score means more in
distribution.
"""

import numpy as np
from pandas import factorize
from scipy.special import logsumexp, softmax
from sklearn.metrics import roc_auc_score

from framefault.results.scores import score, share
from framefault.seeds import rng
from framefault.tasks.recognition.predictions import as_array

RESAMPLES = 1000


def odin(logits, temperature):
    """Highest softmax probability at a temperature: ODIN without its input perturbation."""
    return softmax(logits / temperature, axis=-1).max(axis=-1)


def energy(logits, temperature):
    """Negative free energy T log sum exp(f / T); the paper's formula lacks the logarithm."""
    return temperature * logsumexp(logits / temperature, axis=-1)


SCORES = {"odin": odin, "energy": energy}


def video_score(logits, method, temperature, average):
    """Score of a clip from its segments' logits, float64 (segments, classes).

    The mean of the segments' scores, or with `average` "logits" the score of their mean logits;
    the paper does not say which.
    """
    if average == "logits":
        logits = logits.mean(axis=0, keepdims=True)
    return float(SCORES[method](logits, temperature).mean())


def detection_scores(clean, shifted, detector, confidence, sources=None):
    """Accuracy on the clips a detector keeps, and its AUROC, with intervals.

    `clean` and `shifted` are a model's judged predictions (see `predictions.judged`) for the same
    clips without and with corruption; only playable ones count. Kept is what scores at least as
    high as a share `detector["kept"]` of the clean clips. What no clip is left for is None.
    `sources` names the picture or film that each clip shows (default: each another).
    """
    options = detector["method"], detector["temperature"], detector["average"]
    clean_scores, scores = (scores_of(rows, *options) for rows in (clean, shifted))
    playable = score("playable", int(np.isfinite(scores).sum()))
    if not np.isfinite(clean_scores).any() or not playable["value"]:
        return [share("accuracy_in_dist", 0, 0, confidence), score("auroc", None), playable]
    threshold = -np.nanpercentile(-clean_scores, 100 * detector["kept"])
    kept = shifted[scores >= threshold]
    interval = auroc_interval(clean_scores, scores, confidence, sources)
    return [
        share("accuracy_in_dist", kept["right"].sum(), len(kept), confidence),
        score("auroc", auroc(clean_scores, scores), interval=interval),
        score("threshold", float(threshold)),
        playable,
    ]


def scores_of(judged, method, temperature, average):
    """Score per clip, NaN where it is not playable."""
    return np.array(
        [
            video_score(as_array(logits), method, temperature, average) if plays else np.nan
            for logits, plays in zip(judged["logits"], judged["playable"], strict=True)
        ]
    )


def auroc(positive, negative):
    """Area under the ROC curve of telling `positive` scores from `negative`; NaNs are left out."""
    positive, negative = (each[np.isfinite(each)] for each in (positive, negative))
    labels = np.repeat([1, 0], [len(positive), len(negative)])
    return float(roc_auc_score(labels, np.concatenate([positive, negative])))


def auroc_interval(positive, negative, confidence, sources=None):
    """Bootstrap interval of the AUROC between two versions of the same clips.

    Whole sources are drawn, the pictures or films that clips show, so that all clips of one, and
    both versions of a clip, are drawn together.
    """
    greater = (positive[:, None] > negative) + 0.5 * (positive[:, None] == negative)
    shown, _ = factorize(np.arange(len(positive)) if sources is None else np.asarray(sources))
    count = int(shown.max()) + 1
    drawn = rng("bootstrap", count).multinomial(count, np.full(count, 1 / count), RESAMPLES)
    drawn = drawn[:, shown].astype(np.float64)
    pairs = (drawn @ np.isfinite(positive)) * (drawn @ np.isfinite(negative))
    areas = ((drawn @ greater) * drawn).sum(axis=1)[pairs > 0] / pairs[pairs > 0]
    tail = (1 - confidence) / 2
    return [float(end) for end in np.quantile(areas, [tail, 1 - tail])]
