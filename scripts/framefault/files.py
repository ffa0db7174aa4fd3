"""Files that appear whole or not at all, and deterministic archives of clips."""

import errno
import hashlib
import json
import lzma
import os
import re
import shlex
import shutil
import struct
import zipfile
import zlib
from collections import Counter
from contextlib import contextmanager
from pathlib import Path

from framefault.errors import UserError

# What zipfile raises for archives with damage in various places.
UNREADABLE_ZIP = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, OSError, RuntimeError,
    UnicodeError,
)  # fmt: skip


@contextmanager
def whole(path):
    """Give a temporary path beside `path`; it takes the final name only if the block succeeds.

    What is written there may be a file or a folder. Raises UserError where the disk is full.
    """
    path = Path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        remove_leftovers(path)
        # The suffix stays last, because libraries choose a format by it.
        part = path.with_name(f".{os.getpid()}.{path.name}")
        try:
            yield part
            if part.is_dir():
                remove(path)
            os.replace(part, path)
        finally:
            remove(part)
    except Exception as error:
        if unwritable(error, path):
            raise UserError(cannot_write(path, error)) from error
        raise


def remove_leftovers(path):
    """Delete what killed jobs left of their attempts to write `path`."""
    pattern = re.compile(rf"\.\d+\.{re.escape(path.name)}")
    for name in os.listdir(path.parent):
        if pattern.fullmatch(name):
            remove(path.with_name(name))


def remove(path):
    """Delete a file or a folder, if there is one."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def cannot_write(path, error):
    """What a user is told of a file that an error kept from being written."""
    reason = unwritable(error, path) or error.strerror
    return f"Cannot write {path}: {reason}; solve that and run the same command again."


def unwritable(error, path):
    """Why nothing can be written there, or None if the error is of another kind.

    Libraries hide the reason in errors of their own.
    """
    if isinstance(error, UserError):
        return None
    number = getattr(error, "errno", None)
    if number in (errno.ENOSPC, errno.EDQUOT, errno.EROFS):
        return os.strerror(number)
    if os.strerror(errno.ENOSPC) in str(error):
        return os.strerror(errno.ENOSPC)
    full = path.parent.is_dir() and shutil.disk_usage(path.parent).free < 100_000
    return os.strerror(errno.ENOSPC) if full else None


def write_clips(path, clips):
    """Zip archive of (member name, bytes) pairs: stored, no timestamps, same clips same bytes."""
    with whole(path) as part, zipfile.ZipFile(part, "w", zipfile.ZIP_STORED) as archive:
        for name, data in clips:
            member = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            member.external_attr = 0o644 << 16
            archive.writestr(member, data)


def read_clips(path):
    """(member name, bytes) pairs of an archive, in its order, each checked by its CRC.

    Raises UserError for an archive that is truncated or damaged.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            # The list at the end has no checksum: what it names must fill the file up to it.
            size = sum(30 + len(m.filename.encode()) + m.file_size for m in members)
            if size != archive.start_dir:
                raise zipfile.BadZipFile("its list of clips is not what was written")
            for member in members:
                yield member.filename, archive.read(member)
    except FileNotFoundError:
        raise
    except UNREADABLE_ZIP as error:
        raise damaged(path, error) from error


def damaged(path, reason):
    """The error for an intermediate file whose content is not what was written."""
    command = f"rm -r {shlex.quote(str(path))}"
    return UserError(f"{path} is damaged ({reason}); `{command}` and run the same command again.")


def write_text(path, text):
    with whole(path) as part:
        part.write_text(text, encoding="utf-8")


def write_json(path, value):
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def read_json(path, what, kind):
    """A user's JSON file. Raises UserError where it is missing, no JSON or of another kind."""
    try:
        text = Path(path).read_text(encoding="utf-8")
        value = json.loads(text, object_pairs_hook=without_repetitions)
    except FileNotFoundError as error:
        raise UserError(f"There is no {path}; it should hold {what}.") from error
    except (OSError, ValueError) as error:
        raise UserError(f"{path} cannot be read as JSON: {error}.") from error
    except RecursionError as error:
        raise UserError(f"{path} is nested too deeply; it should hold {what}.") from error
    if not isinstance(value, kind):
        raise UserError(f"{path} is not {what}.")
    return value


def without_repetitions(pairs):
    """A JSON object; json itself keeps the last of several values of a key, without a word."""
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(key for key, count in Counter(key for key, _ in pairs).items() if count > 1)
        raise ValueError(f"it has the key {twice!r} twice")
    return found


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def file_digest(path):
    """The sha256 of a file, read piece by piece."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
