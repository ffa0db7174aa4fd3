"""Train an image classifier, from scratch or from other weights."""

from framefault.tasks.frames.train import train
from framefault.workflow.job import stage


@stage
def main(job):
    return train(job)
