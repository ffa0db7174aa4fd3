"""Figure 1: video under bit-level corruptions, around one real clip of the data set."""

from framefault.plots.examples import CLEAN, examples_of, said_of, typical_clip
from framefault.plots.frame_grid import csv_table, line
from framefault.plots.overview import draw_overview
from framefault.plots.style import drawn
from framefault.tabular import write_csv
from framefault.workflow.job import stage


@stage
def main(job):
    examples = examples_of(job.input, job.settings.figure)
    index, count = typical_clip([examples.facts[pair] for pair in examples.conditions[1:]])
    middle = [int(examples.video(index)["frames"]) // 2]
    images = {pair[0]: examples.seen(pair, index, middle)[0] for pair in examples.conditions}
    lines = [line(examples, pair, index, 1, "") for pair in examples.conditions]
    write_csv(job.output.csv, csv_table([{"title": "overview", "lines": lines}]))
    levels = {"packet_loss": "0", "random": "0"} | dict(examples.conditions[1:])
    words = said_of(examples.facts[CLEAN][index]["clip"], count)
    note = f"{words} {job.settings.figure['note']}"
    with drawn(7.5, 3.4, note, job.output) as figure:
        draw_overview(figure, {"random": None, "packet_loss": None} | images, levels)
