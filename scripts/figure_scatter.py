"""A figure of points: one accuracy of many models against another."""

from framefault.plots.scatter import draw_scatter, scatter_table
from framefault.plots.style import drawn
from framefault.results.scores import read_scores
from framefault.tabular import write_csv
from framefault.workflow.job import stage


@stage
def main(job):
    settings = job.settings.figure
    x, y, behind = (settings.get(key, {}) for key in ("x", "y", "behind"))
    measures = (axis.get("measure") for axis in (x, y, behind))
    scores = read_scores(job.input.cells)
    table = scatter_table(settings["models"], *measures, scores, settings.get("published"))
    write_csv(job.output.csv, table)
    with drawn(4.6 * table["dataset"].nunique(), 4.3, settings["note"], job.output) as figure:
        labels = x["label"], y["label"], behind.get("label")
        draw_scatter(figure, table, settings["titles"], settings["kinds"], *labels)
