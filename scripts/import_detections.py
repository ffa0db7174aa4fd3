"""Boxes of any detector from a user's file: JSON as COCO's results, or CSV."""

from framefault.tasks.detection.predictions import read_handed_in, write_predictions
from framefault.tasks.detection.truth import read_truth
from framefault.tasks.frames.sets import read_sets
from framefault.workflow.job import stage


@stage
def main(job):
    sets = read_sets(job.input.manifest)
    names = sets.names | {name: index for index, name in enumerate(sets.classes)}
    names = {name: index for name, index in names.items() if index is not None}
    _, sizes = read_truth(job.input.boxes, sets.frames)
    found = read_handed_in(job.settings.predictions, sets.frames, names, sizes)
    write_predictions(job.output.predictions, sets.frames, found)
