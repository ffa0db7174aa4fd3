"""A figure of accuracy against bytes, with the front of what nothing else beats."""

from framefault.plots.front import draw_front, front_table
from framefault.plots.style import drawn
from framefault.results.scores import read_scores
from framefault.tabular import write_csv
from framefault.workflow.job import stage


@stage
def main(job):
    settings = job.settings.figure
    table = front_table(settings["points"], settings["measure"], read_scores(job.input.cells))
    write_csv(job.output.csv, table)
    panels = table[["dataset", "corruption"]].drop_duplicates()
    with drawn(5.2 * len(panels), 4.6, settings["note"], job.output) as figure:
        draw_front(figure, table, settings["panels"])
