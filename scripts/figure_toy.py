"""Figure 9 of paper B: two toy sets that tell pm-k from accuracy at distance k."""

from framefault.plots.style import drawn
from framefault.plots.toy import draw_toy, toy_errors, toy_sets, toy_table
from framefault.tabular import write_csv
from framefault.workflow.job import stage


@stage
def main(job):
    sets = toy_sets()
    errors = toy_errors(sets)
    table = toy_table(sets, errors)
    write_csv(job.output.csv, table)
    with drawn(10, 3, job.settings.figure["note"], job.output) as figure:
        draw_toy(figure, sets, errors, table)
