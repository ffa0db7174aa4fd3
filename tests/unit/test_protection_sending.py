"""Protections of packets follow their laws, exactly or within a false-alarm probability ALARM."""

import numpy as np
import pytest
from scipy.stats import binom, binomtest

from framefault.corruption import burst_loss, packet_loss
from framefault.methods import methods
from framefault.protection.sending import erasure, retransmission

ALARM = 1e-4


def losing(*packets):
    """A channel that loses these packets of what is sent, by place."""
    return lambda count: np.isin(np.arange(count), packets)


def lost_in_bursts(n, p, burst):
    """The law of the losses among n packets sent one after the other, (n + 1,), by state."""
    leave = 1 / burst
    enter = leave * p / (1 - p)
    good, bad = np.zeros(n + 1), np.zeros(n + 1)
    good[0], bad[1] = 1 - p, p
    for _ in range(n - 1):
        into_good = good * (1 - enter) + bad * leave
        into_bad = good * enter + bad * (1 - leave)
        good, bad = into_good, np.r_[0, into_bad[:-1]]
    return good + bad


def whole_blocks(lose, k, r, count):
    """How many of `count` blocks, each sent over a channel of its own, lose nothing."""
    sizes = np.full(k, 100)
    return sum(not erasure.protect(sizes, lose, k, r).lost.any() for _ in range(count))


def test_folders_are_methods_that_take_what_they_say():
    found = methods("framefault.protection.sending", "protect")
    assert list(found) == ["erasure", "retransmission"]
    for method in found.values():
        assert not method.load()([100, 50], losing()).lost.any()


@pytest.mark.parametrize(("k", "r", "p"), [(10, 2, 0.1), (20, 6, 0.2), (3, 0, 0.1)])
def test_blocks_come_back_by_the_binomial_law(k, r, p):
    draw, count = np.random.default_rng(5), 10_000
    seen = whole_blocks(lambda n: packet_loss.lost(n, p, draw), k, r, count)
    assert binomtest(seen, count, binom(k + r, p).cdf(r)).pvalue > ALARM


@pytest.mark.parametrize(("k", "r", "p"), [(10, 2, 0.1), (20, 6, 0.2)])
def test_blocks_come_back_by_the_law_of_gilbert_and_elliott(k, r, p):
    draw, count = np.random.default_rng(6), 10_000
    law = lost_in_bursts(k + r, p, 4)
    assert law.sum() == pytest.approx(1)
    assert law @ np.arange(k + r + 1) == pytest.approx((k + r) * p)
    seen = whole_blocks(lambda n: burst_loss.lost(n, p, draw, 4), k, r, count)
    assert binomtest(seen, count, law[: r + 1].sum()).pvalue > ALARM


def test_a_block_comes_back_exactly_when_as_many_arrive_as_it_has_of_the_video():
    k, r = 4, 3
    for pattern in range(2 ** (k + r)):
        lost = np.array([pattern >> i & 1 for i in range(k + r)], bool)
        after = erasure.protect(np.full(k, 9), lambda _, lost=lost: lost, k, r).lost
        expected = np.zeros(k, bool) if (~lost).sum() >= k else lost[:k]
        assert (after == expected).all()


def test_order_of_sending_and_the_last_short_blocks():
    # Two blocks in turn; then their parity in turn; then one block with one packet of the video.
    block, order = erasure.blocks(5, 2, 2, 2)
    assert block.tolist() == [0, 1, 0, 1, 2, 0, 0, 1, 1, 2, 2]
    assert order.tolist() == [0, 1, 2, 3, 5, 7, 6, 8, 4, 9, 10]
    sent = erasure.protect(np.full(5, 9), losing(8, 9), 2, 2, 2)
    assert not sent.lost.any()  # two of three are lost, and one is enough
    assert erasure.protect(np.full(5, 9), losing(8, 9, 10), 2, 2, 2).lost.tolist() == [
        0,
        0,
        0,
        0,
        1,
    ]


@pytest.mark.parametrize("start", range(9))
def test_interleaving_takes_a_burst_apart(start):
    burst, sizes = losing(*range(start, start + 4)), np.full(20, 9)
    assert not erasure.protect(sizes, burst, 10, 2, 2).lost.any()
    assert erasure.protect(sizes, burst, 10, 2).lost.any()


def test_waiting_is_for_the_last_parity_of_a_block():
    assert erasure.protect(np.full(20, 9), losing(), 10, 2).wait == 11
    # 20 packets of the video, then parity of blocks 0, 1, 0, 1: from 0 to 22 and from 1 to 23.
    assert erasure.protect(np.full(20, 9), losing(), 10, 2, 2).wait == 22
    assert erasure.protect(np.full(20, 9), losing(), 10, 0, 2).wait == 0


def test_blocks_are_as_long_as_the_code_has_them():
    assert not erasure.protect(np.full(200, 9), losing(*range(55)), 200, 55).lost.any()
    with pytest.raises(ValueError, match=r"200 \+ 56 packets is longer than 255"):
        erasure.protect([9], losing(), 200, 56)


def test_bytes_of_parity_and_headers_to_the_byte():
    sent = erasure.protect([100, 40, 70], losing(), 2, 1)
    # Blocks of (100, 40) and (70), each with one parity packet as long as its longest.
    assert sent.bytes == 100 + 40 + 70 + (100 + 3) + (70 + 3) + 5 * 6
    assert sent.packets == 5


@pytest.mark.parametrize("count", [0, 1, 57])
def test_without_parity_all_is_as_the_channel_has_it(count):
    sizes = np.arange(count) + 50
    sent = erasure.protect(
        sizes, lambda n: packet_loss.lost(n, 0.3, np.random.default_rng(1)), 10, 0, 3
    )
    plain = packet_loss.lost(count, 0.3, np.random.default_rng(1))
    assert (sent.lost == plain).all()
    assert (sent.bytes, sent.packets) == (sizes.sum(), count)


def test_what_is_sent_again_is_lost_by_a_draw_of_its_own():
    draw, count, p = np.random.default_rng(3), 100_000, 0.2
    sent = retransmission.protect(np.full(count, 9), lambda n: packet_loss.lost(n, p, draw))
    assert binomtest(int(sent.lost.sum()), count, p * p).pvalue > ALARM


def test_what_is_sent_again_costs_bytes_and_may_come_too_late():
    sent = retransmission.protect([100, 40, 70], losing(1))
    assert sent.bytes == 210 + 40 + 2
    assert not sent.lost.any()
    late = retransmission.protect([100, 40, 70], losing(1), round_trip=201, deadline=200)
    assert late.lost.tolist() == [False, True, False]
    assert late.bytes == sent.bytes
    assert (sent.delay, late.delay) == (50, 0)
