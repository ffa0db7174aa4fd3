"""Frame type and frame rate of every anchor, from the videos' bitstreams."""

from framefault.tabular import write_csv
from framefault.tasks.frames.sets import read_sets
from framefault.tasks.frames.streams import anchor_streams
from framefault.workflow.job import stage


@stage
def main(job):
    sets = read_sets(job.input.manifest)
    anchors = [sets.frames[anchor] for anchor in sets.anchors]
    write_csv(job.output.streams, anchor_streams(job.settings.folder, anchors))
