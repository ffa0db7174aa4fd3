"""Exact intervals, the law of unchanged files, and rounding as the papers do."""

import numpy as np
import pytest
from scipy.stats import binom, binomtest, t

from framefault.corruption.random import flip_bits
from framefault.results.statistics import (
    clopper_pearson,
    rounded,
    student,
    support_interval,
    support_law,
    unflipped,
)
from framefault.seeds import rng

COUNTS = [(0, 1), (1, 1), (0, 50), (50, 50), (1, 50), (25, 50), (749, 1109)]


@pytest.mark.parametrize("confidence", [0.9, 0.95, 0.99])
@pytest.mark.parametrize(("successes", "trials"), COUNTS)
def test_interval_is_the_exact_one(successes, trials, confidence):
    exact = binomtest(successes, trials).proportion_ci(confidence, method="exact")
    interval = clopper_pearson(successes, trials, confidence)
    assert interval == pytest.approx([exact.low, exact.high], abs=1e-12)


def test_interval_of_a_mean_is_students():
    values = rng("student").gamma(1.0, 2.0, 9)
    sem = values.std(ddof=1) / 3
    assert student(values, 0.9) == pytest.approx(t.interval(0.9, 8, values.mean(), sem))
    assert student([0.5, 0.5]) == (0.5, 0.5)
    assert student([0.5]) == student([]) == (None, None)


def test_intervals_of_many_counts_are_those_of_each():
    together = np.transpose(clopper_pearson(*np.transpose(COUNTS)))
    assert together.tolist() == [list(map(float, clopper_pearson(*each))) for each in COUNTS]


def test_interval_of_nothing_is_everything():
    assert clopper_pearson(0, 0) == (0, 1)


def test_interval_agrees_with_a_published_one():
    low, high = clopper_pearson(0.57044 * 1109, 1109)
    assert (np.round(100 * low, 2), np.round(100 * high, 2)) == (54.07, 59.98)


@pytest.mark.parametrize(
    ("share", "printed"),
    [(0.5465, 54.7), (0.5455, 54.6), (0.00049, 0.0), (0.0005, 0.1), (1.0, 100.0), (-0.0005, -0.1)],
)
def test_halves_are_rounded_away_from_zero(share, printed):
    assert rounded(share) == printed


def test_unit_of_a_rounded_number():
    assert rounded(11.35, 1) == 11.4
    assert np.isnan(rounded(np.float64("nan")))


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
