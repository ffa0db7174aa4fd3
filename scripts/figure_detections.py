"""Figure 4 of paper B: anchors, and frames near them on which a detector does worst."""

import numpy as np

from framefault.plots.detections import box_table, draw_detections, fallen_pairs
from framefault.plots.style import drawn
from framefault.tabular import write_csv
from framefault.tasks.detection.predictions import read_predictions
from framefault.tasks.detection.score import frame_ap, match
from framefault.tasks.detection.truth import read_truth
from framefault.tasks.frames.pictures import frames_below, pictures_of
from framefault.tasks.frames.sets import REACH, read_sets
from framefault.workflow.job import stage


@stage
def main(job):
    settings, sets = job.settings.figure, read_sets(job.input.manifest)
    truth, _ = read_truth(job.input.boxes, sets.frames)
    found = read_predictions(job.input.predictions, sets.frames)
    shown, size = found[found["score"] >= settings["least"]], (len(sets.frames), len(sets.classes))
    ap, shown_ap = (frame_ap(match(truth, boxes, *size)) for boxes in (found, shown))
    rows = sets.reviewed()
    pairs = fallen_pairs(ap, shown_ap, rows, REACH, settings["pairs"])
    table = box_table(pairs, rows, ap, truth, shown)
    named = {"frame": table["number"].map(sets.frames.__getitem__),
             "label": table["label"].map(sets.classes.__getitem__, na_action="ignore")}  # fmt: skip
    write_csv(job.output.csv, table.assign(**named, model=settings["model"]))
    numbers = table["number"].unique()
    keys, folder = [sets.frames[each] for each in numbers], frames_below(settings["folder"])
    pictures = map(np.asarray, pictures_of(folder, keys))
    note = (
        f"Boxes of {settings['model']} with a score of {settings['least']} or more; average"
        " precision is that of all its boxes."
    )
    with drawn(6, 0.9 + 2.2 * len(pairs), f"{note} {settings['note']}", job.output) as figure:
        draw_detections(figure, table, dict(zip(numbers, pictures, strict=True)), sets.classes)
