"""All models of a data set on one worst frame per anchor, the same for all (appendix C)."""

from framefault.results.scores import read_cell, write_cell
from framefault.tasks.frames.score import static_scores
from framefault.tasks.frames.sets import read_sets
from framefault.workflow.job import stage


@stage
def main(job):
    cells = map(read_cell, job.input.cells)
    answers = {cell["model"]: cell["answers"] for cell in cells}
    scores = static_scores(answers, read_sets(job.input.manifest), job.settings.rules)
    write_cell(job.output.cell, job.wildcards, scores)
