"""Figure 4: frames of one clip under rising corruption, with the model's predictions."""

from framefault.plots.excerpt import read_excerpt
from framefault.plots.frame_grid import clips_of, titled, write_grid
from framefault.workflow.job import stage


@stage
def main(job):
    settings = job.settings.figure
    blocks = titled(read_excerpt(job.input.excerpt), settings["names"])
    words = "the first of those that are most right at low levels and most wrong at high ones"
    write_grid(blocks, f"Clip {clips_of(blocks)}, {words}. {settings['note']}", job.output)
