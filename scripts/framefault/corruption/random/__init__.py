"""Random file corruption: every bit flips with probability p (paper A, section 2.2 and F.1)."""

import numpy as np

from framefault.corruption.damage import Damage


def corrupt(data, level, draw):
    """The Damage of flipping each bit with probability `level`."""
    damaged, count = flip_bits(data, level, draw)
    return Damage(damaged, 8 * len(data), count, count > 0)


def flip_bits(data, p, draw):
    """Flip each bit of `data` independently with probability p.

    Drawn as a binomial number of flips at distinct positions, which has the same law as one
    draw per bit and costs only as much as there are flips. Returns (bytes, number of flips).
    """
    bits = 8 * len(data)
    count = int(draw.binomial(bits, p))
    positions = draw.choice(bits, count, replace=False, shuffle=False)
    damaged = np.frombuffer(data, np.uint8).copy()
    # Two flips may share a byte, so plain fancy assignment would lose one of them.
    np.bitwise_xor.at(damaged, positions >> 3, (1 << (positions & 7)).astype(np.uint8))
    return damaged.tobytes(), count
