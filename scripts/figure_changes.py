"""Figure 1 of paper B: anchors and a similar frame of each on which the best model errs."""

import numpy as np

from framefault.plots.changes import changed_pairs, draw_pairs
from framefault.plots.style import drawn
from framefault.tabular import write_csv
from framefault.tasks.frames.predictions import read_predictions
from framefault.tasks.frames.sets import read_sets
from framefault.workflow.job import stage


@stage
def main(job):
    settings, sets = job.settings.figure, read_sets(job.input.manifest)
    logits = read_predictions(job.input.predictions, sets)
    table = changed_pairs(sets, logits, settings["rules"])
    facts = table.drop(columns=["pair", "number"]).assign(model=settings["model"])
    write_csv(job.output.csv, facts)
    note = f"The nearest frames on which {settings['model']} errs. {settings['note']}"
    with drawn(4.2, 2.3 * table["pair"].nunique(), note, job.output) as figure:
        draw_pairs(figure, table, np.load(job.input.frames, mmap_mode="r"))
