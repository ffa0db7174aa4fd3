"""How many operations a network takes, counted by torch on no data."""

import torch
from torch.utils.flop_counter import FlopCounterMode


def counted(forward, **options):
    """(tera-operations, parameters) of a network.

    `forward()` builds it, runs it on empty tensors and returns it; nothing is computed. `options`
    are those of FlopCounterMode.
    """
    with torch.device("meta"), FlopCounterMode(display=False, **options) as counter:
        model = forward()
    return counter.get_total_flops() / 1e12, sum(each.numel() for each in model.parameters())
