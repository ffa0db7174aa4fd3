"""Logits from a user's file of predictions: JSON with a list of scores per frame."""

from framefault.tasks.frames.predictions import read_handed_in, write_predictions
from framefault.tasks.frames.sets import read_sets
from framefault.workflow.job import stage


@stage
def main(job):
    sets = read_sets(job.input.manifest)
    logits = read_handed_in(job.settings.predictions, sets)
    write_predictions(job.output.predictions, sets.frames, logits)
