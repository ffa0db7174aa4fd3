"""Checksums as a detector, file by file, and accuracy on unchanged files."""

import hashlib

import numpy as np
import pandas as pd
import pytest

from framefault.errors import UserError
from framefault.files import write_clips
from framefault.results.statistics import clopper_pearson, support_interval, support_law
from framefault.tasks.recognition.checksums import (
    DIGESTS,
    compare_archives,
    support_scores,
    verdicts,
)
from framefault.tasks.recognition.predictions import judged
from scored import ANY, LOST, RIGHT, WRONG, by_measure, frame


def test_all_digests_agree_about_any_single_bit():
    data = bytes(range(256))
    assert verdicts(data, bytes(data)) == dict.fromkeys(DIGESTS, True)
    for bit in range(0, 2048, 97):
        changed = bytearray(data)
        changed[bit // 8] ^= 1 << bit % 8
        assert verdicts(data, bytes(changed)) == dict.fromkeys(DIGESTS, False)
    assert not any(verdicts(data, data + b"\0").values())


def test_digests_are_the_ones_of_the_paper():
    assert [hashlib.new(name).digest_size for name in DIGESTS] == [16, 20, 32]


def archive(path, **clips):
    write_clips(path, [(f"a/{name}.avi", data) for name, data in clips.items()])
    return path


def test_every_clip_of_an_archive_is_compared(tmp_path):
    clean = archive(tmp_path / "clean.zip", x=b"12345", y=b"123")
    corrupted = archive(tmp_path / "corrupted.zip", x=b"12345", y=b"124")
    assert compare_archives(clean, corrupted) == [
        {"clip": "a/x", "bytes": 5, "unchanged": True},
        {"clip": "a/y", "bytes": 3, "unchanged": False},
    ]


def test_an_archive_of_other_clips_is_refused(tmp_path):
    clean = archive(tmp_path / "clean.zip", x=b"1", y=b"2")
    other = archive(tmp_path / "other.zip", x=b"1", z=b"2")
    with pytest.raises(UserError, match=r"other.zip holds other clips than .*clean.zip"):
        compare_archives(clean, other)


def support(unchanged, rows, p=None):
    files = pd.DataFrame({"bytes": 100, "unchanged": unchanged})
    return by_measure(support_scores(files, judged(frame(rows), ANY), 0.95, p))


def test_accuracy_is_over_unchanged_files():
    unchanged = [True, True, True, True, False]
    scores = support(unchanged, [RIGHT, WRONG, RIGHT, LOST, WRONG], 1e-3)
    accuracy, count = scores["accuracy_unchanged"], scores["support"]
    assert (accuracy["count"], accuracy["of"], accuracy["value"]) == (2, 4, 0.5)
    assert count["value"] == 4
    low, high = clopper_pearson(4, 5)
    assert (count["low"], count["high"]) == (5 * low, 5 * high)
    expected = scores["expected_support"]
    assert expected["value"] == pytest.approx(5 * (1 - 1e-3) ** 800)
    law = support_law(np.full(5, (1 - 1e-3) ** 800))
    assert [expected["low"], expected["high"]] == support_interval(law, 0.95)


def test_no_unchanged_file_has_no_accuracy_and_packet_loss_no_law():
    scores = support([False, False], [RIGHT, RIGHT])
    assert scores["support"]["value"] == 0
    assert scores["accuracy_unchanged"]["value"] is None
    assert "expected_support" not in scores
