"""What Figure 1 of paper B shows: anchors and a similar frame of each, and what a model says."""

import numpy as np

from framefault.plots.excerpt import write_excerpt
from framefault.tasks.frames.examples import changed_pairs
from framefault.tasks.frames.predictions import read_predictions
from framefault.tasks.frames.sets import read_sets
from framefault.workflow.job import stage


@stage
def main(job):
    sets, frames = read_sets(job.input.manifest), np.load(job.input.frames, mmap_mode="r")
    logits = read_predictions(job.input.predictions, sets)
    rows = changed_pairs(sets, logits, job.settings.excerpt["rules"]).to_dict("records")
    shown = {str(row["number"]): np.array(frames[row["number"]]) for row in rows}
    write_excerpt(job.output.excerpt, {"rows": rows, "frames": shown})
