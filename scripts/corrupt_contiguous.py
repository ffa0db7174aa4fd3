"""Overwrite one stretch of every clip of a shard with random bytes."""

from framefault.cli import run
from framefault.contiguous import overwrite_segment
from framefault.corruption import corrupt_archive, corruption_arguments


def main():
    args = corruption_arguments(__doc__)

    def damage(data, draw):
        damaged, _, length = overwrite_segment(data, args.level, draw)
        return damaged, 8 * len(data), 8 * length

    corrupt_archive(args, "contiguous", "bit", damage)


if __name__ == "__main__":
    run(main)
