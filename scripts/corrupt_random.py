"""Flip random bits of every clip of a shard."""

from framefault.cli import run
from framefault.corruption import corrupt_archive, corruption_arguments
from framefault.flips import flip_bits


def main():
    args = corruption_arguments(__doc__)

    def damage(data, draw):
        damaged, flipped = flip_bits(data, args.level, draw)
        return damaged, 8 * len(data), flipped

    corrupt_archive(args, "random", "bit", damage)


if __name__ == "__main__":
    run(main)
