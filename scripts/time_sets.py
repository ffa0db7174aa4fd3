"""The pm-k sets of a data set, from the metadata of its release."""

import json
from pathlib import Path

from framefault.cli import Output, stage
from framefault.pmk.sets import check_counts, vid_sets, write_sets, ytbb_sets


@stage(
    folder=Path,
    layout=str,
    pmk_labels=[Path],
    content=str,
    expect=json.loads,
    sets=Output,
)
def main(args):
    metadata = args.folder / "metadata"
    sets = vid_sets(metadata) if args.layout == "vid" else ytbb_sets(metadata, *args.pmk_labels)
    check_counts(sets, args.expect)
    write_sets(args.sets, sets)


if __name__ == "__main__":
    main()
