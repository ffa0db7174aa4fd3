"""Compare a table with the numbers that the paper prints."""

from framefault.results.comparison import compare
from framefault.tabular import read_csv, write_csv
from framefault.workflow.job import stage


@stage
def main(job):
    table, published = read_csv(job.input.table), read_csv(job.circumstances.published)
    settings = job.settings
    found = compare(table, published, settings.incomparable, settings.confidence, settings.given)
    write_csv(job.output.comparison, found)
