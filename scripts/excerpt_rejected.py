"""What Figure 2 of paper B shows: frames that review rejected, beside their anchors."""

import numpy as np

from framefault.plots.excerpt import write_excerpt
from framefault.tasks.frames.examples import rejected_pairs
from framefault.tasks.frames.sets import read_sets
from framefault.workflow.job import stage


@stage
def main(job):
    frames = np.load(job.input.frames, mmap_mode="r")
    table = rejected_pairs(read_sets(job.input.manifest), frames)
    numbers = {*table["anchor_number"], *table["number"]}
    shown = {str(number): np.array(frames[number]) for number in sorted(numbers)}
    content = {"columns": list(table.columns), "rows": table.to_dict("records"), "frames": shown}
    write_excerpt(job.output.excerpt, content)
