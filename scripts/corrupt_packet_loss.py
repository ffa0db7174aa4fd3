"""Send every clip of a shard over RTP and lose some of its datagrams."""

from framefault.corruption.archives import corrupt_clips
from framefault.corruption.packet_loss import drop_packets
from framefault.workflow.job import stage


@stage
def main(job):
    level = float(job.wildcards.level)

    def damage(data, draw):
        return drop_packets(data, level, draw, **job.settings)

    corrupt_clips(job.input.clips, job.output, job.wildcards, "datagram", damage)
