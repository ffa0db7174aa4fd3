"""What Figure 4 of paper B shows: anchors, and frames near them on which a detector does worst."""

import numpy as np

from framefault.plots.excerpt import write_excerpt
from framefault.tasks.detection.examples import fallen_pairs
from framefault.tasks.detection.predictions import read_predictions
from framefault.tasks.detection.score import frame_ap, match
from framefault.tasks.detection.truth import read_truth
from framefault.tasks.frames.pictures import frames_below, pictures_of
from framefault.tasks.frames.sets import REACH, read_sets
from framefault.workflow.job import stage


@stage
def main(job):
    settings, sets = job.settings.excerpt, read_sets(job.input.manifest)
    truth, _ = read_truth(job.input.boxes, sets.frames)
    found = read_predictions(job.input.predictions, sets.frames)
    shown, size = found[found["score"] >= settings["least"]], (len(sets.frames), len(sets.classes))
    ap, shown_ap = (frame_ap(match(truth, boxes, *size)) for boxes in (found, shown))
    rows = sets.reviewed()
    pairs = fallen_pairs(ap, shown_ap, rows, REACH, settings["pairs"])
    numbers = np.unique(rows[pairs, 1])
    keys, folder = [sets.frames[each] for each in numbers], frames_below(settings["folder"])
    pictures = map(np.asarray, pictures_of(folder, keys))
    frames = dict(zip(map(str, numbers), pictures, strict=True))
    write_excerpt(job.output.excerpt, {"pairs": pairs, "ap": ap, "frames": frames})
