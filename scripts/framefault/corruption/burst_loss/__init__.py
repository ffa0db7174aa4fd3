"""Burst loss: packets are lost as the Gilbert-Elliott model has it (Gilbert 1960, Elliott 1963)."""

import numpy as np

from framefault.corruption.rtp.channel import transmit
from framefault.corruption.rtp.delivery import plainly


def corrupt(
    data, level, draw, burst_length=4, loss_in_bad=1, loss_in_good=0, mtu=1472, keyframe_gate=True,
    protect=plainly,
):  # fmt: skip
    """The Damage of a channel that loses packets as `lost` says, `level` on average."""
    states = burst_length, loss_in_bad, loss_in_good

    def lose(count):
        return lost(count, level, draw, *states)

    return transmit(data, lose, mtu, keyframe_gate, protect)


def lost(count, p, draw, burst_length, loss_in_bad=1, loss_in_good=0):
    """Which of `count` packets are lost, as bool (count,): a share of `p` on average.

    The channel is in a good or in a bad state, in each of which every packet is lost with its own
    probability. It stays in the bad one for `burst_length` packets on average, which number is
    geometrically distributed. The first packet meets it as any other does. Raises ValueError where
    no such channel loses so much.
    """
    if not loss_in_good <= p < loss_in_bad:
        raise ValueError(
            f"a loss of {p} is not between loss_in_good, {loss_in_good}, and loss_in_bad,"
            f" {loss_in_bad}"
        )
    share = (p - loss_in_good) / (loss_in_bad - loss_in_good)  # of packets in the bad state
    leave = 1 / burst_length
    enter = leave * share / (1 - share)
    if enter > 1:
        raise ValueError(
            f"bursts of {burst_length} packets cannot lose {p} of all; burst_length must be at"
            f" least {share / (1 - share):.3g}"
        )
    bad, chance = np.empty(count, bool), share
    for packet, number in enumerate(draw.random(count).tolist()):
        bad[packet] = number < chance
        chance = 1 - leave if bad[packet] else enter
    return draw.random(count) < np.where(bad, loss_in_bad, loss_in_good)
