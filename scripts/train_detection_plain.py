"""Train a detector on pictures with boxes."""

from framefault.tasks.detection.pictures import Cached, ImageNetVid
from framefault.tasks.detection.train import train
from framefault.tasks.frames.networks import load_fetched
from framefault.tasks.frames.sets import read_sets
from framefault.workflow.job import stage


@stage
def main(job):
    return train(job, pictures_of(job), *start_of(job))


def pictures_of(job):
    """Pictures that were made in this run, or those of ImageNet-VID."""
    if job.input.pictures:
        return Cached(job.input.pictures[0])
    sets, source = read_sets(job.input.targets), job.settings.source
    return ImageNetVid(source["folder"], source["every"], sets.classes, sets.names)


def start_of(job):
    """(weights to go on from, where they are from): of a published model, or none."""
    start = job.settings.start
    if not start:
        return None, None
    published = load_fetched(start, job.input.published, job.circumstances.folder)
    return published.state_dict(), start["model"]
