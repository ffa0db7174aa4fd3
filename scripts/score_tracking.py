"""MOTA and its parts of a model under one condition, and how many sequences can be played."""

from framefault.data.mot import read_tracks
from framefault.results.scores import write_cell
from framefault.tasks.tracking.predictions import read_predictions
from framefault.tasks.tracking.score import tracking_scores
from framefault.workflow.job import stage


@stage
def main(job):
    predictions, tracks = read_predictions(job.input.predictions), read_tracks(job.input.tracks)
    settings = job.settings
    scores = tracking_scores(
        predictions,
        tracks,
        settings.iou,
        settings.numbering,
        settings.playable,
        settings.confidence,
    )
    write_cell(job.output.cell, job.wildcards, scores)
