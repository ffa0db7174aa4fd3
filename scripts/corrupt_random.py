"""Flip random bits of every clip of a shard."""

from framefault.cli import stage
from framefault.corruption.archives import CORRUPTION, corrupt_archive
from framefault.corruption.flips import flip_bits


@stage(**CORRUPTION)
def main(args):

    def damage(data, draw):
        damaged, flipped = flip_bits(data, args.level, draw)
        return damaged, 8 * len(data), flipped

    corrupt_archive(args, "random", "bit", damage)


if __name__ == "__main__":
    main()
