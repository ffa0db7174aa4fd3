"""A folder of clips as files, for use outside of the workflow."""

from pathlib import PurePosixPath

import pandas as pd

from framefault.errors import UserError
from framefault.files import sha256, write_text
from framefault.shards import clip_id
from framefault.tabular import write_csv

MATROSKA = b"\x1a\x45\xdf\xa3"
COLUMNS = [
    "clip", "file", "label", "changed", "playable", "status", "opened", "frames", "errors",
    "full_length", "unit", "sent", "damaged", "delay", "bytes", "sha256",
]  # fmt: skip
ANSWERS = ["changed", "playable", "opened", "full_length"]
WORDS = """\
# {dataset}, {split}: {corruption} {level}, seed {seed}

`clips/` has {count} clips in folders by class, byte for byte as the workflow's decoder gets them.
{unplayable}

`clips.csv` has a line per clip:

- `clip`, `file`, `label`: its name in the workflow, its file here, its class
- `changed`: 1 where the damage may have changed what is decoded
- `playable`, `status`, `opened`, `frames`, `errors`, `full_length`: the decoder's account. `opened`
  is whether a video stream was found, `frames` how many were decoded
- `unit`, `sent`, `damaged`: how many bits or datagrams there were, and how many were hit; empty for
  clean clips
- `delay`: how many seconds later the file shows what the clean one shows
- `bytes`, `sha256`: of the file

`sha256sum -c SHA256SUMS` checks all files.
"""


def export_clips(folder, files, clips, condition):
    """Write a condition's clips below `folder`, with clips.csv, README.md and SHA256SUMS.

    `files` are (member name, bytes) of its archives, `clips` a frame with a line per clip, of which
    COLUMNS are kept. `condition` has the text of dataset, split, corruption, level and seed. Raises
    UserError where a name leads out of the folder or a clip is unknown.
    """
    known, rows = set(clips["clip"]), []
    for name, data in files:
        path = PurePosixPath("clips", file_name(name, data))
        if clip_id(name) not in known or ".." in path.parts or path.is_absolute():
            raise UserError(f"The clip {name!r} of {condition['dataset']} is not as it was listed.")
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
        facts = {"file": str(path), "bytes": len(data), "sha256": sha256(data)}
        rows.append({"clip": clip_id(name)} | facts)
    table = pd.DataFrame(rows).merge(clips, "left", "clip").reindex(columns=COLUMNS)
    table[ANSWERS] = table[ANSWERS].astype(int)
    write_csv(folder / "clips.csv", table)
    unplayable = len(rows) - table["playable"].sum()
    words = f"{unplayable} of them do not count as playable." if unplayable else "All are playable."
    write_text(folder / "README.md", WORDS.format(count=len(rows), unplayable=words, **condition))
    sums = {row["file"]: row["sha256"] for row in rows}
    for name in ("README.md", "clips.csv"):
        sums[name] = sha256((folder / name).read_bytes())
    write_text(folder / "SHA256SUMS", "".join(checksum(sums[name], name) for name in sorted(sums)))


def file_name(name, data):
    """A clip's file, with the extension of what a receiver stored: Matroska for unusual kinds."""
    path = PurePosixPath(name)
    stored = data.startswith(MATROSKA) and path.suffix not in (".mkv", ".webm")
    return f"{clip_id(name)}.mkv" if stored else name


def checksum(digest, name):
    """A line of SHA256SUMS, as GNU's sha256sum writes it."""
    escaped = name.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")
    return f"{'' if escaped == name else chr(92)}{digest}  {escaped}\n"
