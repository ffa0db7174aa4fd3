"""Checksums of one shard of corrupted clips against the clean ones."""

from pathlib import Path

from framefault.cli import Output, stage
from framefault.errors import UserError
from framefault.evaluation.checksums import DIGESTS, verdicts
from framefault.files import read_clips, write_csv
from framefault.shards import clip_id

COLUMNS = ("clip", "bytes", "unchanged")


@stage(clips=Path, corrupted=Path, files=Output)
def main(args):
    rows = []
    pairs = zip(read_clips(args.clips), read_clips(args.corrupted), strict=True)
    for (name, clean), (same_name, corrupted) in pairs:
        if name != same_name:
            raise UserError(f"{args.corrupted} holds other clips than {args.clips}; delete it.")
        agree = verdicts(clean, corrupted)
        if len(set(agree.values())) > 1:
            raise UserError(f"{' and '.join(DIGESTS)} disagree about {name} in {args.corrupted}.")
        unchanged = int(all(agree.values()))
        rows.append({"clip": clip_id(name), "bytes": len(clean), "unchanged": unchanged})
    write_csv(args.files, rows, COLUMNS)


if __name__ == "__main__":
    main()
