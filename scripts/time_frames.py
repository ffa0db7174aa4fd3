"""Frames of a data set, decoded, resized and cropped once for all models of one input size."""

from pathlib import Path

from framefault.cli import Output, stage
from framefault.pmk.pictures import pictures_of, write_cache
from framefault.pmk.sets import read_sets


@stage(sets=Path, folder=Path, resize=int, size=int, cache=Output)
def main(args):
    keys = read_sets(args.sets).frames
    write_cache(args.cache, pictures_of(args.folder, keys), len(keys), args.resize, args.size)


if __name__ == "__main__":
    main()
