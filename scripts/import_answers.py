"""Bring what people answered on the review page into the project."""

from framefault.errors import UserError
from framefault.tasks.frames.answers import read_answers, write_answers
from framefault.workflow.job import stage


@stage
def main(job):
    file = job.settings.answers
    if file is None:
        dataset = job.wildcards.dataset
        raise UserError(
            f"Nobody has reviewed the candidates of {dataset} yet: open the page with `make review"
            f" DATASET={dataset} CONFIG=... FRAMES=...`, export the answers, and name their file as"
            " `answers` of the data set."
        )
    write_answers(job.output.answers, read_answers(file))
