"""What the story of a clip says of bytes and models, and that it refuses what seeds do not give."""

from pathlib import Path

import numpy as np
import pytest

from framefault.errors import UserError
from framefault.report.story import bytes_hit, refuse_unless, said, seen_frames


def test_bytes_and_bits_that_differ_are_counted_where_they_are():
    clean, damaged = bytes(400), bytearray(400)
    damaged[0], damaged[399] = 0b101, 1
    assert bytes_hit(clean, bytes(damaged)) == {
        "bytes": 2, "bits": 3, "width": 200,
        "shares": [{"at": 0, "opacity": 1.0}, {"at": 199, "opacity": 1.0}],
    }  # fmt: skip
    assert bytes_hit(b"", b"") == {"bytes": 0, "bits": 0, "width": 1, "shares": []}
    assert bytes_hit(clean, b"") is None


def test_a_model_says_the_class_of_the_highest_mean_chance():
    told = said({"logits": [[0.0, 2.0], [0.0, 2.0]], "label": 0}, ["a", "b"])
    assert (told["top"], told["right"], told["logit_top"]) == ("b", False, 2.0)
    assert told["chance_label"] == pytest.approx(1 / (1 + np.exp(2)))
    assert said({"logits": [], "label": 0}, ["a", "b"]) is None


def test_missing_frames_are_missing_and_a_clip_of_none_has_none():
    clean = np.zeros((4, 8, 8, 3), np.uint8)
    seen, distances = seen_frames(clean[:2] + 255, clean, [1, 2], "repeat")
    assert [each["after"] is None for each in seen] == [True, False, False, True]
    assert distances == [(0, None), (1, 1.0), (2, 1.0), (3, None)]
    seen, distances = seen_frames(clean[:0], clean, [], "repeat")
    assert all(each["after"] is None for each in seen)
    assert distances == [(number, None) for number in range(4)]


def test_what_the_seeds_do_not_give_is_refused_in_one_sentence():
    files = [Path("results/corrupted/x.zip")]
    with pytest.raises(UserError, match="damaged file of a/b in results/corrupted is not what"):
        refuse_unless(False, "damaged file", "a/b", files)
