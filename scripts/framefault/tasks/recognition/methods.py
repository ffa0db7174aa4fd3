"""The detectors of corruption and the networks that there are: a folder each.

A module of `detectors` has `score(logits, account, **parameters)`, asked of one clip. `logits` are
the undefended model's, float64 (segments, classes), `account` says how its decoding went, see
`ood.ACCOUNT`. It gives a score per segment, or one of the clip: the higher, the more it looks
corrupted.

A module of `networks` has `build(classes, **parameters)`, which gives an untrained torch.nn.Module
for so many classes. Its input is float (N, 3, T, H, W), 0 to 255 with the mean colour subtracted,
its output logits (N, classes).
"""

from functools import cache

from framefault.methods import methods


@cache
def detectors():
    """{name: Method} of all detectors. Raises UserError for a folder that is none."""
    return methods("framefault.tasks.recognition.detectors", "score")


@cache
def networks():
    """{name: Method} of all networks. Raises UserError for a folder that is none."""
    return methods("framefault.tasks.recognition.networks", "build")
