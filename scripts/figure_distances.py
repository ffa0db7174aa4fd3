"""Figure 10 of paper B: how far anchors are from their neighbours, and from models' mistakes."""

import numpy as np

from framefault.plots.distances import chosen_pairs, distribution_table, draw_distributions
from framefault.plots.excerpt import read_excerpt
from framefault.plots.style import drawn
from framefault.results.scores import read_cell
from framefault.tabular import write_csv
from framefault.tasks.frames.sets import read_sets
from framefault.workflow.job import stage


@stage
def main(job):
    settings, answers, parts = job.settings.figure, {}, {}
    for cell in map(read_cell, job.input.cells):
        answers.setdefault(cell["dataset"], {})[cell["model"]] = np.array(cell["answers"])
    for panel, manifest, distances in zip(
        settings["panels"], job.input.manifests, read_excerpt(job.input.excerpt), strict=True
    ):
        sets, dataset = read_sets(manifest), panel["dataset"]
        labels = settings["rules"]["labels"]
        chosen = chosen_pairs(sets, answers.get(dataset, {}), panel["models"], labels)
        parts[dataset] = distances, chosen
    write_csv(job.output.csv, distribution_table(parts))
    with drawn(5 * len(parts), 4, settings["note"], job.output) as figure:
        draw_distributions(figure, parts, settings["titles"])
