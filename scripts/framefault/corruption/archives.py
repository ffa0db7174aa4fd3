"""Corrupting whole archives of clips, one random stream per clip."""

import json
from pathlib import Path

from framefault.cli import Output
from framefault.files import read_clips, write_clips, write_csv
from framefault.seeds import rng
from framefault.shards import clip_id

# The options that the scripts of all corruptions share.
CORRUPTION = {
    "clips": Path, "dataset": str, "level": float, "seed": int, "options": json.loads,
    "archive": Output, "account": Output,
}  # fmt: skip
ACCOUNT = ("clip", "unit", "sent", "damaged", "changed")


def corrupt_archive(args, corruption, unit, damage):
    """Corrupt every clip of `args.clips` into `args.archive`, with a CSV account.

    `damage(data, draw)` gives (bytes, units sent, units damaged), in `unit`s of "bit" or
    "datagram". The draw is keyed by data set, corruption, level, seed and clip, whatever the
    shard.
    """
    rows = []

    def corrupted():
        for name, data in read_clips(args.clips):
            clip = clip_id(name)
            draw = rng("corrupt", args.dataset, corruption, args.level, args.seed, clip)
            damaged, sent, hit = damage(data, draw)
            rows.append(
                {"clip": clip, "unit": unit, "sent": sent, "damaged": hit, "changed": int(hit > 0)}
            )
            yield name, damaged

    write_clips(args.archive, corrupted())
    write_csv(args.account, rows, ACCOUNT)
