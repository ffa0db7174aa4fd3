"""Train FairMOT's network on sequences and their tracks."""

from framefault.tasks.tracking.train import train
from framefault.workflow.job import stage


@stage
def main(job):
    return train(job)
