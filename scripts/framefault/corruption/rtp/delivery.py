"""What becomes of the packets of a video on their way, and what sending them costs."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Delivery:
    """The packets of a video after the channel and all that a sender does against losses."""

    lost: np.ndarray  # of the video's packets, after recovery: bool (count,)
    bytes: int  # sent in all, with headers of the protection
    packets: int  # sent in all
    wait: int = 0  # packets sent from one of the video to the last that helps it, at most
    delay: float = 0  # ms beside, at most


def plainly(sizes, lose):
    """The Delivery of packets that are sent once, and nothing else.

    `sizes` are their bytes in the order of sending, int (count,). `lose(count)` is the channel:
    which of `count` packets sent one after the other are lost, as bool (count,). It never draws the
    same twice.
    """
    return Delivery(lose(len(sizes)), int(np.sum(sizes)), len(sizes))
