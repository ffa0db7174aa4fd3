"""Erasure coding: parity packets bring lost ones back (RFC 6865, Reed-Solomon for FECFRAME)."""

import numpy as np

from framefault.corruption.rtp.delivery import Delivery

PAYLOAD_ID = 6  # bytes with every packet: block, place in it, length of the block
FLOW_AND_LENGTH = 3  # bytes that are coded with every data packet
LONGEST = 255  # packets of a block: of the code over bytes


def protect(sizes, lose, data=10, parity=2, interleave=1):
    """The Delivery of blocks of `data` packets of the video with `parity` more each.

    The code is MDS: a block comes back as a whole exactly when at least as many of its packets
    arrive as it has of the video. Otherwise it keeps those of the video that arrived. Parity is as
    long as the longest packet of its block. Without parity nothing is added.

    Packets of the video are sent in their order. Each goes to the next of `interleave` blocks in
    turn. When these are full, their parity is sent, in turn as well. The last blocks of a video
    have fewer packets, and as much parity as any.

    Raises ValueError for more than LONGEST packets in a block.
    """
    if data + parity > LONGEST:
        raise ValueError(
            f"a block of {data} + {parity} packets is longer than {LONGEST}; lower data or parity"
        )
    sizes = np.asarray(sizes)
    block, order = blocks(len(sizes), data, parity, interleave)
    lost = np.empty(len(order), bool)
    lost[order] = lose(len(order))
    count = np.bincount(block)
    arrived = np.bincount(block, weights=~lost)
    own = block[: len(sizes)]
    needed = np.bincount(own, minlength=len(count))
    added = wait = 0
    if parity and len(sizes):
        place = np.argsort(order)
        last = np.zeros(len(count), int)
        np.maximum.at(last, block, place)
        wait = int((last[own] - place[: len(sizes)]).max())
        longest = np.zeros(len(count), int)
        np.maximum.at(longest, own, sizes)
        added = PAYLOAD_ID * len(order) + parity * int((longest + FLOW_AND_LENGTH).sum())
    kept = (arrived >= needed)[own]
    return Delivery(lost[: len(sizes)] & ~kept, int(sizes.sum()) + added, len(order), wait)


def blocks(count, data, parity, interleave):
    """(block, order): the block of each packet and which packet is sent when, int (all packets,).

    Packets 0 to `count` - 1 are the video's; parity follows, block by block.
    """
    packet = np.arange(count)
    group, place = np.divmod(packet, data * interleave)
    own = group * interleave + place % interleave
    parities = np.repeat(np.arange(own.max(initial=-1) + 1), parity)
    turn = np.arange(len(parities)) % max(parity, 1)
    groups = np.r_[group, parities // interleave]
    is_parity = np.arange(len(groups)) >= count
    # lexsort is stable: blocks of a group stay in their turn.
    return np.r_[own, parities], np.lexsort((np.r_[packet, turn], is_parity, groups))
