"""Retransmission: what is lost is asked for and sent once more (RFC 4588)."""

import numpy as np

from framefault.corruption.rtp.delivery import Delivery

HEADER = 2  # bytes more of a packet sent again: its first sequence number (RFC 4588, 4)


def protect(sizes, lose, round_trip=50, deadline=200):
    """The Delivery of packets of which the lost ones are sent once more, over the same channel.

    They come `round_trip` ms later, and are lost as well if that is past the `deadline` (ms) of
    playing, though their bytes are sent. Requests are not lost and not counted.
    """
    sizes = np.asarray(sizes)
    lost = lose(len(sizes))
    missing = np.flatnonzero(lost)
    again = lose(len(missing)) if len(missing) else np.zeros(0, bool)
    after = lost.copy()
    after[missing] = again | (round_trip > deadline)
    resent = int((sizes[missing] + HEADER).sum())
    delay = round_trip if len(missing) and round_trip <= deadline else 0
    return Delivery(after, int(sizes.sum()) + resent, len(sizes) + len(missing), delay=delay)
