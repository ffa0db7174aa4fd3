"""Train R3D without any defence, from scratch or from a checkpoint."""

from framefault.tasks.recognition.train import train
from framefault.video.cache import DecodedClips
from framefault.workflow.job import stage


@stage
def main(job):
    return train(job, DecodedClips(job.input.clean))
