"""Reed-Solomon coding over GF(256): parity after the file brings wrong bytes of it back.

Parity is real, and damaged as all that is stored. Decoding is by its law, not by a decoder: a block
comes back exactly when twice its wrong bytes and its erased ones together are no more than its
parity. Beyond that a block stays as it is here. A decoder may take another block for the right one,
with a probability of about 1 / (parity / 2)! without erased bytes, and the surer the more of its
parity is spent on these.
"""

from functools import cache

import numpy as np

LONGEST = 255  # bytes of a block: of the code over bytes
POLYNOMIAL = 0x11D  # of the field


def store(data, k=223, parity=32, interleave=True):
    """The file, followed by `parity` bytes for every block of `k` of its bytes.

    Blocks follow each other, or take turns byte by byte (`interleave`), parity as well. What the
    last bytes lack of a whole block is zeros, which are not stored. Raises ValueError for blocks
    longer than LONGEST.
    """
    if k + parity > LONGEST:
        raise ValueError(
            f"a block of {k} + {parity} bytes is longer than {LONGEST}; lower k or parity"
        )
    count = -(-len(data) // k)
    full = np.zeros(count * k, np.uint8)
    full[: len(data)] = np.frombuffer(data, np.uint8)
    message = full.reshape(k, count).T if interleave else full.reshape(count, k)
    added = parities(message, parity)
    return data + (added.T if interleave else added).tobytes()


def recover(damaged, stored, k=223, parity=32, interleave=True, erased=None):
    """The file, with the blocks that can be decoded as they were.

    `erased` are the stored bytes that the disk reports as lost, bool (bytes stored,). A file that
    is shorter than it was misses bytes at its end.
    """
    before = np.frombuffer(stored, np.uint8)
    after = np.zeros_like(before)
    kept = min(len(damaged), len(before))
    after[:kept] = np.frombuffer(damaged, np.uint8)[:kept]
    erased = np.zeros(len(before), bool) if erased is None else np.array(erased, bool)
    erased[kept:] = True
    block = block_of_bytes(len(before), k, parity, interleave)
    size = len(before) - parity * (block.max(initial=-1) + 1)
    spent = np.bincount(block, np.where(erased, 1, 2 * (after != before)))
    back = (spent <= parity)[block[:size]]
    return np.where(back, before[:size], after[:size]).tobytes()


def block_of_bytes(length, k, parity, interleave):
    """The block of each of `length` stored bytes, int (length,)."""
    count = -(-length // (k + parity))
    own, blocks = np.arange(length - count * parity), np.arange(count)
    if interleave:
        return np.r_[own % max(count, 1), np.tile(blocks, parity)]
    return np.r_[own // k, np.repeat(blocks, parity)]


def parities(message, parity):
    """The parity of blocks (count, k) of bytes, (count, parity): the rest of a long division."""
    rest, table = np.zeros((len(message), parity), np.uint8), multiples(parity)
    for column in message.T:
        lead = column ^ rest[:, 0] if parity else column
        rest = np.c_[rest[:, 1:], np.zeros(len(rest), np.uint8)][:, :parity] ^ table[lead]
    return rest


@cache
def multiples(parity):
    """Every byte times the generator's coefficients but the first, (256, parity)."""
    product = products()
    generator = np.array([1], np.uint8)
    root = 1
    for _ in range(parity):
        generator = np.r_[generator, np.uint8(0)] ^ np.r_[np.uint8(0), product[root, generator]]
        root = product[root, 2]
    return product[:, generator[1:]]


@cache
def products():
    """The products of all bytes in GF(256), (256, 256)."""
    power, value = [], 1
    for _ in range(LONGEST):
        power.append(value)
        value = value << 1 ^ (POLYNOMIAL if value & 0x80 else 0)
    log = np.argsort(power)  # of 1 to 255
    table = np.zeros((256, 256), np.uint8)
    table[1:, 1:] = np.array(power)[(log[:, None] + log) % LONGEST]
    return table
