"""Frame type and frame rate of every anchor, from the videos' bitstreams."""

from pathlib import Path

from framefault.cli import Output, stage
from framefault.files import write_csv
from framefault.pmk.sets import read_sets
from framefault.pmk.streams import anchor_streams


@stage(sets=Path, folder=Path, streams=Output)
def main(args):
    sets = read_sets(args.sets)
    rows = anchor_streams(args.folder, [sets.frames[anchor] for anchor in sets.anchors])
    write_csv(args.streams, rows, ("anchor", "type", "fps"))


if __name__ == "__main__":
    main()
