"""Out-of-distribution detection under one condition, from logits of clean and corrupted clips."""

from functools import partial

from framefault.results.scores import write_cell
from framefault.tasks.recognition.ood import detection_scores
from framefault.tasks.recognition.outcomes import source_of
from framefault.tasks.recognition.predictions import check_same_clips, judged, read_predictions
from framefault.workflow.job import stage


@stage
def main(job):
    paths = job.input.clean, job.input.predictions
    clean, shifted = (judged(read_predictions(path), job.settings.playable) for path in paths)
    check_same_clips(clean, shifted, *paths)
    detector = dict(job.settings.detector)
    shared = [detector.pop(key) for key in ("average", "kept")]
    score = partial(job.method().score, **detector)
    sources = [source_of(clip, job.settings.same_source) for clip in clean["clip"]]
    scores = detection_scores(clean, shifted, score, *shared, job.settings.confidence, sources)
    write_cell(job.output.cell, job.wildcards, scores)
