"""Archives unpacked: RAR, ZIP and TAR, one level of RARs inside a RAR, nothing outside the folder.

RARs are read by UnRAR's own library, the reference for a format without a free specification. It
is optional, and imported only where a RAR is opened.
"""

import shutil
import stat
import tarfile
import zipfile
import zlib
from concurrent.futures import ProcessPoolExecutor
from pathlib import PurePosixPath

from framefault.errors import UserError
from framefault.files import UNREADABLE_ZIP

# Of UnRAR's dll.h; the binding names three of them only.
END_OF_ARCHIVE = 10
REASONS = {
    11: "not enough memory", 12: "damaged or cut off", 13: "it is no RAR archive",
    14: "unknown RAR version", 15: "a volume is missing", 18: "it cannot be read",
    22: "it wants a password",
}  # fmt: skip


class Damaged(Exception):
    """An archive that cannot be read to its end."""


def unpack(archive, folder, root="", nested=False, workers=1):
    """Unpack what an archive holds below its folder `root` into the new folder `folder`.

    With `nested`, each .rar file at its top is unpacked in its place, `workers` at once. Raises
    UserError, naming the archive and what to do, for a damaged one, one whose members would land
    outside of the folder or are links, and one without `root`. Then `folder` is incomplete.
    """
    try:
        extract(archive, folder)
        if nested:
            inner = sorted(folder.glob("*.rar"))
            with ProcessPoolExecutor(workers) as pool:
                list(pool.map(extract_inner, inner))
    except Damaged as error:
        raise UserError(
            f"{archive} cannot be unpacked ({error}); delete it with `rm {archive}`, get it once"
            " more and run the same command again."
        ) from error
    raise_up(archive, folder, root)


def extract(archive, folder):
    """Unpack one archive as its content says; nothing inside it is looked at."""
    folder.mkdir(parents=True, exist_ok=True)
    with open(archive, "rb") as file:
        start = file.read(6)
    if start == b"Rar!\x1a\x07":
        extract_rar(archive, folder)
    elif start.startswith(b"PK"):
        extract_zip(archive, folder)
    else:
        extract_tar(archive, folder)


def extract_inner(archive):
    try:
        extract_rar(archive, archive.parent)
    except Damaged as error:
        raise Damaged(f"{archive.name}: {error}") from error
    archive.unlink()


def extract_rar(archive, folder):
    """Unpack a RAR in one pass; UnRAR checks every member's checksum and writes nothing itself."""
    unrarlib = rar_library(archive)
    try:
        with unrarlib.RarArchive.open_for_processing(archive) as rar:
            for header in headers(unrarlib, rar):
                extract_member(header, folder, unrarlib.FLAGS_RHDF_DIRECTORY)
    except unrarlib.BadRarFile as error:
        raise Damaged(REASONS.get(error.code, f"UnRAR's error {error.code}")) from error


def rar_library(archive):
    """UnRAR's library; raises UserError where it is not installed."""
    try:
        from unrar.cffi import unrarlib
    except ImportError as error:
        raise UserError(
            f"{archive} is a RAR archive, which needs one more package: run"
            " `pip install -r envs/rar.txt` and the same command again, or unpack it elsewhere and"
            " name the folder as the data set's `path`."
        ) from error
    return unrarlib


def headers(unrarlib, rar):
    """The members of an open RAR up to its end; the binding's own loop hides errors."""
    while True:
        data = unrarlib.RARHeaderDataEx()
        code = unrarlib.RARReadHeaderEx(rar.handle, data)
        if code == END_OF_ARCHIVE:
            return
        if code:
            raise unrarlib.BadRarFile(code, "")
        yield unrarlib.RarHeader(rar, data)


def extract_member(header, folder, directory_flag):
    data = header.headerDataEx
    target = inside(folder, header.FileNameW)
    if data.RedirType or (data.HostOS == 3 and stat.S_ISLNK(data.FileAttr)):
        raise Damaged(f"{header.FileNameW!r} is a link")
    if data.Flags & directory_flag:
        target.mkdir(parents=True, exist_ok=True)
        header.skip()
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    with open(target, "wb") as file:
        sink = Sink(file)
        header.test(sink)
    if sink.error:
        raise sink.error


class Sink:
    """Writes what UnRAR hands over; an error is kept, because C code swallows it."""

    def __init__(self, file):
        self.file, self.error = file, None

    def __call__(self, chunk):
        try:
            if self.error is None:
                self.file.write(chunk)
        except OSError as error:
            self.error = error


def extract_zip(archive, folder):
    try:
        with zipfile.ZipFile(archive) as file:
            for member in file.infolist():
                inside(folder, member.filename)
                if stat.S_ISLNK(member.external_attr >> 16):
                    raise Damaged(f"{member.filename!r} is a link")
            file.extractall(folder)
    except UNREADABLE_ZIP as error:
        if isinstance(error, OSError) and error.errno:
            raise
        raise Damaged(error) from error


def extract_tar(archive, folder):
    try:
        with tarfile.open(archive) as file:
            for member in file:
                inside(folder, member.name)
                if not (member.isreg() or member.isdir()):
                    raise Damaged(f"{member.name!r} is a link or a device")
                file.extract(member, folder, filter="data")
    except (tarfile.TarError, EOFError, zlib.error) as error:
        raise Damaged(str(error).partition(":")[0]) from error


def inside(folder, name):
    """Where a member goes; raises Damaged if that is not below the folder."""
    try:  # a wide character of some archives is two halves
        name = name.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError as error:
        raise Damaged(f"{name!r} is no Unicode name") from error
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or not path.parts:
        raise Damaged(f"it holds {name!r}, which would be written outside of its folder")
    return folder / path


def raise_up(archive, folder, root):
    """Make the folder's subfolder `root` the folder itself."""
    if not root:
        return
    if not (folder / root).is_dir():
        raise UserError(
            f"{archive} holds no folder {root}; correct `sources` in the configuration."
        )
    inner = folder.with_name(f"{folder.name}.root")
    (folder / root).rename(inner)
    shutil.rmtree(folder)
    inner.rename(folder)
