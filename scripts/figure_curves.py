"""A figure of curves: over corruption levels beside the paper's printed numbers, or over k."""

from framefault.plots.curves import curve_table, draw_over_k, draw_over_levels
from framefault.plots.style import drawn
from framefault.results.scores import read_scores
from framefault.tabular import write_csv
from framefault.workflow.job import stage

COLUMNS = ["panel", "dataset", "corruption", "curve", "x", "value", "low", "high", "runs"]


@stage
def main(job):
    settings = job.settings.figure
    points, looks, note = settings["points"], settings["panels"], settings["note"]
    scales = {look["title"]: look.get("scale", 100) for look in looks}
    table = curve_table(points, read_scores(job.input.cells), scales)
    over_levels = "paper" in table
    extra = ["level", "of", "paper"] if over_levels else ["model", "of"]
    write_csv(job.output.csv, table[COLUMNS + extra])
    rows = settings.get("rows", ())
    height = 4.2 + 1.7 * sum(row["added"] for row in rows)
    size = (0.9 + 2.7 * len(looks), height) if over_levels else (4.6 * len(looks), 3.8)
    with drawn(*size, note, job.output) as figure:
        if over_levels:
            draw_over_levels(figure, looks, rows, table)
        else:
            draw_over_k(figure, looks, table, settings["kinds"])
