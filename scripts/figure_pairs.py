"""Figure 5: correctly and incorrectly classified clips, each clean above corrupted."""

from framefault.plots.examples import examples_of
from framefault.plots.frame_grid import clips_of, pair_blocks, write_grid
from framefault.workflow.job import stage


@stage
def main(job):
    settings = job.settings.figure
    blocks = pair_blocks(examples_of(job.input, settings), settings["names"])
    words = "each by its damage the median of the clips that are classified so"
    write_grid(blocks, f"Clips {clips_of(blocks)}: {words}. {settings['note']}", job.output)
