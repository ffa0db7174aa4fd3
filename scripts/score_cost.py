"""What protecting the clips of one condition costs: bytes and delay, beside no protection."""

import pandas as pd

from framefault.results.cost import cost_scores
from framefault.results.scores import write_cell
from framefault.tabular import read_csv
from framefault.workflow.job import stage


@stage
def main(job):
    accounts, plain = (
        pd.concat(map(read_csv, files), ignore_index=True)
        for files in (job.input.accounts, job.input.plain)
    )
    write_cell(
        job.output.cell, job.wildcards, cost_scores(accounts, plain, job.settings.confidence)
    )
