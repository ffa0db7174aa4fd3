"""Scores of tracking: CLEAR MOT, IDF1 and HOTA, as TrackEval computes them."""

import numpy as np
import pandas as pd
from trackeval.metrics import CLEAR, HOTA, Identity

from framefault.results.scores import score, share
from framefault.tasks.tracking.boxes import corners, iou
from framefault.video.playable import is_playable

NUMBERINGS = ("order", "time")
UNDER_BOTH = ("mota", "recall", "fp", "fn")
BOX = ["x", "y", "w", "h"]
COLUMNS = ["frame", "id", *BOX]


def tracking_scores(predictions, tracks, overlap, numbering, playable, confidence):
    """Scores of all sequences together, of each alone, and under either way to number frames.

    `predictions` are those of `predictions.read_predictions`. `tracks` is the ground truth, a frame
    of sequence, frame (from 1), id, x, y, w, h. A box that overlaps by an IoU of `overlap` is a
    hit. `numbering` is a way of `numbered`, `playable` that section of the configuration; what is
    found in a sequence counts whether it is playable or not. Together means that objects and errors
    are summed over sequences, as in paper A. No score has an interval, because what is found of an
    object in one frame is not independent of the next: the spread of these scores is over draws of
    the corruption and over trainings, on these sequences. Only playable_share, a share of
    sequences, has one.
    """
    found = {way: evaluate(predictions, tracks, overlap, way) for way in NUMBERINGS}
    parts = {"": found[numbering]}
    parts |= {f"sequence {name}": {name: results} for name, results in found[numbering].items()}
    scores = [
        score(name, value, part)
        for part, results in parts.items()
        for name, value in measures(results).items()
    ]
    for way in NUMBERINGS:
        together = measures(found[way])
        scores += [score(name, together[name], way) for name in UNDER_BOTH]
    plays = is_playable(pd.DataFrame(predictions), playable)
    return [*scores, share("playable_share", plays.sum(), len(plays), confidence)]


def evaluate(predictions, tracks, overlap, numbering):
    """What TrackEval counts in each sequence: {sequence: results of each of `metrics`}."""
    truth = dict(list(tracks.groupby("sequence")))
    found = {}
    for prediction in predictions:
        objects = truth.get(prediction["clip"], tracks[:0])
        data = compared(numbered(prediction, numbering), objects)
        found[prediction["clip"]] = [each.eval_sequence(data) for each in metrics(overlap)]
    return found


def metrics(overlap=0.5):
    return [
        CLEAR({"THRESHOLD": overlap, "PRINT_CONFIG": False}),
        Identity({"THRESHOLD": overlap, "PRINT_CONFIG": False}),
        HOTA(),
    ]


def numbered(prediction, numbering):
    """The tracks of one prediction as a frame of frame (from 1), id, x, y, w, h.

    "order" counts decoded frames, as a reader of frames does. "time" gives each the number of the
    clean frame that it stands for. Of several with one number the last counts: it is what stays on
    the screen.
    """
    found = pd.DataFrame(prediction["tracks"], columns=COLUMNS).astype({"frame": int, "id": int})
    if numbering == "order":
        return found.assign(frame=found["frame"] + 1)
    numbers = np.array(prediction["numbers"], int)
    last = np.append(numbers[1:] > numbers[:-1], True)
    found = found[last[found["frame"]]]
    return found.assign(frame=numbers[found["frame"]] + 1)


def compared(found, truth):
    """One sequence as TrackEval takes it, over all frames of the ground truth and of the result.

    So objects in frames without a result are missed, and what is found beyond the last frame of the
    ground truth is wrong.
    """
    frames = max([0, *found["frame"], *truth["frame"]])
    (gt_ids, objects), (ids, boxes) = (by_frame(each, frames) for each in (truth, found))
    return {
        "num_timesteps": frames,
        "num_gt_dets": len(truth),
        "num_gt_ids": truth["id"].nunique(),
        "gt_ids": gt_ids,
        "num_tracker_dets": len(found),
        "num_tracker_ids": found["id"].nunique(),
        "tracker_ids": ids,
        "similarity_scores": [iou(*each) for each in zip(objects, boxes, strict=True)],
    }


def by_frame(tracks, frames):
    """Ids, counted from 0, and corners of boxes: lists with an array for each frame."""
    tracks = tracks.sort_values(["frame", "id"])
    ids = np.unique(tracks["id"], return_inverse=True)[1]
    cuts = np.searchsorted(tracks["frame"], np.arange(2, frames + 1))
    return np.split(ids, cuts), np.split(corners(tracks[BOX]), cuts)


def measures(results):
    """Numbers of some sequences together, from what `evaluate` gives of them.

    None where there is nothing to measure: no object, or for precision no box.
    """
    clear, identity, hota = (
        metric.combine_sequences(dict(zip(results, each, strict=True)))
        for metric, each in zip(metrics(), zip(*results.values(), strict=True), strict=True)
    )
    objects, boxes = (int(clear["CLR_TP"] + clear[other]) for other in ("CLR_FN", "CLR_FP"))
    return {
        "mota": float(clear["MOTA"]) if objects else None,
        "fp": int(clear["CLR_FP"]),
        "fn": int(clear["CLR_FN"]),
        "switches": int(clear["IDSW"]),
        "fragmentations": int(clear["Frag"]),
        "recall": float(clear["CLR_Re"]) if objects else None,
        "precision": float(clear["CLR_Pr"]) if boxes else None,
        "idf1": float(identity["IDF1"]) if objects else None,
        "hota": float(hota["HOTA"].mean()) if objects else None,
        "objects": objects,
    }
