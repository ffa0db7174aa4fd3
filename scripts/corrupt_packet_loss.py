"""Send every clip of a shard over RTP and lose some of its datagrams."""

from framefault.cli import stage
from framefault.corruption.archives import CORRUPTION, corrupt_archive
from framefault.corruption.packet_loss import drop_packets


@stage(**CORRUPTION)
def main(args):

    def damage(data, draw):
        return drop_packets(data, args.level, draw, **args.options)

    corrupt_archive(args, "packet_loss", "datagram", damage)


if __name__ == "__main__":
    main()
