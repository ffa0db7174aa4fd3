"""Candidates for review: a random anchor per video, and the frames around it."""

from framefault.tasks.frames.candidates import draw_candidates, videos_of, write_candidates
from framefault.workflow.job import stage


@stage
def main(job):
    classes, videos = videos_of(job.settings.source, job.settings.folder)
    found = draw_candidates(job.wildcards.dataset, videos, classes, job.settings.seed)
    write_candidates(job.output.candidates, found)
