"""A figure of bars: shares by class, or by offset in time."""

from framefault.plots.bars import bar_table, draw_classes, draw_offsets
from framefault.plots.style import drawn
from framefault.results.scores import read_scores
from framefault.tabular import write_csv
from framefault.workflow.job import stage


@stage
def main(job):
    settings = job.settings.figure
    part, sort, titles = settings["part"], settings.get("sort"), dict(settings["titles"])
    table = bar_table(settings["models"], part, settings["bars"], read_scores(job.input.cells))
    write_csv(job.output.csv, table)
    count = table["dataset"].nunique()
    width, height = (5.6, 3.8) if sort else (4.6, 3.4)
    with drawn(width * max(1, count), height, settings["note"], job.output) as figure:
        if sort:
            for model in settings["models"]:
                titles[model["dataset"]] += f", {model['model']}"
            draw_classes(figure, table, titles, sort, settings["ylabel"])
        else:
            draw_offsets(figure, table, titles, settings["xlabel"], settings["ylabel"])
