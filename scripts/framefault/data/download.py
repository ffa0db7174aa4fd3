"""Archives from their publishers: fetched whole or in pieces, or put there by hand; verified."""

import fcntl
import time
from pathlib import Path

import requests
import urllib3
from tqdm import tqdm
from urllib3.exceptions import HTTPError, InsecureRequestWarning

from framefault.errors import UserError
from framefault.files import cannot_write, file_digest

ATTEMPTS = 4  # in a row that bring nothing, per address
PAUSE = 1.0  # seconds before the second of them; doubles each time
TIMEOUT = 60  # seconds without a byte
CHUNK = 1 << 20

# A file without a valid certificate is one whose digest is checked.
urllib3.disable_warnings(InsecureRequestWarning)


class Refused(Exception):
    """An address does not give the file; another one may."""


def obtain(archive, urls, homepage, folder, allow):
    """Path of a verified archive in `folder`, downloaded if it is not there and `allow` is true.

    `archive` is {"file": name, "bytes": size or None, "sha256": hex, or its beginning, or None};
    `urls` are tried in order. An interrupted transfer is resumed by the next call. Raises UserError
    if the file is not to be had, or is not the expected one; such a file is set aside, not deleted.
    """
    path = Path(folder) / archive["file"]
    if path.is_file():
        if problem := difference(path, archive):
            raise UserError(
                f"{path} is not the expected file: {problem}. It is now {set_aside(path).name};"
                " put the right one there, or correct `sources` in the configuration."
            )
        return path
    if not allow:
        raise UserError(
            f"There is no {path}; get that file from {homepage} and put it there,"
            " or set downloads.allow to true."
        )
    reasons, whole_digest = [], len(archive["sha256"] or "") == 64
    for url in urls:
        try:
            download(url, path, archive["bytes"], verify=not whole_digest)
            if problem := difference(path, archive):
                raise Refused(f"not the expected file, {problem}; kept as {set_aside(path)}")
            return path
        except Refused as reason:
            reasons.append(f"{url}: {reason}")
    raise UserError(
        f"{archive['file']} could not be downloaded ({'; '.join(reasons)}); run the same command"
        f" again later, or get that file from {homepage} and put it at {path}."
    )


def difference(path, archive):
    """What tells a file from the expected archive, in words, or None."""
    size = path.stat().st_size
    if archive["bytes"] not in (None, size):
        return f"it has {size} bytes where {archive['bytes']} are expected"
    expected = archive["sha256"]
    if expected and not (found := file_digest(path)).startswith(expected):
        return f"its sha256 is {found} where {expected} is expected"
    return None


def set_aside(path):
    return path.rename(path.with_name(f"{path.name}.unexpected"))


def download(url, path, size=None, verify=True):
    """Download `url` to `path`; what arrived of an interrupted transfer lies beside it as .part.

    `size` is the expected number of bytes, if known. `verify` asks for a valid certificate: a
    known digest vouches for more, and the scripts in use for UCF101 do without. Raises Refused if
    the address does not give the file, UserError if it cannot be written or another run is
    writing it.
    """
    part = path.with_name(f"{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(part, "ab") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise UserError(f"Another run is downloading {path}; wait for it.") from error
            persist(url, file, size, verify)
        part.rename(path)
    except OSError as error:
        raise UserError(cannot_write(part, error)) from error


def persist(url, file, size, verify):
    """Transfer until the file is whole, resuming after every break that follows some progress."""
    failures = 0
    while True:
        before = file.seek(0, 2)
        try:
            return transfer(url, file, size, verify)
        except (requests.RequestException, HTTPError) as error:
            failures = 1 if file.seek(0, 2) > before else failures + 1
            if failures == ATTEMPTS:
                raise Refused(brief(error)) from error
            time.sleep(PAUSE * 2 ** (failures - 1))


def transfer(url, file, size, verify):
    """One request for what is missing at the end of an open file."""
    start = file.seek(0, 2)
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={start}-"} if start else {})
    with requests.get(url, headers=headers, stream=True, timeout=TIMEOUT, verify=verify) as answer:
        if answer.status_code == requests.codes.requested_range_not_satisfiable:
            # Nothing is missing, or what is there does not belong to this file.
            if answer.headers.get("Content-Range") == f"bytes */{start}":
                return
            file.truncate(0)
            raise requests.ConnectionError("the file has changed")
        if answer.status_code >= 500 or answer.status_code == requests.codes.too_many_requests:
            answer.raise_for_status()
        if not answer.ok:
            raise Refused(f"{answer.status_code} {answer.reason}")
        if answer.headers.get("Content-Type", "").startswith("text/html"):
            raise Refused("it gives a page instead of the file")
        if start and answer.status_code != requests.codes.partial_content:
            start = file.truncate(0)  # the server sends the whole, as some always do
        elif start and not answer.headers.get("Content-Range", "").startswith(f"bytes {start}-"):
            raise Refused("it sends another part than the one asked for")
        rest = answer.headers.get("Content-Length")
        total = start + int(rest) if rest else None
        if size and total and total != size:
            raise Refused(f"its file has {total} bytes where {size} are expected")
        with tqdm(
            total=total, initial=start, unit="B", unit_scale=True, desc=Path(url).name, disable=None
        ) as bar:
            for chunk in answer.raw.stream(CHUNK, decode_content=False):
                bar.update(file.write(chunk))


def brief(error):
    """What went wrong at the bottom of it, without what libraries wrap around."""
    while error.__context__ is not None:
        error = error.__context__
    return str(error) or type(error).__name__
