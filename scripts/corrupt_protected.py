"""Corrupt every clip of a shard that is protected: the job is told the modules of both."""

from functools import partial

from framefault.corruption.archives import corrupt_clips
from framefault.protection.channel import protected
from framefault.workflow.job import stage


@stage
def main(job):
    level, settings = float(job.wildcards.level), job.settings
    corruption, *methods = job.methods()
    corrupt = partial(corruption.corrupt, level=level, **settings.parameters)
    damage = protected(corrupt, list(zip(methods, settings.protection, strict=True)))
    corrupt_clips(job.input.clips, job.output, job.wildcards, settings.unit, damage)
