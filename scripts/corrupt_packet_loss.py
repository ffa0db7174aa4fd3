"""Send every clip of a shard over RTP and lose some of its datagrams."""

from framefault.cli import run
from framefault.corruption import corrupt_archive, corruption_arguments
from framefault.packet_loss import drop_packets


def main():
    args = corruption_arguments(__doc__)

    def damage(data, draw):
        return drop_packets(data, args.level, draw, **args.options)

    corrupt_archive(args, "packet_loss", "datagram", damage)


if __name__ == "__main__":
    run(main)
