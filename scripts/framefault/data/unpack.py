"""Archives unpacked: RAR, ZIP and TAR, one level of RARs inside a RAR, nothing outside the folder.

RARs are read by UnRAR's own library, the reference for a format without a free specification. It
is optional, and imported only where a RAR is opened.
"""

import errno
import lzma
import shutil
import stat
import struct
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


# Videos and pictures hardly shrink; what grows so much is made to fill a disk.
GROWTH, LEAST = 100, 2**30  # times the archive's size, and bytes that are no matter
LONGEST_HEADER = 2**20  # bytes of a tar's header, which is read at once
UNREADABLE_TAR = (tarfile.TarError, EOFError, zlib.error, lzma.LZMAError, OSError, ValueError)
UNFIT = {
    errno.EEXIST, errno.EINVAL, errno.EISDIR, errno.ENAMETOOLONG, errno.ENOENT, errno.ENOTDIR,
}  # fmt: skip


class Damaged(Exception):
    """An archive that cannot be read to its end, or that nobody should unpack."""


def unpack(archive, folder, root="", nested=False, workers=1):
    """Unpack what an archive holds below its folder `root` into the new folder `folder`.

    With `nested`, each .rar file at its top is unpacked in its place, `workers` at once. Raises
    UserError, naming the archive and what to do, for a damaged one, one whose members would land
    outside of the folder or are links, one that unpacks to far more than it is, and one without
    `root`. Then `folder` is incomplete.
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
    try:
        if start == b"Rar!\x1a\x07":
            extract_rar(archive, folder)
        elif start.startswith(b"PK"):
            extract_zip(archive, folder)
        else:
            extract_tar(archive, folder)
    except OSError as error:
        if error.errno in UNFIT:
            raise Damaged(f"its member {error.filename!r}: {error.strerror}") from error
        raise


class Room:
    """How many bytes an archive may still write."""

    def __init__(self, archive):
        self.most = self.left = max(LEAST, GROWTH * archive.stat().st_size)

    def take(self, count):
        self.left -= count
        if self.left < 0:
            raise Damaged(f"it unpacks to more than {self.most / 2**30:.3g} GiB")


def extract_inner(archive):
    try:
        extract_rar(archive, archive.parent)
    except Damaged as error:
        raise Damaged(f"{archive.name}: {error}") from error
    archive.unlink()


def extract_rar(archive, folder):
    """Unpack a RAR in one pass; UnRAR checks every member's checksum and writes nothing itself."""
    unrarlib, room = rar_library(archive), Room(archive)
    try:
        with unrarlib.RarArchive.open_for_processing(archive) as rar:
            for header in headers(unrarlib, rar):
                extract_member(header, folder, room, unrarlib.FLAGS_RHDF_DIRECTORY)
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


def extract_member(header, folder, room, directory_flag):
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
        sink = Sink(file, room)
        header.test(sink)
    if sink.error:
        raise sink.error


class Sink:
    """Writes what UnRAR hands over; an error is kept, because C code swallows it."""

    def __init__(self, file, room):
        self.file, self.room, self.error = file, room, None

    def __call__(self, chunk):
        try:
            if self.error is None:
                self.room.take(len(chunk))
                self.file.write(chunk)
        except (OSError, Damaged) as error:
            self.error = error


def extract_zip(archive, folder):
    room = Room(archive)
    try:
        with zipfile.ZipFile(archive) as file:
            # zipfile goes by the list alone, where a flipped bit can hide a member in a comment.
            if number_of_members(archive) != min(len(file.infolist()), 0xFFFF):
                raise Damaged("its list of members is not whole")
            for member in file.infolist():
                inside(folder, member.filename)
                room.take(member.file_size)
                if stat.S_ISLNK(member.external_attr >> 16):
                    raise Damaged(f"{member.filename!r} is a link")
                if member.is_dir() and member.file_size:
                    raise Damaged(f"{member.filename!r} is a folder with content")
            file.extractall(folder)
    except UNREADABLE_ZIP as error:
        if isinstance(error, OSError) and error.errno:
            raise
        raise Damaged(error) from error


def number_of_members(archive):
    """How many members a ZIP says to have, at its end; 0xFFFF for that many or more."""
    with open(archive, "rb") as file:
        file.seek(-min(archive.stat().st_size, 22 + 0xFFFF), 2)
        tail = file.read()
    return struct.unpack_from("<H", tail, tail.rindex(b"PK\5\6") + 10)[0]


class Member(tarfile.TarInfo):
    """A header of a tar. tarfile takes any that it cannot read for the end of the archive."""

    @classmethod
    def frombuf(cls, *arguments):
        try:
            member = super().frombuf(*arguments)
        except tarfile.EOFHeaderError:
            raise
        except tarfile.HeaderError as error:
            raise Damaged(f"{error}, where a member or the end is to be") from error
        if not 0 <= member.size <= (2**63 if member.isreg() else LONGEST_HEADER):
            raise Damaged(f"{member.name!r} has a size of {member.size}")
        return member


def extract_tar(archive, folder):
    """Unpack a tar; of a compressed one, the checksum at the end of the stream is checked."""
    room = Room(archive)
    try:
        with tarfile.open(archive, tarinfo=Member) as file:
            for member in file:
                target = inside(folder, member.name)
                if not (member.isreg() or member.isdir()):
                    raise Damaged(f"{member.name!r} is a link or a device")
                if member.isdir():
                    target.mkdir(parents=True, exist_ok=True)
                    continue
                room.take(member.size)
                target.parent.mkdir(parents=True, exist_ok=True)
                with file.extractfile(member) as source, open(target, "wb") as copy:
                    shutil.copyfileobj(source, copy)
            while rest := file.fileobj.read(2**20):
                room.take(len(rest))
                if rest.strip(b"\0"):
                    raise Damaged("something follows its end")
    except UNREADABLE_TAR as error:
        if isinstance(error, OSError) and error.errno:
            raise
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
    try:
        inside(folder, root)
    except Damaged as error:
        raise UserError(f"{archive}: its `root` {root!r} is no folder in it.") from error
    if not (folder / root).is_dir():
        raise UserError(
            f"{archive} holds no folder {root}; correct `sources` in the configuration."
        )
    inner = folder.with_name(f"{folder.name}.root")
    (folder / root).rename(inner)
    shutil.rmtree(folder)
    inner.rename(folder)
