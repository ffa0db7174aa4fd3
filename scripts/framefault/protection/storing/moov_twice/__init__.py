"""An MP4 file that keeps its index, `moov`, twice, and which of the two a repair takes.

Stored are: the file, which ends with `moov`, and a `free` box, which players skip, with the copy
and the checksum of `moov`.
"""

import struct
import zlib

HEADER, CHECKSUM = 8, 4  # bytes of a box's size and name; of a CRC-32
ENOUGH = 12  # bytes of the three headers that must agree, of 24
DEEPEST = 16  # boxes in boxes; a real moov has 7
FULL = {b"moov", b"trak", b"mdia", b"minf", b"stbl", b"edts", b"dinf", b"mvex", b"udta"}
# Tables of entries of one size: bytes up to the number of entries, and of an entry.
TABLES = {b"stts": (12, 8), b"ctts": (12, 8), b"stsc": (12, 12), b"stss": (12, 4),
          b"stco": (12, 4), b"co64": (12, 8)}  # fmt: skip


def store(data):
    """The file with its moov twice. Raises ValueError unless it is MP4 and moov is its last box."""
    found = list(boxes(data))
    if not found or found[-1][0] != b"moov" or found[-1][2] != len(data):
        raise ValueError("it is no MP4 file that ends with its moov; store it as mp4 first")
    moov = data[found[-1][1] :]
    return data + header(len(moov)) + moov + struct.pack(">I", zlib.crc32(moov))


def recover(damaged, stored=None):
    """The file alone, with the moov that is whole.

    It is the one that has the checksum. If neither has, it is the first whose boxes fit into each
    other; if none do, it is the first. A file in which no header tells where they are stays as it
    is.
    """
    size = moov_size(damaged)
    if size is None:
        return damaged
    end = len(damaged) - size - HEADER - CHECKSUM
    first, copy = damaged[end - size : end], damaged[end + HEADER : -CHECKSUM]
    (checksum,) = struct.unpack(">I", damaged[-CHECKSUM:])
    whole = [moov for moov in (first, copy) if zlib.crc32(moov) == checksum]
    sound = [moov for moov in (first, copy) if fits(moov)]
    return damaged[: end - size] + (whole or sound or [first])[0]


def header(size):
    """The header of the box that holds a moov of `size` bytes."""
    return struct.pack(">I4s", HEADER + size + CHECKSUM, b"free")


def moov_size(data):
    """Bytes of moov, on which most headers agree, or None if there is none.

    Three headers tell it, each by its size and by its place before the end of the file.
    """
    told, length = {}, len(data)
    for name in (b"moov", b"free"):
        at = data.find(name)
        while at >= 0:
            start = at - 4
            before = length - start  # bytes from the box to the end of the file
            stated = int.from_bytes(data[max(start, 0) : at], "big")
            guesses = (
                (before - CHECKSUM, (before - HEADER - CHECKSUM) // 2, stated)
                if name == b"moov"
                else (before - HEADER - CHECKSUM, stated - HEADER - CHECKSUM)
            )
            for size in guesses:
                if HEADER <= size and 2 * size + HEADER + CHECKSUM <= length and start >= 0:
                    told[size] = agreement(data, size)
            at = data.find(name, at + 1)
    best = max(told, key=lambda size: (told[size], size), default=None)
    return best if best is not None and told[best] >= ENOUGH else None


def agreement(data, size):
    """How many bytes of the three headers are as a moov of `size` bytes has them."""
    copy = len(data) - CHECKSUM - size
    moov = struct.pack(">I4s", size, b"moov")
    places = ((copy - HEADER - size, moov), (copy - HEADER, header(size)), (copy, moov))
    return sum(
        byte == data[at + place] for at, expected in places for place, byte in enumerate(expected)
    )


def boxes(data, at=0, end=None):
    """(name, start, end) of the boxes side by side in a part of a file, as far as they fit."""
    end = len(data) if end is None else end
    while at + HEADER <= end:
        size, name = struct.unpack_from(">I4s", data, at)
        if size == 1 and at + 2 * HEADER <= end:
            (size,) = struct.unpack_from(">Q", data, at + HEADER)
        if not HEADER <= size <= end - at:
            return
        yield name, at, at + size
        at += size


def fits(data, at=0, end=None, depth=0):
    """Whether boxes fill a part of a file without a rest, and tables in them have their length."""
    end = len(data) if end is None else end
    if depth > DEEPEST:
        return False
    for name, start, stop in boxes(data, at, end):
        if start != at:
            return False
        at = stop
        if name in FULL and not fits(data, start + HEADER, stop, depth + 1):
            return False
        if name in TABLES:
            first, width = TABLES[name]
            if stop - start < first + 4:
                return False
            (count,) = struct.unpack_from(">I", data, start + first)
            if stop - start != first + 4 + count * width:
                return False
    return at == end
