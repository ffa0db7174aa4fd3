"""Figure 5: correctly and incorrectly classified clips, each clean above corrupted."""

from framefault.plots.examples import examples_of
from framefault.plots.frame_grid import pair_blocks, write_grid
from framefault.workflow.job import stage


@stage
def main(job):
    blocks = pair_blocks(examples_of(job.input, job.settings.figure))
    write_grid(blocks, job.settings.figure["note"], job.output)
