"""answers.csv: read as it was written, and what a wrong line says."""

import pandas as pd
import pytest

from framefault.errors import UserError
from framefault.tasks.frames.answers import COLUMNS, read_answers, write_answers

ANCHOR = dict.fromkeys(COLUMNS, "") | {
    "annotator": "Ann", "round": 1, "item": "anchor", "anchor": "v/10.jpg", "labels": "right",
}  # fmt: skip
PAIR = ANCHOR | {"item": "pair", "neighbour": "v/9.jpg", "similar": "yes"}
DIFFERENT = {"similar": "no", "reasons": "motion;blur"}


def test_answers_are_read_as_they_were_written(tmp_path):
    rows = [
        ANCHOR | {"added": "0;12", "note": 'says "two", not one; é'},
        PAIR,
        PAIR | {"annotator": "NA", "similar": "no", "one_only": "yes"},
        PAIR | {"round": 2, **DIFFERENT},
    ]
    write_answers(tmp_path / "answers.csv", rows)
    assert read_answers(tmp_path / "answers.csv").to_dict("records") == rows
    again = tmp_path / "again.csv"
    write_answers(again, read_answers(tmp_path / "answers.csv"))
    assert again.read_bytes() == (tmp_path / "answers.csv").read_bytes()


def test_no_answers_are_answers_too(tmp_path):
    write_answers(tmp_path / "answers.csv", [])
    assert list(read_answers(tmp_path / "answers.csv").columns) == list(COLUMNS)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"annotator": ""}, "an annotator needs a name"),
        ({"annotator": " Ann"}, "an annotator needs a name"),
        ({"round": 3}, "the round is 1 or 2, not '3'"),
        ({"item": "frame"}, "an item is anchor or pair, not 'frame'"),
        ({"anchor": ""}, "the anchor is missing"),
        ({"neighbour": ""}, "a pair, and nothing else, has a neighbour"),
        ({"labels": "yes"}, "labels are right or wrong or unsure, not 'yes'"),
        ({"similar": ""}, "similar is yes or no or unsure, not ''"),
        ({"similar": "no", "reasons": "speed"}, "reasons are motion or .*, not 'speed'"),
        ({"similar": "no", "reasons": "blur;blur"}, "a reason is there twice"),
        ({"reasons": "blur"}, "only frames that differ have reasons"),
        ({"one_only": "yes"}, "only frames that differ have reasons"),
        ({"similar": "no", "one_only": "no"}, "one_only is yes or empty, not 'no'"),
        ({"added": "1"}, "only an anchor has added labels"),
        ({"note": "a\nb"}, "a text has a line break"),
        ({**ANCHOR, "added": "cat"}, "added are indices of classes, not 'cat'"),
        ({**ANCHOR, "added": "1;1"}, "a class is there twice"),
        ({**ANCHOR, "similar": "yes"}, "similar is empty, not 'yes'"),
        ({**ANCHOR, "neighbour": "v/9.jpg"}, "a pair, and nothing else, has a neighbour"),
    ],
)
def test_a_wrong_line_is_named(tmp_path, change, sentence):
    path = tmp_path / "answers.csv"
    rows = [PAIR | {"annotator": "Ben"}, PAIR | change]
    with pytest.raises(UserError, match=f"answers.csv, line 3: {sentence}"):
        write_answers(path, rows)
    assert not path.exists()
    write_unchecked(path, rows)
    with pytest.raises(UserError, match=f"answers.csv, line 3: {sentence}"):
        read_answers(path)


def write_unchecked(path, rows):
    pd.DataFrame(rows, columns=list(COLUMNS)).to_csv(path, index=False)


def test_a_second_answer_to_one_question_is_named(tmp_path):
    rows = [PAIR, PAIR | {"round": 2}, PAIR | DIFFERENT]
    with pytest.raises(UserError, match="line 4: Ann has answered this pair in round 1 before"):
        write_answers(tmp_path / "answers.csv", rows)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (None, "There is no .*answers.csv; export the answers"),
        ("", "cannot be read as CSV"),
        ("annotator,labels\nAnn,right\n", "needs the columns annotator,round,item,"),
        ('"a', "cannot be read as CSV"),
    ],
)
def test_a_file_of_another_kind_is_refused(tmp_path, text, sentence):
    path = tmp_path / "answers.csv"
    if text is not None:
        path.write_text(text)
    with pytest.raises(UserError, match=sentence):
        read_answers(path)
