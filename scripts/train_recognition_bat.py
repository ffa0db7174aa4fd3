"""Train R3D on clips that are corrupted every other time (BAT and its variants)."""

from framefault.tasks.recognition.bat import corrupting
from framefault.tasks.recognition.train import train
from framefault.video.cache import DecodedClips
from framefault.workflow.job import stage


@stage
def main(job):
    clean = DecodedClips(job.input.clean)
    shards = [path for path in job.input.corrupted if path.suffix == ".frames"]
    each = len(shards) // len(job.settings.conditions)
    corrupted = [
        DecodedClips(shards[first : first + each], clean, job.settings.gaps)
        for first in range(0, len(shards), each)
    ]
    pick = corrupting(clean, corrupted, job.settings.probability)
    return train(job, clean, pick, corrupted=corrupted)
