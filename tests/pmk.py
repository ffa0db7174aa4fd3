"""pm-k sets for tests: small ones by hand, and where the official metadata are."""

import pytest

from framefault.tasks.frames.sets import pm_sets
from workflow_tools import SHARED

REAL = pytest.mark.skipif(not SHARED.is_dir(), reason="needs the official metadata")
VID, YTBB = (SHARED / name / "metadata" for name in ("vid_robust", "ytbb_robust"))


def small_sets():
    """Two anchors: a0 (class 0) with neighbours at -2, 1 and a rejected 2; a1 (class 1), alone."""
    anchors = [
        ("v/10", [0], [("v/8", -2, [0, 2], True), ("v/11", 1, [0], True), ("v/12", 2, [0], False)]),
        ("w/5", [1], []),
    ]
    return pm_sets(["zero", "one", "two"], {0: [0, 1], 1: [3]}, anchors)
