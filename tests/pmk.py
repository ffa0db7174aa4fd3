"""pm-k sets for tests: small ones by hand, and where the official metadata are."""

import pytest

from framefault.tasks.frames.sets import PmSets, pm_sets
from workflow_tools import SHARED

REAL = pytest.mark.skipif(not SHARED.is_dir(), reason="needs the official metadata")
VID, YTBB = (SHARED / name / "metadata" for name in ("vid_robust", "ytbb_robust"))


def small_sets():
    """Two anchors: a0 (class 0) with neighbours at -2, 1 and a rejected 2; a1 (class 1), alone."""
    anchors = [
        ("v/10", [0], [("v/8", -2, [0, 2], []), ("v/11", 1, [0], []), ("v/12", 2, [0], ["blur"])]),
        ("w/5", [1], []),
    ]
    return pm_sets(["zero", "one", "two"], {0: [0, 1], 1: [3]}, anchors)


def reviewed_sets():
    """An accepted anchor whose labels review updated, and a rejected one, with similar pairs."""
    anchors = [
        ("v/10", [0, 1], [("v/11", 1, [0, 1], [])], [], [0]),
        ("w/5", [0], [("w/6", 1, [0], []), ("w/7", 2, [0], ["blur"])], ["bad"], [0]),
    ]
    return pm_sets(["zero", "one"], {0: [0], 1: [1]}, anchors, reviews_labels=True)


def only_reviewed(sets):
    """The sets as if what review rejected had not been released."""
    return PmSets(sets.classes, sets.subclasses, sets.frames, sets.labels, sets.reviewed())
