"""Decode one shard of clips, whatever happened to them, into cached frames and an account."""

import json
from functools import partial
from pathlib import Path

import numpy as np

from framefault.cli import Output, stage
from framefault.clips.decode import cache_size, decode_clip
from framefault.clips.frames import DecodedClips, write_shard
from framefault.clips.watchdog import guarded_map
from framefault.corruption.distance import pixel_distance
from framefault.errors import UserError
from framefault.files import read_clips, read_csv
from framefault.shards import clip_id, shard_rows


def decode_task(task, crop):
    data, size, expected = task
    return decode_clip(data, size, crop, expected_frames=expected)


def without_frames(size, crop):
    """What is left of a clip whose decoder crashed, hung or ran out of memory."""
    width, height = (crop, crop) if crop else size
    account = {"opened": False, "frames": 0, "errors": 0, "full_length": False}
    return np.empty((0, height, width, 3), np.uint8), account


@stage(
    manifest=Path,
    split=str,
    shard=str,
    clips=Path,
    corruption=[Path],
    clean=[Path],
    options=json.loads,
    frames=Output,
    account=Output,
    workers=int,
)
def main(args):
    options = args.options
    rows = [row for row in read_csv(args.manifest) if row["split"] == args.split]
    rows = shard_rows(rows, args.shard)
    clean = DecodedClips(args.clean) if args.clean else None
    changed = [int(row["changed"]) for file in args.corruption for row in read_csv(file)]
    changed = changed or [1] * len(rows)
    sizes = [
        cache_size(int(row["width"]), int(row["height"]), options["short_side"]) for row in rows
    ]

    def tasks():
        clips = read_clips(args.clips)
        for row, size, is_changed, (name, data) in zip(rows, sizes, changed, clips, strict=True):
            if clip_id(name) != row["id"]:
                raise UserError(
                    f"{args.clips} holds other clips than {args.manifest}; make it again."
                )
            if is_changed:
                yield data, size, int(row["frames"])

    def distance(frames, index):
        """To the clean clip, where results need it: training clips are never evaluated."""
        if args.split == "train":
            return float("nan")
        return pixel_distance(frames, clean[index] if clean else frames)

    def accounts():
        function = partial(decode_task, crop=options["crop"])
        limits = args.workers, options["timeout"], options["memory_mb"]
        decoded = guarded_map(function, tasks(), *limits)
        for index, (row, size, is_changed) in enumerate(zip(rows, sizes, changed, strict=True)):
            if not is_changed:
                yield clean[index], clean.accounts[index] | {"unchanged": True}
                continue
            status, result = next(decoded)
            frames, account = result or without_frames(size, options["crop"])
            names = {"clip": row["id"], "label": row["label"], "status": status}
            facts = {"unchanged": False, "distance": distance(frames, index)}
            yield frames, account | names | facts

    write_shard(args.frames, args.account, accounts())


if __name__ == "__main__":
    main()
