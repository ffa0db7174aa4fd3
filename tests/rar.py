"""RAR archives: written by hand with members stored, as no free program writes any, and two more.

Formats: the technical notes that RARLAB publishes for RAR 5.0, and those in UnRAR for RAR 4.
"""

import base64
import stat
import struct
import zlib


def rar4(members):
    """Bytes of a RAR 4 archive of {name: content}; None is a folder, a str a symbolic link."""
    blocks = [b"Rar!\x1a\x07\x00", block4(0x73, 0, bytes(6))]
    for name, content in members.items():
        flags, mode = 0x8000, stat.S_IFREG | 0o644
        if content is None:
            flags, mode, content = 0x80E0, stat.S_IFDIR | 0o755, b""
        elif isinstance(content, str):
            mode, content = stat.S_IFLNK | 0o777, content.encode()
        name = name.encode()
        fields = struct.pack(
            "<IIBIIBBHI", len(content), len(content), 3, zlib.crc32(content), 0, 20, 0x30,
            len(name), mode,
        )  # fmt: skip
        blocks.append(block4(0x74, flags, fields + name) + content)
    return b"".join(blocks) + block4(0x7B, 0x4000, b"")


def block4(kind, flags, fields):
    head = struct.pack("<BHH", kind, flags, 7 + len(fields)) + fields
    return struct.pack("<H", zlib.crc32(head) & 0xFFFF) + head


def rar5(members):
    """Bytes of a RAR 5 archive of {name: content}; None is a folder, a str a symbolic link."""
    blocks = [b"Rar!\x1a\x07\x01\x00", block5(1, 0, number(0))]
    for name, content in members.items():
        kind, extra = 0, b""
        if isinstance(content, str):
            target = content.encode()
            record = number(5) + number(1) + number(0) + number(len(target)) + target
            content, extra = b"", number(len(record)) + record
        elif content is None:
            kind, content = 1, b""
        name = name.encode(errors="surrogatepass")
        fields = number(kind | 4) + number(len(content)) + number(0o644 | stat.S_IFREG)
        fields += struct.pack("<I", zlib.crc32(content)) + number(0) + number(1)
        fields += number(len(name)) + name
        blocks.append(block5(2, 2, fields, extra, len(content)) + content)
    return b"".join(blocks) + block5(5, 0, number(0))


def block5(kind, flags, fields, extra=b"", data=0):
    flags |= 1 if extra else 0
    head = number(kind) + number(flags)
    head += number(len(extra)) if extra else b""
    head += number(data) if flags & 2 else b""
    head += fields + extra
    head = number(len(head)) + head
    return struct.pack("<I", zlib.crc32(head)) + head


def number(value):
    """A RAR 5 integer: seven bits a byte, lowest first."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


# Compressed by RAR itself, solid: stest1.txt and stest2.txt, each the lines 000 to 511. Test files
# of rarfile by Marko Kreen (ISC licence).
COMPRESSED = {
    "rar4": base64.b64decode(
        "UmFyIRoHADvQcwgADQAAAAAAAAArNHSAkCwAXAAAAAAIAAADoua3xbBmzD4dMwoApIEAAHN0ZXN0MS50eHQA"
        "wBEMzP6MnrD+MYGrrLG7QHeoCmTWSzeDwQe8AeCFku77th0ACCAACIjpeAzSDAdhOkF4S7Nun1IK2sonQLrn"
        "C2SKYnH7uACRnlAv2FX/+sZY6+vE14h+VJaHH03s2RZ0kJAsAA4AAAAACAAAA6Lmt8WwZsw+HTMKAKSBAABz"
        "dGVzdDIudHh0AMCxIACIB+vyCmn6/JTe0MQ9ewBABwA="
    ),
    "rar5": base64.b64decode(
        "UmFyIRoHAQAJ78hvCwEFBwQGAQGAgIAA3vVwchwCAroABIAQtoMCoua3xYAbAQpzdGVzdDEudHh0waw3REQj"
        "+iP2l/1iU1G+TJGBQQKMwQN5XL9Ho6otoDaT3aBYAEACANRQBHb2xH8y6p8ypcTM14PfABDoLYkcAgKNAASA"
        "ELaDAqLmt8XAGwEKc3Rlc3QyLnR4dEUVCmABAAgD37f79vwdd1ZRAwUEAA=="
    ),
}
