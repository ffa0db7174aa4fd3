"""Which files of a folder are damaged, by the decoder's own account."""

from pathlib import Path

import av
import pandas as pd

from framefault.data.listing import list_files
from framefault.video import reading
from framefault.video.reading import DAMAGE
from framefault.video.watchdog import guarded_map

# What one file may take: a file that hangs a decoder costs minutes, not the run.
CPU_SECONDS, CPU_SECONDS_PER_MB, MEMORY_MB = 60, 20, 4096
# Files that are videos by their names, and damaged where there is none in them.
VIDEOS = frozenset(
    ".3gp .asf .avi .dv .flv .h264 .hevc .ivf .m2ts .m2v .m4v .mkv .mov .mp4 .mpeg .mpg .mts .mxf"
    " .ogv .rm .ts .vob .webm .wmv .y4m".split()
)
FACTS = {
    "container": "", "codec": "", "width": None, "height": None, "declared": None, "packets": 0,
    "frames": 0, "errors": 0, "corrupt": 0, "messages": 0,
}  # fmt: skip
UNKNOWN = FACTS | {"opened": False, "said": ""}  # `said`: what went wrong first
COLUMNS = ["path", "bytes", "damaged", "status", "opened", *FACTS, "reason"]


def audit(root, workers=1):
    """A frame of COLUMNS with a line per file below `root`, in the order of `list_files`.

    `status` is ok, unreadable, crashed, timed_out or out_of_memory; `opened` whether there is a
    video stream, `declared` how many frames the container says it has, `frames` how many were
    decoded, `errors` how many reads and packets failed, `corrupt` how many packets and pictures
    FFmpeg marks so, and `messages` how many errors it reports. `damaged` is 1 where any of these
    speaks of damage, and `reason` says which. Damage that no decoder notices is not found. Files
    without video are not damaged, unless they are named as videos.
    """
    paths = list_files(root)
    files = [Path(root, path) for path in paths]
    sizes = [file.stat().st_size if file.is_file() else 0 for file in files]
    tasks = (
        (str(file), CPU_SECONDS + CPU_SECONDS_PER_MB * size / 1e6, MEMORY_MB)
        for file, size in zip(files, sizes, strict=True)
    )
    rows = []
    for path, size, (status, found) in zip(
        paths, sizes, guarded_map(examine, tasks, workers), strict=True
    ):
        row = {"path": printable(path), "bytes": size, "status": status} | (found or UNKNOWN)
        reason = complaint(row)
        facts = {"opened": int(row["opened"]), "damaged": int(bool(reason))}
        rows.append(row | facts | {"reason": reason or ("" if row["opened"] else "no video")})
    whole = dict.fromkeys(["width", "height", "declared"], "Int64")
    return pd.DataFrame(rows, columns=COLUMNS).astype(whole)


def examine(path):
    """What is found of one file, with the keys of UNKNOWN; never raises for damage."""
    found = dict(UNKNOWN)
    av.logging.set_level(av.logging.ERROR)
    with av.logging.Capture(local=True) as messages:
        try:
            with open(path, "rb") as file, av.open(file, metadata_errors="ignore") as container:
                found["container"] = container.format.name
                decode_all(container, found)
        except DAMAGE as error:
            found["said"] = error_text(error)
            found["errors"] += found["opened"]
        except OSError as error:
            return found | {"status": "unreadable", "said": error_text(error)}
    found["messages"] = len(messages)
    if messages:
        _, part, text = messages[0]
        found["said"] = f"{part}: {' '.join(text.split())}"
    return found


def decode_all(container, found):
    """Decode the first video stream on one thread, and count in `found` what happens."""
    streams = container.streams.video
    # FFmpeg shows text as a film of a terminal.
    if not streams or streams[0].codec_context is None or container.format.name == "tty":
        found["said"] = "no video stream"
        return
    stream = streams[0]
    codec = stream.codec_context
    codec.thread_type, codec.thread_count = "NONE", 1
    found |= {"opened": True, "codec": codec.name, "width": codec.width, "height": codec.height,
              "declared": stream.frames or None}  # fmt: skip
    for packet in packets(container, stream, found):
        try:
            for picture in codec.decode(packet):
                found["frames"] += 1
                found["corrupt"] += picture.is_corrupt
        except DAMAGE as error:
            found["errors"] += 1
            found["said"] = found["said"] or error_text(error)


def packets(container, stream, found):
    """Packets as far as the file can be read, then None, which flushes the decoder."""
    try:
        for packet in reading.packets(container, stream):
            found["packets"] += not packet.is_discard
            found["corrupt"] += packet.is_corrupt
            yield packet
    except DAMAGE as error:
        found["errors"] += 1
        found["said"] = found["said"] or error_text(error)
    yield None


def printable(path):
    """A path as text: bytes that are no UTF-8 are escaped."""
    return path.encode(errors="surrogateescape").decode(errors="backslashreplace")


def error_text(error):
    return getattr(error, "strerror", None) or str(error)


def complaint(row):
    """What speaks of damage, in words, or nothing."""
    if row["status"] == "unreadable":
        return f"it cannot be read: {row['said']}"
    if row["status"] != "ok":
        return f"the decoder {row['status'].replace('_', ' ')}"
    if not row["opened"]:
        named = Path(row["path"]).suffix.lower() in VIDEOS
        return f"no video in it: {row['said']}" if named else ""
    if row["errors"] or row["corrupt"] or row["messages"]:
        return row["said"] or f"FFmpeg marks {row['corrupt']} of its pictures as corrupt"
    expected = max(row["declared"] or 0, row["packets"])
    if row["frames"] < expected:
        return f"the container has {expected} frames, and {row['frames']} of them decode"
    return ""
