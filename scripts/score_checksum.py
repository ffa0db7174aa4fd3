"""Checksums as a detector: how many files are unchanged, and accuracy on them."""

from framefault.results.scores import write_cell
from framefault.tabular import read_parquet
from framefault.tasks.recognition.checksums import SCHEMA, support_scores
from framefault.tasks.recognition.predictions import check_same_clips, judged, read_predictions
from framefault.workflow.job import stage


@stage
def main(job):
    files = read_parquet(job.input.files, SCHEMA).to_pandas()
    predictions = judged(read_predictions(job.input.predictions), job.settings.playable)
    check_same_clips(files, predictions, job.input.files, job.input.predictions)
    # Only flipped bits have a law that the files' sizes give.
    is_flips = job.wildcards.corruption in ("random", "clean")
    p = float(job.wildcards.level) if is_flips else None
    scores = support_scores(files, predictions, job.settings.confidence, p)
    write_cell(job.output.cell, job.wildcards, scores)
