"""Accuracy of a model under one condition, and how far its clips are from clean ones."""

from framefault.results.scores import write_cell
from framefault.tasks.recognition.predictions import judged, number_of_classes, read_predictions
from framefault.tasks.recognition.score import accuracy_scores
from framefault.workflow.job import stage


@stage
def main(job):
    predictions = judged(read_predictions(job.input.predictions), job.settings.playable)
    classes = number_of_classes(predictions)
    scores = accuracy_scores(predictions, classes, job.settings.confidence)
    write_cell(job.output.cell, job.wildcards, scores)
