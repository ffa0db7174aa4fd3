"""Corrupt every clip of a shard, by the corruption whose module the job is told."""

from functools import partial

from framefault.corruption.archives import corrupt_clips
from framefault.workflow.job import stage


@stage
def main(job):
    level, parameters = float(job.wildcards.level), job.settings.parameters
    damage = partial(job.method().corrupt, level=level, **parameters)
    corrupt_clips(job.input.clips, job.output, job.wildcards, job.settings.unit, damage)
