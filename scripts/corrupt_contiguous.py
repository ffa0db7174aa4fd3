"""Overwrite one stretch of every clip of a shard with random bytes."""

from framefault.cli import stage
from framefault.corruption.archives import CORRUPTION, corrupt_archive
from framefault.corruption.contiguous import overwrite_segment


@stage(**CORRUPTION)
def main(args):

    def damage(data, draw):
        damaged, _, length = overwrite_segment(data, args.level, draw)
        return damaged, 8 * len(data), 8 * length

    corrupt_archive(args, "contiguous", "bit", damage)


if __name__ == "__main__":
    main()
