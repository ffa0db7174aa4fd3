"""Scores of one detector on one data set: mean average precision and accuracy across time."""

from framefault.results.scores import write_cell
from framefault.tasks.detection.predictions import read_predictions
from framefault.tasks.detection.score import answers, detection_scores
from framefault.tasks.detection.truth import read_truth
from framefault.tasks.frames.score import model_scores
from framefault.tasks.frames.sets import REACH, read_sets
from framefault.workflow.job import stage


@stage
def main(job):
    sets, rules = read_sets(job.input.manifest), job.settings.rules
    truth, _ = read_truth(job.input.boxes, sets.frames)
    found = read_predictions(job.input.predictions, sets.frames)
    size, rows = (len(sets.frames), len(sets.classes)), sets.reviewed()
    scores = detection_scores(truth, found, rows, *size, REACH, rules["confidence"])
    # Its most confident box tells what a frame shows, as for the detector of Table 2.
    classes = answers(found, len(sets.frames))
    scores += model_scores(classes, sets, rules)
    write_cell(job.output.cell, job.wildcards, scores, answers=classes.tolist())
