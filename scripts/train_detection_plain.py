"""Train a detector on pictures with boxes."""

from framefault.tasks.detection.pictures import Cached, ImageNetVid
from framefault.tasks.detection.train import train
from framefault.tasks.frames.sets import read_sets
from framefault.workflow.job import stage


@stage
def main(job):
    if job.input.pictures:
        return train(job, Cached(job.input.pictures[0]))
    sets, source = read_sets(job.input.targets), job.settings.source
    return train(job, ImageNetVid(source["folder"], source["every"], sets.classes, sets.names))
