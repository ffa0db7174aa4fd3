"""Figure 2 of paper B: frames that review rejected, beside their anchors, by the reason."""

import numpy as np

from framefault.plots.rejected import COLUMNS, draw_rejected, figure_size, rejected_pairs
from framefault.plots.style import drawn
from framefault.tabular import write_csv
from framefault.tasks.frames.sets import read_sets
from framefault.workflow.job import stage


@stage
def main(job):
    frames = np.load(job.input.frames, mmap_mode="r")
    table = rejected_pairs(read_sets(job.input.manifest), frames)
    write_csv(job.output.csv, table[COLUMNS])
    with drawn(*figure_size(table), job.settings.figure["note"], job.output) as figure:
        draw_rejected(figure, table, frames)
