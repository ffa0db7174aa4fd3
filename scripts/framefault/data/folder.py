"""A user's own folder of videos, one folder per class, or of sequences of pictures."""

import os
from pathlib import Path

from framefault.errors import UserError
from framefault.files import sha256


def list_folder(root):
    """Videos of a data set with one folder per class: sorted relative paths "class/video.ext".

    Hidden files are left out. Raises UserError when there is no such folder or no video in it, and
    for a name that no list can hold.
    """
    root = Path(root)
    if not root.is_dir():
        raise UserError(f"The folder {root} does not exist; it should hold one folder per class.")
    paths = videos_below(root)
    if not paths:
        raise UserError(f"The folder {root} holds no video; it should hold one folder per class.")
    for path in paths:
        if "\r" in path or not is_unicode(path):
            raise UserError(
                f"{root} has the video {path!r}; its name is not in UTF-8 or has a carriage return:"
                " rename it."
            )
    return paths


def is_unicode(name):
    """Whether a name of the file system is text; other bytes arrive as half characters."""
    try:
        return bool(name.encode())
    except UnicodeError:
        return False


def videos_below(root):
    paths = [path.relative_to(root).as_posix() for path in root.glob("*/*") if path.is_file()]
    return sorted(path for path in paths if "/." not in f"/{path}")


def folder_digest(root, split):
    """Digest of the names of all videos and of the files that the `split` section names.

    It changes when videos come or go, or when a list is edited; videos are not read.
    """
    found = [os.fsencode(name) for name in videos_below(Path(root))]
    if split["by"] not in ("ratio", "pattern"):
        for key in ("test", "train", "path"):
            found += [file.read_bytes() for file in files_below(split.get(key))]
    return sha256(b"\0".join(found))[:16]


def files_below(path):
    """The file itself, or the files in a folder, in order; nothing where there is none."""
    if path is None:
        return []
    path = Path(path)
    return [path] if path.is_file() else sorted(file for file in path.glob("*") if file.is_file())


def folder_of(folder, part):
    """Where the sequences of a split lie below `folder`: in `part`, or in itself without that."""
    return part if Path(folder, part).is_dir() else ""


def sequences_digest(folder, parts, sequences):
    """Digest of the names of sequences' pictures, and of what their ground truth and rates say.

    `parts` and `sequences` as of `mot.find_sequences`. It changes when pictures come or go, or when
    ground truth is edited; pictures are not read.
    """
    found = []
    for part in parts.values():
        below = Path(folder, folder_of(folder, part))
        for name in sequences or sorted(path.name for path in below.iterdir() if path.is_dir()):
            files = sorted(each for each in (below / name).glob("*/*") if each.is_file())
            found += [os.fsencode(each.relative_to(below).as_posix()) for each in files]
            texts = [below / name / each for each in ("gt/gt.txt", "seqinfo.ini")]
            found += [each.read_bytes() for each in texts if each.is_file()]
    return sha256(b"\0".join(found))[:16]
