"""Pack one shard of clips: the publisher's own bytes, or one pinned H.264 encode.

Sequences of pictures are always encoded, at the rate that the manifest says.
"""

from functools import partial
from pathlib import Path

from framefault.data.manifest import read_manifest
from framefault.errors import UserError
from framefault.files import damaged, sha256, write_clips
from framefault.shards import shard_rows
from framefault.video.encode import encode_frames, libx264, transcode
from framefault.video.reading import DAMAGE
from framefault.video.sequence import digest, list_pictures, read_pictures
from framefault.video.watchdog import guarded_map
from framefault.workflow.job import stage
from framefault.workflow.provenance import record_path

# What an encode may take: no encoder reaches it, so it ends only what hangs or runs wild.
SECONDS, SECONDS_PER_MEGAPIXEL, MEMORY_MB = 120, 10, 4096
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
    try:
        return row["id"] + ".mp4", transcode(data, encoding)
    except DAMAGE as error:
        raise unusable(row, getattr(error, "strerror", None) or error) from error


def encoded_pictures(row, folder, encoding):
    """One encode of a folder of pictures, which are read one at a time."""
    path = folder / row["path"]
    files = list_pictures(path)
    if digest(files) != row["sha256"]:
        raise unlike_manifest(path, folder, CHANGED)
    return encode_frames(read_pictures(files), row["fps"], libx264(encoding))


def unusable(row, reason):
    return UserError(
        f"The video {row['path']} cannot be encoded ({reason}); remove it, or list it in its data"
        " set's exclude."
    )


def encoded(rows, pack, workers):
    """Yield what `pack` makes of each row. Raises UserError that names a video that it cannot."""
    limited = [(row, SECONDS + SECONDS_PER_MEGAPIXEL * megapixels(row), MEMORY_MB) for row in rows]
    for row, (status, clip) in zip(rows, guarded_map(pack, limited, workers), strict=True):
        if status != "ok":
            raise unusable(row, status.replace("_", " "))
        yield clip


def megapixels(row):
    return row["frames"] * row["width"] * row["height"] / 1e6


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
    write_clips(job.output.archive, encoded(rows, pack, job.threads))
