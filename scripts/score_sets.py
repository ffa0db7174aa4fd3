"""What review kept of a data set, as scores."""

from framefault.results.scores import write_cell
from framefault.tasks.frames.score import set_scores
from framefault.tasks.frames.sets import read_sets
from framefault.workflow.job import stage


@stage
def main(job):
    write_cell(job.output.cell, job.wildcards, set_scores(read_sets(job.input.manifest)))
