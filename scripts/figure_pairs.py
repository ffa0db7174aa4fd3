"""Figure 5: correctly and incorrectly classified clips, each clean above corrupted."""

from framefault.plots.excerpt import read_excerpt
from framefault.plots.frame_grid import clips_of, titled, write_grid
from framefault.workflow.job import stage


@stage
def main(job):
    settings = job.settings.figure
    blocks = titled(read_excerpt(job.input.excerpt), settings["names"])
    words = "each by its damage the median of the clips that are classified so"
    write_grid(blocks, f"Clips {clips_of(blocks)}: {words}. {settings['note']}", job.output)
