"""Figure 4 of paper B: anchors, and frames near them on which a detector does worst."""

from framefault.plots.detections import box_table, draw_detections
from framefault.plots.excerpt import by_number, read_excerpt
from framefault.plots.style import drawn
from framefault.tabular import write_csv
from framefault.tasks.detection.predictions import read_predictions
from framefault.tasks.detection.truth import read_truth
from framefault.tasks.frames.sets import read_sets
from framefault.workflow.job import stage


@stage
def main(job):
    settings, sets = job.settings.figure, read_sets(job.input.manifest)
    excerpt = read_excerpt(job.input.excerpt)
    truth, _ = read_truth(job.input.boxes, sets.frames)
    found = read_predictions(job.input.predictions, sets.frames)
    shown, pairs = found[found["score"] >= settings["least"]], excerpt["pairs"]
    table = box_table(pairs, sets.reviewed(), excerpt["ap"], truth, shown)
    named = {"frame": table["number"].map(sets.frames.__getitem__),
             "label": table["label"].map(sets.classes.__getitem__, na_action="ignore")}  # fmt: skip
    write_csv(job.output.csv, table.assign(**named, model=settings["model"]))
    note = (
        f"Boxes of {settings['model']} with a score of {settings['least']} or more; average"
        " precision is that of all its boxes."
    )
    with drawn(6, 0.9 + 2.2 * len(pairs), f"{note} {settings['note']}", job.output) as figure:
        draw_detections(figure, table, by_number(excerpt["frames"]), sets.classes)
