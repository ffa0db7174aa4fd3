"""Flip random bits of every clip of a shard."""

from framefault.corruption.archives import corrupt_clips
from framefault.corruption.flips import flip_bits
from framefault.workflow.job import stage


@stage
def main(job):
    level = float(job.wildcards.level)

    def damage(data, draw):
        damaged, flipped = flip_bits(data, level, draw)
        return damaged, 8 * len(data), flipped, flipped > 0, 0.0

    corrupt_clips(job.input.clips, job.output, job.wildcards, "bit", damage)
