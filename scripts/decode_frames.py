"""Frames of a data set, decoded, resized and cropped once for all models of one input size."""

from framefault.tasks.frames.pictures import frames_below, pictures_of, write_cache
from framefault.tasks.frames.sets import read_sets
from framefault.workflow.job import stage


@stage
def main(job):
    keys = read_sets(job.input.manifest).frames
    resize, size = int(job.wildcards.resize), int(job.wildcards.size)
    pictures = pictures_of(frames_below(job.settings.folder), keys)
    write_cache(job.output.frames, pictures, len(keys), resize, size)
