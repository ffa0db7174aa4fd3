"""Figure 4: frames of one clip under rising corruption, with the model's predictions."""

from framefault.plots.examples import examples_of
from framefault.plots.frame_grid import level_blocks, write_grid
from framefault.workflow.job import stage


@stage
def main(job):
    blocks = level_blocks(examples_of(job.input, job.settings.figure))
    write_grid(blocks, job.settings.figure["note"], job.output)
