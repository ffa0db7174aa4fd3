"""Figure 1: video under bit-level corruptions, around one real clip of the data set."""

from framefault.plots.examples import said_of
from framefault.plots.excerpt import read_excerpt
from framefault.plots.frame_grid import csv_table
from framefault.plots.overview import draw_overview
from framefault.plots.style import drawn
from framefault.tabular import write_csv
from framefault.workflow.job import stage


@stage
def main(job):
    excerpt = read_excerpt(job.input.excerpt)
    lines = excerpt["lines"]
    facts = [line["facts"] for line in lines]
    write_csv(job.output.csv, csv_table([{"title": "overview", "lines": lines}]))
    images = {line["facts"]["corruption"]: line["images"][0] for line in lines}
    levels = {each["corruption"]: each["level"] for each in facts[1:]}
    note = f"{said_of(facts[0]['clip'], excerpt['count'])} {job.settings.figure['note']}"
    nothing = {"random": None, "packet_loss": None}, {"packet_loss": "0", "random": "0"}
    with drawn(7.5, 3.4, note, job.output) as figure:
        draw_overview(figure, nothing[0] | images, nothing[1] | levels)
