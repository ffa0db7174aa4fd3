"""Pack one shard of clips: the publisher's own bytes, or one pinned H.264 encode."""

import json
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from framefault.cli import Output, stage
from framefault.clips.encode import transcode
from framefault.errors import UserError
from framefault.files import damaged, read_csv, sha256, write_clips
from framefault.shards import shard_rows
from framefault.workflow.provenance import record_path


def packed(task):
    """(member name, bytes) of one clip."""
    row, folder, options = task
    path = folder / row["path"]
    try:
        data = path.read_bytes()
    except OSError as error:
        raise unlike_manifest(path, folder, error.strerror) from error
    if sha256(data) != row["sha256"]:
        raise unlike_manifest(path, folder, "it has changed since the manifest was made")
    if options["container"] == "original":
        return row["id"] + path.suffix.lower(), data
    return row["id"] + ".mp4", transcode(data, options)


def unlike_manifest(path, folder, reason):
    """The error for a video that is not there as it was listed."""
    if record_path(folder).is_file():
        return damaged(folder, f"{path}: {reason}")
    return UserError(
        f"Cannot use {path}: {reason}; put it back, or delete the data set's file in"
        " results/manifests and run the same command again."
    )


@stage(
    manifest=Path,
    folder=Path,
    split=str,
    shard=str,
    options=json.loads,
    archive=Output,
    workers=int,
)
def main(args):
    rows = [row for row in read_csv(args.manifest) if row["split"] == args.split]
    tasks = [(row, args.folder, args.options) for row in shard_rows(rows, args.shard)]
    if args.options["container"] == "original":
        write_clips(args.archive, map(packed, tasks))
    else:
        with ProcessPoolExecutor(args.workers) as pool:
            write_clips(args.archive, pool.map(packed, tasks, chunksize=4))


if __name__ == "__main__":
    main()
