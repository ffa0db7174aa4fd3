"""Overwrite one stretch of every clip of a shard with random bytes."""

from framefault.corruption.archives import corrupt_clips
from framefault.corruption.contiguous import overwrite_segment
from framefault.workflow.job import stage


@stage
def main(job):
    level = float(job.wildcards.level)

    def damage(data, draw):
        damaged, _, length = overwrite_segment(data, level, draw)
        return damaged, 8 * len(data), 8 * length, length > 0, 0.0

    corrupt_clips(job.input.clips, job.output, job.wildcards, "bit", damage)
