"""Logits of clips from a user's file of predictions: CSV or Parquet, a row per clip or segment."""

from framefault.tasks.recognition.classes import read_handed_in
from framefault.tasks.recognition.predictions import write_predictions
from framefault.video.cache import DecodedClips
from framefault.workflow.job import stage


@stage
def main(job):
    clips = DecodedClips(job.input.clips)
    classes, logits = read_handed_in(job.circumstances.file, clips)
    write_predictions(job.output.predictions, clips, classes, logits)
