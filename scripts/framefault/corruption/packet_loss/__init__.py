"""Packet loss: every RTP datagram is lost with the same probability (paper A, 2.2 and F.1)."""

from framefault.corruption.rtp.channel import transmit
from framefault.corruption.rtp.delivery import plainly


def corrupt(data, level, draw, mtu=1472, keyframe_gate=True, protect=plainly):
    """The Damage of a channel that loses each packet with probability `level`; see `transmit`."""
    return transmit(data, lambda count: lost(count, level, draw), mtu, keyframe_gate, protect)


def lost(count, p, draw):
    """Which of `count` packets are lost, as bool (count,): one draw each."""
    return draw.random(count) < p
