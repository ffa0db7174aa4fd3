"""Checksums as a detector, and the law of the number of unchanged files."""

import hashlib

import numpy as np
import pytest
from scipy.stats import binom

from framefault.corruption.flips import flip_bits
from framefault.evaluation.checksums import (
    DIGESTS,
    support,
    support_interval,
    support_law,
    unflipped,
    verdicts,
)
from framefault.seeds import rng

ANY = {"min_frames": 1, "max_errors": None, "full_length": False}
GOOD = {"status": "ok", "frames": 10, "errors": 0, "full_length": True, "label": 0}
RIGHT, WRONG = GOOD | {"logits": [[1.0, 0.0]]}, GOOD | {"logits": [[0.0, 1.0]]}


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


def test_chance_of_an_unchanged_file():
    assert unflipped([1, 2], 0.5) == pytest.approx([2.0**-8, 2.0**-16])
    assert unflipped([125_000], 1e-6) == pytest.approx([np.exp(-1)], rel=1e-5)
    assert list(unflipped([10, 1000], 0)) == [1, 1]


def test_law_is_binomial_for_equal_files():
    assert support_law([0.3] * 20) == pytest.approx(binom.pmf(range(21), 20, 0.3))
    for confidence in (0.9, 0.95):
        low, high = support_interval(support_law([0.3] * 20), confidence)
        assert (low, high) == binom.interval(confidence, 20, 0.3)


def test_law_of_unequal_files_by_hand():
    assert support_law([0.5, 0.2]) == pytest.approx([0.4, 0.5, 0.1])
    assert support_law([1.0, 0.0, 1.0]) == pytest.approx([0, 0, 1, 0])
    assert support_interval(support_law([1.0, 0.0, 1.0]), 0.95) == [2, 2]
    assert support_law([]) == pytest.approx([1])


def test_law_holds_for_the_flips_that_are_made():
    sizes, p, draws = [500, 1000, 2000, 4000], 5e-5, 3000
    counts = [
        sum(
            flip_bits(bytes(size), p, rng("support", size, draw))[0] == bytes(size)
            for size in sizes
        )
        for draw in range(draws)
    ]
    law = support_law(unflipped(sizes, p))
    mean, deviation = (
        np.arange(5) @ law,
        np.sqrt(np.arange(5) ** 2 @ law - (np.arange(5) @ law) ** 2),
    )
    assert abs(np.mean(counts) - unflipped(sizes, p).sum()) < 4 * deviation / np.sqrt(draws)
    assert mean == pytest.approx(unflipped(sizes, p).sum())
    shares = np.bincount(counts, minlength=5) / draws
    assert shares == pytest.approx(law, abs=4 * np.sqrt(0.25 / draws))


def files(*unchanged):
    return [{"bytes": 100, "unchanged": each} for each in unchanged]


def test_accuracy_is_over_unchanged_files():
    lost = RIGHT | {"frames": 0, "logits": []}
    rows = [RIGHT, WRONG, RIGHT, lost, WRONG]
    cell = support(files(True, True, True, True, False), rows, ANY, 0.95, 1e-3)
    assert (cell["clips"], cell["support"], cell["correct"]) == (5, 4, 2)
    assert cell["accuracy_unchanged"] == 0.5
    assert cell["expected_support"] == pytest.approx(5 * (1 - 1e-3) ** 800)
    assert cell["interval_support"][0] < 4 < cell["interval_support"][1] <= 5


def test_no_unchanged_file_has_no_accuracy_and_packet_loss_no_law():
    cell = support(files(False, False), [RIGHT, RIGHT], ANY, 0.95)
    assert (cell["support"], cell["accuracy_unchanged"]) == (0, None)
    assert (cell["expected_support"], cell["interval_expected_support"]) == (None, None)
