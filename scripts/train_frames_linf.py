"""Train an image classifier adversarially in the l-inf norm."""

from framefault.tasks.frames.inputs import Preprocessing
from framefault.tasks.frames.train import train
from framefault.tasks.frames.views import attack_linf
from framefault.workflow.job import stage


@stage
def main(job):
    sees = Preprocessing(**job.settings.preprocessing)
    return train(job, perturb=attack_linf(**job.settings.linf, sees=sees))
