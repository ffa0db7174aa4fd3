"""What Figure 4 shows: frames of one clip under rising corruption."""

from framefault.plots.examples import examples_of, level_blocks
from framefault.plots.excerpt import write_excerpt
from framefault.workflow.job import stage


@stage
def main(job):
    settings = job.settings.excerpt
    blocks = level_blocks(examples_of(job.input, settings), settings["corruptions"])
    write_excerpt(job.output.excerpt, blocks)
