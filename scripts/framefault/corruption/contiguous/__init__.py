"""Contiguous file corruption: one stretch of the file becomes random bytes (paper A, B and F.1)."""

from framefault.corruption.damage import Damage


def corrupt(data, level, draw):
    """The Damage of overwriting one segment with a share of `level` of the file."""
    damaged, _, length = overwrite_segment(data, level, draw)
    return Damage(damaged, 8 * len(data), 8 * length, length > 0)


def overwrite_segment(data, p, draw):
    """Replace one segment of round(p * L) bytes, at a uniform start, by random bytes.

    Returns (bytes, start, length), the latter two in bytes. The paper prints the start's
    upper bound as (1 - p) * L; here it is L - length, the same up to rounding.
    """
    length = round(p * len(data))
    start = int(draw.integers(0, len(data) - length, endpoint=True))
    return data[:start] + draw.bytes(length) + data[start + length :], start, length
