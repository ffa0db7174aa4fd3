"""Figure 10 of paper B: how far anchors are from their neighbours, and from models' mistakes."""

import numpy as np

from framefault.plots.distances import (
    chosen_pairs,
    distribution_table,
    draw_distributions,
    linf_distances,
)
from framefault.plots.style import drawn
from framefault.results.scores import read_cell
from framefault.tabular import write_csv
from framefault.tasks.frames.sets import read_sets
from framefault.workflow.job import stage


@stage
def main(job):
    settings, sets = job.settings.figure, read_sets(job.input.manifest)
    answers = {cell["model"]: np.array(cell["answers"]) for cell in map(read_cell, job.input.cells)}
    chosen = chosen_pairs(sets, answers, settings["models"], settings["rules"]["labels"])
    distances = linf_distances(sets, np.load(job.input.frames, mmap_mode="r"))
    write_csv(job.output.csv, distribution_table(distances, chosen))
    with drawn(5, 3.8, settings["note"], job.output) as figure:
        draw_distributions(figure, distances, chosen, settings["dataset"])
