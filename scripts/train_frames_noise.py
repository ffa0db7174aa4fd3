"""Train an image classifier on pictures with one corruption of Hendrycks and Dietterich."""

from framefault.tasks.frames.noise import corrupt
from framefault.tasks.frames.train import train
from framefault.workflow.job import stage


@stage
def main(job):
    noise = job.settings.noise

    def change(pixels, draw):
        severity = int(draw.choice(noise["severities"]))
        if draw.random() < noise["share"]:
            return corrupt(pixels, noise["corruption"], severity, draw)
        return pixels

    return train(job, change=change)
