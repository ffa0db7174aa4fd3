"""Sector loss: sectors of a disk cannot be read, as their file is recovered without them."""

import numpy as np

from framefault.corruption.damage import Damage


def corrupt(data, level, draw, sector_bytes=4096, fill="zeros"):
    """The Damage of losing each sector with probability `level`; the last may be a part of one.

    What is lost is read as zeros, or as random bytes.
    """
    lost = draw.random(-(-len(data) // sector_bytes)) < level
    hit = np.repeat(lost, sector_bytes)[: len(data)]
    read = np.frombuffer(data, np.uint8).copy()
    read[hit] = 0 if fill == "zeros" else np.frombuffer(draw.bytes(int(hit.sum())), np.uint8)
    damaged = read.tobytes()
    return Damage(damaged, len(lost), int(lost.sum()), damaged != data)
