"""What Figure 10 of paper B shows: how far frames of each data set are from their anchors."""

import numpy as np

from framefault.plots.excerpt import write_excerpt
from framefault.tasks.frames.examples import linf_distances
from framefault.tasks.frames.sets import read_sets
from framefault.workflow.job import stage


@stage
def main(job):
    files = zip(job.input.manifests, job.input.frames, strict=True)
    distances = [
        linf_distances(read_sets(manifest), np.load(frames, mmap_mode="r"))
        for manifest, frames in files
    ]
    write_excerpt(job.output.excerpt, distances)
