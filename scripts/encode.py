"""Pack one shard of clips: the publisher's own bytes, or one pinned H.264 encode.

Sequences of pictures are always encoded, at the rate that the manifest says.
"""

from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from framefault.data.manifest import read_manifest
from framefault.errors import UserError
from framefault.files import damaged, sha256, write_clips
from framefault.shards import shard_rows
from framefault.video.encode import encode_frames, libx264, transcode
from framefault.video.sequence import digest, list_pictures, read_pictures
from framefault.workflow.job import stage
from framefault.workflow.provenance import record_path

CHANGED = "it has changed since the manifest was made"


def packed(row, folder, encoding):
    """(member name, bytes) of one clip; `row` is its line in the manifest."""
    path = folder / row["path"]
    if row["codec"] == "pictures":
        return row["id"] + ".mp4", encoded_pictures(row, folder, encoding)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise unlike_manifest(path, folder, error.strerror) from error
    if sha256(data) != row["sha256"]:
        raise unlike_manifest(path, folder, CHANGED)
    if encoding["container"] == "original":
        return row["id"] + path.suffix.lower(), data
    return row["id"] + ".mp4", transcode(data, encoding)


def encoded_pictures(row, folder, encoding):
    """One encode of a folder of pictures, which are read one at a time."""
    path = folder / row["path"]
    files = list_pictures(path)
    if digest(files) != row["sha256"]:
        raise unlike_manifest(path, folder, CHANGED)
    return encode_frames(read_pictures(files), row["fps"], libx264(encoding))


def unlike_manifest(path, folder, reason):
    """The error for a video that is not there as it was listed."""
    if record_path(folder).is_file():
        return damaged(folder, f"{path}: {reason}")
    return UserError(
        f"Cannot use {path}: {reason}; put it back, or delete the data set's file in"
        " results/manifests and run the same command again."
    )


@stage
def main(job):
    videos = read_manifest(job.input.manifest, job.wildcards.split)
    rows = shard_rows(videos, job.wildcards.shard).to_dict("records")
    pack = partial(packed, folder=Path(job.settings.folder), encoding=job.settings.encoding)
    if job.settings.encoding["container"] == "original":
        write_clips(job.output.archive, map(pack, rows))
        return
    with ProcessPoolExecutor(job.threads) as pool:
        write_clips(job.output.archive, pool.map(pack, rows, chunksize=4))
