"""What Figure 5 shows: correctly and incorrectly classified clips, clean and corrupted."""

from framefault.plots.examples import examples_of, pair_blocks
from framefault.plots.excerpt import write_excerpt
from framefault.workflow.job import stage


@stage
def main(job):
    blocks = pair_blocks(examples_of(job.input, job.settings.excerpt))
    write_excerpt(job.output.excerpt, blocks)
