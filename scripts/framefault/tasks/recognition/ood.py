"""Out-of-distribution detection from stored logits (paper A, sections 3.1 and 4.3, appendix D).

Clean test clips are in distribution, corrupted ones are not; a higher score means more in
distribution.
"""

import numpy as np
from pandas import factorize
from sklearn.metrics import roc_auc_score

from framefault.errors import UserError
from framefault.results.scores import score, share
from framefault.results.statistics import auroc_of_found
from framefault.seeds import rng
from framefault.tasks.recognition.predictions import as_array

RESAMPLES = 1000
# What a detector is told of a clip: it sees neither the label nor the distance to the clean clip.
ACCOUNT = ["status", "opened", "frames", "errors", "flagged", "full_length"]


def clip_score(score, logits, account, average):
    """How much one clip looks like a clean one, of its segments' logits (segments, classes).

    `score` is a detector's function. The mean of the segments' scores, or with `average` "logits"
    the score of their mean logits; the paper does not say which.
    """
    if average == "logits":
        logits = logits.mean(axis=0, keepdims=True)
    found = np.asarray(score(logits, account))
    if found.dtype.kind not in "fiub" or found.shape not in ((), (len(logits),)):
        raise UserError(
            f"The detector gives {found.dtype} of shape {found.shape} for a clip of {len(logits)}"
            " segments; give a number for each, or one of the clip."
        )
    return -float(np.mean(found))


def detection_scores(clean, shifted, detector, average, kept, confidence, sources=None):
    """Accuracy on the clips a detector keeps, and its AUROC, with intervals.

    `clean` and `shifted` are a model's judged predictions (see `predictions.judged`) for the same
    clips without and with corruption; only playable ones count. `detector` is a function as of
    `methods`, with its parameters. Kept is what looks at least as clean as a share `kept` of the
    clean clips; of the others, clean ones are falsely flagged. What no clip is left for is None.
    `sources` names the picture or film that each clip shows (default: each another).

    `auroc_ceiling` is that of a detector that finds nothing but all clips with other pixels than
    the clean ones, the share `pixels_changed`.
    """
    clean_scores, scores = (scores_of(rows, detector, average) for rows in (clean, shifted))
    playable = score("playable", int(np.isfinite(scores).sum()))
    if not np.isfinite(clean_scores).any() or not playable["value"]:
        return [share("accuracy_in_dist", 0, 0, confidence), score("auroc", None), playable]
    threshold = -np.nanpercentile(-clean_scores, 100 * kept)
    taken = shifted[scores >= threshold]
    flagged, clean_count = np.sum(clean_scores < threshold), np.isfinite(clean_scores).sum()
    playing = shifted[np.isfinite(scores)]
    changed = (playing["distance"] > 0) | ~playing["full_length"].astype(bool)
    interval = auroc_interval(clean_scores, scores, confidence, sources)
    return [
        share("accuracy_in_dist", taken["right"].sum(), len(taken), confidence),
        score("auroc", auroc(clean_scores, scores), interval=interval),
        score("threshold", float(threshold)),
        share("false_flags", flagged, clean_count, confidence),
        share("pixels_changed", changed.sum(), len(changed), confidence),
        score("auroc_ceiling", auroc_of_found(changed)),
        playable,
    ]


def scores_of(judged, detector, average):
    """How much each clip looks like a clean one, NaN where it is not playable."""
    found = np.full(len(judged), np.nan)
    accounts = judged[ACCOUNT].to_dict("records")
    for index in np.flatnonzero(judged["playable"]):
        logits = as_array(judged["logits"].iloc[index])
        found[index] = clip_score(detector, logits, accounts[index], average)
        if not np.isfinite(found[index]):
            raise UserError(
                f"The detector gives {judged['clip'].iloc[index]} a score that is no finite number;"
                " correct its function."
            )
    return found


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
