"""Which packets and bits of a real clip a corruption hit: figures 1 and 2 of paper A."""

import numpy as np

from framefault.corruption.packet_loss import lost
from framefault.corruption.rtp.sending import packetise
from framefault.corruption.rtp.summary import summary
from framefault.seeds import rng


def packets(data, dataset, clip, level, seed, mtu):
    """The datagrams of a clip as its corruption sent them: bytes, end of a picture, lost.

    The losses are drawn as `archives.corrupt_clips` and `packet_loss.corrupt` do.
    """
    sent = packetise(data, mtu).datagrams
    draw = rng("corrupt", dataset, "packet_loss", float(level), seed, clip)
    return summary(sent, lost(len(sent), float(level), draw))


def flipped_bits(clean, corrupted):
    """Positions of the bits in which two files of one length differ; bit 0 is a byte's lowest."""
    difference = np.frombuffer(clean, np.uint8) ^ np.frombuffer(corrupted, np.uint8)
    return np.flatnonzero(np.unpackbits(difference, bitorder="little"))


def boxes(data):
    """Top-level boxes of an MP4 file as (name, first byte, size); one box for other files."""
    if data[4:8] != b"ftyp":
        return [("file", 0, len(data))]
    found, at = [], 0
    while at + 8 <= len(data):
        size = int.from_bytes(data[at : at + 4], "big") or len(data) - at
        if size < 8:
            break
        found.append((data[at + 4 : at + 8].decode("latin-1"), at, size))
        at += size
    return found


def byte_text(value):
    """A byte's bits, the highest first."""
    return f"{value:08b}"
