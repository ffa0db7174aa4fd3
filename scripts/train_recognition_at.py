"""Train R3D adversarially: FGSM with a random start."""

from framefault.tasks.recognition.adversarial import adversary
from framefault.tasks.recognition.train import train
from framefault.video.cache import DecodedClips
from framefault.workflow.job import stage


@stage
def main(job):
    perturb = adversary(
        job.settings.epsilon,
        **job.settings.adversarial,
        dataset=job.wildcards.dataset,
        seed=int(job.wildcards.training),
    )
    return train(job, DecodedClips(job.input.clean), perturb=perturb)
