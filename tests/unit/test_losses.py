"""Burst loss and sector loss follow their laws; what corruptions say of themselves is true.

Every test of a distribution has a fixed seed. Its false-alarm probability, over seeds, is at
most ALARM.
"""

import inspect
from itertools import groupby

import numpy as np
import pytest
from scipy.stats import binom, binomtest, chisquare, geom

from framefault.corruption import burst_loss, packet_loss, sector_loss
from framefault.corruption.damage import Damage
from framefault.corruption.registry import corruptions, share_changed
from framefault.corruption.rtp.delivery import plainly
from framefault.seeds import rng
from videos import encode_frames

ALARM = 1e-4


def assert_law(values, law, cuts):
    """Chi-square of whole numbers against a law, in bins that end with each of `cuts`."""
    cuts = np.unique(cuts)
    seen = np.bincount(np.searchsorted(cuts, values), minlength=len(cuts) + 1)
    expected = len(values) * np.diff(law.cdf(cuts), prepend=0, append=1)
    assert min(expected) >= 5, "too few draws for the test"
    assert chisquare(seen, expected).pvalue > ALARM


# Burst loss ------------------------------------------------------------------------------------


def runs(lost):
    """Lengths of the runs of lost packets that begin and end within."""
    found = [(state, len(list(run))) for state, run in groupby(lost.tolist())]
    return [length for state, length in found[1:-1] if state]


@pytest.mark.parametrize(("p", "mean"), [(0.01, 4), (0.1, 2), (0.1, 4), (0.3, 1.5), (0.5, 6)])
def test_bursts_and_gaps_have_geometric_lengths(p, mean):
    lost = burst_loss.lost(200_000, p, np.random.default_rng(11), mean)
    assert_law(runs(lost), geom(1 / mean), range(1, 6))
    gaps = geom(p / (1 - p) / mean)  # as long as makes the rate of losses p
    assert_law(runs(~lost), gaps, gaps.ppf(np.arange(0.1, 1, 0.1)))


@pytest.mark.parametrize(("p", "mean"), [(0.01, 4), (0.2, 4), (0.5, 10), (0.05, 1)])
def test_rate_of_burst_loss_is_the_level_from_the_first_packet_on(p, mean):
    draws, count = 4000, 12
    seen = [
        burst_loss.lost(count, p, rng("corrupt", "mine", "burst_loss", p, 0, f"{n}"), mean)
        for n in range(draws)
    ]
    for place in (0, 1, count - 1):
        hits = int(sum(lost[place] for lost in seen))
        assert binomtest(hits, draws, p).pvalue > ALARM


def test_files_without_a_loss_follow_their_law():
    """The channel starts good and never leaves: (1 - p) (1 - enter)^(n - 1)."""
    p, mean, count, draws = 0.05, 4, 30, 6000
    draw = np.random.default_rng(12)
    clean = sum(not burst_loss.lost(count, p, draw, mean).any() for _ in range(draws))
    enter = p / (1 - p) / mean
    assert binomtest(clean, draws, (1 - p) * (1 - enter) ** (count - 1)).pvalue > ALARM


@pytest.mark.parametrize("p", [0.001, 0.1, 0.5, 0.9])
def test_bursts_as_long_as_chance_makes_them_are_packet_loss(p):
    """Such a channel forgets its state: the same draws lose the same packets."""
    burst, single = (np.random.default_rng(13) for _ in range(2))
    lost = burst_loss.lost(5000, p, burst, 1 / (1 - p))
    assert (lost == packet_loss.lost(5000, p, single)).all()


def test_half_of_the_packets_in_bursts_of_one_are_every_other():
    lost = burst_loss.lost(1000, 0.5, np.random.default_rng(15), 1)
    assert (lost[1:] != lost[:-1]).all()


def test_both_states_of_a_channel_may_lose_some():
    """The rate of losses, and of two in a row, are those of the model."""
    p, mean, bad, good, count = 0.2, 5, 0.6, 0.1, 300_000
    lost = burst_loss.lost(count, p, np.random.default_rng(14), mean, bad, good)
    share = (p - good) / (bad - good)
    memory = 1 - 1 / mean - share / (1 - share) / mean
    states = share * (1 - share) * (bad - good) ** 2
    deviation = np.sqrt((p * (1 - p) + 2 * states * memory / (1 - memory)) / count)
    assert abs(lost.mean() - p) < 4 * deviation
    pairs = (lost[1:] & lost[:-1]).mean()
    assert abs(pairs - (p**2 + states * memory)) < 8 * deviation


@pytest.mark.parametrize(
    ("p", "states", "said"),
    [
        (0.9, (4,), "bursts of 4 packets cannot lose 0.9 of all; burst_length must be at least 9"),
        (0.5, (4, 0.4, 0), "a loss of 0.5 is not between loss_in_good, 0, and loss_in_bad, 0.4"),
        (0.1, (4, 1, 0.2), "a loss of 0.1 is not between loss_in_good, 0.2, and loss_in_bad, 1"),
    ],
)
def test_channel_that_cannot_be_is_refused(p, states, said):
    with pytest.raises(ValueError, match=said):
        burst_loss.lost(100, p, np.random.default_rng(15), *states)


@pytest.mark.parametrize("gate", [True, False])
def test_burst_loss_sends_and_stores_as_packet_loss_does(gate):
    frames = np.random.default_rng(1).integers(0, 255, (30, 32, 48, 3), np.uint8)
    data = encode_frames(frames, 25, options={"g": "10"})
    options = {"mtu": 400, "keyframe_gate": gate}
    one, other = np.random.default_rng(3), np.random.default_rng(3)
    burst = burst_loss.corrupt(data, 0.3, one, burst_length=1 / 0.7, **options)
    assert burst == packet_loss.corrupt(data, 0.3, other, **options)
    assert 0 < burst.damaged < burst.sent and burst.changed


# Sector loss -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("p", "sector"), [(0.02, 512), (0.3, 512), (0.3, 4096)])
def test_number_of_lost_sectors_is_binomial_and_each_as_likely(p, sector):
    data, draws, draw = b"x" * (20 * sector), 3000, np.random.default_rng(21)
    found = [sector_loss.corrupt(data, p, draw, sector) for _ in range(draws)]
    assert {each.sent for each in found} == {20}
    assert_law(
        [each.damaged for each in found], binom(20, p), range(3) if p < 0.1 else range(2, 11)
    )
    lost = np.sum([[each.data[at] == 0 for at in range(0, len(data), sector)] for each in found], 0)
    assert chisquare(lost).pvalue > ALARM


def test_lost_sectors_are_zeros_and_the_rest_is_as_it_was():
    data = bytes([7]) * (5 * 512 + 100)
    damage = sector_loss.corrupt(data, 0.5, np.random.default_rng(22), 512)
    parts = [damage.data[at : at + 512] for at in range(0, len(data), 512)]
    assert [len(part) for part in parts] == [512] * 5 + [100]
    assert {part for part in parts if any(part)} <= {bytes([7]) * 512, bytes([7]) * 100}
    assert 0 < sum(not any(part) for part in parts) == damage.damaged < 6
    assert (damage.sent, damage.changed) == (6, True)


def test_part_of_a_sector_at_the_end_is_lost_as_often_as_any_other():
    data, draws, draw = b"x" * 513, 3000, np.random.default_rng(23)
    hits = sum(sector_loss.corrupt(data, 0.2, draw, 512).data[-1] == 0 for _ in range(draws))
    assert binomtest(hits, draws, 0.2).pvalue > ALARM


def test_lost_sectors_may_be_random_bytes():
    damage = sector_loss.corrupt(bytes(48 * 4096), 0.5, np.random.default_rng(24), 4096, "random")
    sectors = np.frombuffer(damage.data, np.uint8).reshape(48, -1)
    lost = sectors[(sectors > 0).any(1)]
    assert 0 < len(lost) == damage.damaged < 48
    assert chisquare(np.bincount(lost.ravel(), minlength=256)).pvalue > ALARM


def test_file_is_unchanged_where_what_is_lost_was_zeros():
    damage = sector_loss.corrupt(bytes(9000), 0.9, np.random.default_rng(25))
    assert (damage.data, damage.changed) == (bytes(9000), False) and damage.damaged > 0
    assert sector_loss.corrupt(b"", 0.5, np.random.default_rng(25)) == Damage(b"", 0, 0, False)


# What corruptions say of themselves ------------------------------------------------------------


@pytest.mark.parametrize("name", corruptions())
def test_defaults_of_a_function_are_those_of_its_method_yaml(name):
    method = corruptions()[name]
    taken = list(inspect.signature(method.load().func).parameters.values())
    assert [each.name for each in taken[:3]] == ["data", "level", "draw"]
    defaults = {each.name: each.default for each in taken[3:]}
    # What is done against losses is no parameter of the channel.
    assert defaults.pop("protect", plainly) == plainly
    assert defaults == method.defaults


@pytest.mark.parametrize(
    ("name", "level", "size"), [("random", 1e-4, 1000), ("sector_loss", 0.1, 40_960)]
)
def test_share_of_files_that_plans_expect_to_change_is_the_share_that_does(name, level, size):
    data, files, damage = bytes([1]) * size, 1500, corruptions()[name].load()
    changed = sum(damage(data, level, rng("share", n)).changed for n in range(files))
    assert binomtest(changed, files, share_changed(name, level, size)).pvalue > ALARM
