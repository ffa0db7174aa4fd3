"""What is done so that lost packets harm less: one folder each, with a method.yaml.

Each module has `protect(sizes, lose, **parameters)`, which gives a `Sent`. `sizes` are the bytes of
a video's packets in the order of sending, int (count,). `lose(count)` is the channel: which of
`count` packets sent one after the other are lost, as bool (count,). It never draws the same twice.
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Sent:
    """What became of the packets of a video, and what it cost."""

    lost: np.ndarray  # of the video's packets, after recovery: bool (count,)
    bytes: int  # sent in all, with headers of the protection
    packets: int  # sent in all
    wait: int = 0  # packets sent from one of the video to the last that helps it, at most
    delay: float = 0  # ms beside, at most
