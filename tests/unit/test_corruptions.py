"""Random and contiguous file corruption follow their stated laws.

Every test of a distribution has a fixed seed. Its false-alarm probability, over seeds, is at
most ALARM.
"""

import json

import numpy as np
import pytest
from scipy.stats import binom, binomtest, chisquare

from corrupt import main
from framefault.corruption.contiguous import overwrite_segment
from framefault.corruption.random import flip_bits
from framefault.corruption.registry import corruptions
from framefault.files import read_clips, write_clips
from framefault.seeds import rng
from framefault.tabular import read_csv

ALARM = 1e-4


def assert_uniform(counts):
    """Counts of equally likely outcomes."""
    assert min(np.sum(counts) / len(counts), 5) == 5, "too few draws for the test"
    assert chisquare(counts).pvalue > ALARM


def flipped(data, damaged):
    """0/1 per bit, lowest bit of each byte first."""
    difference = np.frombuffer(data, np.uint8) ^ np.frombuffer(damaged, np.uint8)
    return np.unpackbits(difference, bitorder="little")


def test_number_of_flips_is_binomial():
    data, p, draws = bytes(100), 0.01, 4000
    draw = np.random.default_rng(1)
    counts = [flip_bits(data, p, draw)[1] for _ in range(draws)]
    law = binom(8 * len(data), p)
    low, high = 3, 14
    expected = [law.cdf(low), *law.pmf(range(low + 1, high)), law.sf(high - 1)]
    seen = np.bincount(np.clip(counts, low, high) - low, minlength=len(expected))
    assert chisquare(seen, draws * np.array(expected)).pvalue > ALARM


@pytest.mark.parametrize(("size", "p", "draws"), [(64, 0.3, 300), (2000, 0.001, 3000)])
def test_flipped_bits_are_uniform_over_bytes_and_bits(size, p, draws):
    data = bytes(range(256)) * (size // 256 + 1)
    data, draw = data[:size], np.random.default_rng(2)
    total = sum(flipped(data, flip_bits(data, p, draw)[0]).astype(int) for _ in range(draws))
    assert_uniform(total.reshape(-1, 8).sum(0))
    assert_uniform(total.reshape(32, -1).sum(1) if size % 32 == 0 else total.reshape(40, -1).sum(1))


@pytest.mark.parametrize(
    ("size", "p"), [(20_000, 1e-6), (20_000, 1e-5), (2000, 1e-4), (50_000, 5e-8)]
)
def test_files_without_a_flip_follow_their_law(size, p):
    """Of many files, (1 - p)^bits stay as they are; each has its own seed, as in a run."""
    data, files = bytes(size), 3000
    unchanged = sum(
        flip_bits(data, p, rng("corrupt", "mine", "random", p, 0, f"{size}/{number}"))[0] == data
        for number in range(files)
    )
    law = (1 - p) ** (8 * size)
    assert 0.01 < law < 0.99
    assert binomtest(unchanged, files, law).pvalue > ALARM


@pytest.mark.parametrize("p", [1e-3, 0.1, 0.5, 0.9])
def test_exactly_the_counted_bits_differ(p):
    draw = np.random.default_rng(3)
    data = draw.bytes(500)
    for _ in range(20):
        damaged, count = flip_bits(data, p, draw)
        assert flipped(data, damaged).sum() == count
        assert len(damaged) == len(data)


def test_probability_zero_and_one():
    data = bytes(range(50))
    assert flip_bits(data, 0.0, np.random.default_rng(4)) == (data, 0)
    inverted = bytes(255 - value for value in data)
    assert flip_bits(data, 1.0, np.random.default_rng(4)) == (inverted, 400)
    assert flip_bits(b"", 0.5, np.random.default_rng(4)) == (b"", 0)


@pytest.mark.parametrize("size", [0, 1, 7, 1000])
@pytest.mark.parametrize("p", [0.01, 0.5, 0.75, 0.9])
def test_segment_has_its_length_and_only_it_changes(size, p):
    draw = np.random.default_rng(5)
    data = draw.bytes(size)
    for _ in range(20):
        damaged, start, length = overwrite_segment(data, p, draw)
        assert length == round(p * size)
        assert 0 <= start <= size - length
        assert len(damaged) == size
        assert damaged[:start] == data[:start]
        assert damaged[start + length :] == data[start + length :]


def test_segment_is_really_overwritten():
    data = bytes(1000)
    damaged, start, length = overwrite_segment(data, 0.5, np.random.default_rng(6))
    # 500 random bytes hold more than 20 zeros with a probability below 1e-12.
    assert damaged[start : start + length].count(0) <= 20


def test_segment_starts_uniformly():
    draw = np.random.default_rng(7)
    starts = [overwrite_segment(bytes(20), 0.5, draw)[1] for _ in range(3300)]
    assert max(starts) == 10
    assert_uniform(np.bincount(starts, minlength=11))


def test_segment_bytes_are_uniform():
    damaged, start, length = overwrite_segment(bytes(100_000), 0.9, np.random.default_rng(8))
    segment = np.frombuffer(damaged[start : start + length], np.uint8)
    assert_uniform(np.bincount(segment, minlength=256))


CLIPS = [(f"odd/{name} #[]~.mp4", bytes([index]) * 3000) for index, name in enumerate("abcd")]


@pytest.fixture
def corrupted(tmp_path, monkeypatch):
    """A function that corrupts clips as a job does: (clips by name, account rows)."""

    def call(clips, corruption="random", level="0.001", seed="0", dataset="mine"):
        write_clips(tmp_path / "in.zip", clips)
        method = corruptions()[corruption]
        condition = {"dataset": dataset, "corruption": corruption, "level": level, "seed": seed}
        files = {
            "input": {"clips": str(tmp_path / "in.zip")},
            "output": {"archive": str(tmp_path / "out.zip"), "account": str(tmp_path / "out.csv")},
            "wildcards": condition, "circumstances": {},
        }  # fmt: skip
        settings = {"unit": method.about["unit"], "parameters": method.defaults}
        arguments = ["--settings", json.dumps(settings), "--files", json.dumps(files)]
        monkeypatch.setattr("sys.argv", ["corrupt", method.module, *arguments])
        main()
        account = read_csv(tmp_path / "out.csv").to_dict("records")
        return dict(read_clips(tmp_path / "out.zip")), account

    return call


@pytest.mark.parametrize(
    ("name", "level"), [("random", "0.01"), ("contiguous", "0.01"), ("sector_loss", "0.5")]
)
def test_draw_does_not_depend_on_order_or_other_clips(corrupted, name, level):
    together, _ = corrupted(CLIPS, name, level=level)
    assert any(together[clip] != data for clip, data in CLIPS)
    for clip in CLIPS:
        alone, _ = corrupted([clip], name, level=level)
        assert alone[clip[0]] == together[clip[0]]
    reordered, _ = corrupted(CLIPS[::-1], name, level=level)
    assert reordered == together


def test_archive_keeps_names_and_order(corrupted):
    assert list(corrupted(CLIPS)[0]) == [name for name, _ in CLIPS]


@pytest.mark.parametrize("name", ["random", "contiguous", "sector_loss"])
def test_draw_does_not_depend_on_the_spelling_of_the_level(corrupted, name):
    texts = [corrupted(CLIPS, name, level=level) for level in ("1e-2", "0.01", "1.0e-02")]
    assert texts[0] == texts[1] == texts[2]


@pytest.mark.parametrize(
    "other",
    [{"seed": "1"}, {"dataset": "other"}, {"level": "0.00100001"}, {"corruption": "contiguous"}],
)
def test_draws_differ(corrupted, other):
    clips, _ = corrupted(CLIPS)
    others, _ = corrupted(CLIPS, **other)
    assert all(clips[name] != others[name] for name in clips)


def test_clips_of_equal_bytes_are_damaged_differently(corrupted):
    clips, _ = corrupted([("a.mp4", bytes(3000)), ("b.mp4", bytes(3000))])
    assert clips["a.mp4"] != clips["b.mp4"]


def test_account_counts_bits(corrupted):
    clips, account = corrupted([*CLIPS, ("odd/short.mp4", b"x")], level="0.0005")
    for (name, data), row in zip([*CLIPS, ("odd/short.mp4", b"x")], account, strict=True):
        count = flipped(data, clips[name]).sum()
        assert row == {
            "clip": name.removesuffix(".mp4"), "unit": "bit", "sent": 8 * len(data),
            "damaged": count, "changed": int(count > 0), "delay": 0,
            "bytes": len(data), "wait": 0,
        }  # fmt: skip
    assert {row["changed"] for row in account} == {0, 1}


def test_clip_that_cannot_be_damaged_so_is_named(corrupted):
    with pytest.raises(
        SystemExit, match=r"The clip odd/a #\[\]~ of mine: the video cannot be read"
    ):
        corrupted(CLIPS, "packet_loss")


def test_a_segment_of_no_byte_changes_nothing(corrupted):
    clips, (row,) = corrupted([("odd/short.mp4", b"ab")], "contiguous", level="0.1")
    assert clips == {"odd/short.mp4": b"ab"}
    assert (row["damaged"], row["changed"]) == (0, 0)
    _, (row,) = corrupted([("odd/short.mp4", b"ab")], "contiguous", level="0.5")
    assert (row["damaged"], row["changed"]) == (8, 1)


def test_account_counts_the_segments_bits(corrupted):
    _, account = corrupted(CLIPS[:1], "contiguous", level="0.25")
    assert (account[0]["sent"], account[0]["damaged"], account[0]["changed"]) == (24000, 6000, 1)


def test_seed_scheme_tells_keys_apart_and_numbers_by_value():
    keys = [("a", "b"), ("ab",), ("b", "a"), ("a", 1), ("a", 2), ("a", 0.1), ("a", "0.1x"), ("a",)]
    assert len({rng(*key).random() for key in keys}) == len(keys)
    assert rng("a", 1e-1).random() == rng("a", 0.1).random()
    assert rng("a", 1).random() == rng("a", 1.0).random()


def test_seed_scheme_never_changes():
    draw = rng("corrupt", "mine", "random", 1e-4, 0, "run/clip")
    assert draw.integers(0, 2**32, 3).tolist() == [290337032, 3339962950, 3257613336]
