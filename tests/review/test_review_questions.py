"""Candidates as questions: their order, and what a wrong file says."""

import json

import pytest

from framefault.errors import UserError
from framefault.tasks.frames.review_page.questions import read_questions
from review_tools import candidates


def write(folder, found):
    path = folder / "set.candidates.json"
    path.write_text(json.dumps(found))
    return path


def test_pairs_of_an_anchor_come_together_but_not_in_the_order_of_time(tmp_path):
    found = candidates(3, 20)
    questions = read_questions(write(tmp_path, found))
    assert [item.anchor for item in questions.items] == [
        anchor["frame"] for anchor in found["anchors"] for _ in range(20)
    ]
    for number, anchor in enumerate(found["anchors"]):
        asked = [item.neighbour for item in questions.items[20 * number : 20 * number + 20]]
        in_time = [each["frame"] for each in anchor["neighbours"]]
        assert sorted(asked) == sorted(in_time)
        assert asked not in (in_time, in_time[::-1])


def test_the_order_is_the_same_every_time(tmp_path):
    path = write(tmp_path, candidates(2, 4))
    asked = [item.neighbour for item in read_questions(path).items]
    assert asked == [
        "v0/9.png", "v0/8.png", "v0/11.png", "v0/12.png",
        "v1/8.png", "v1/9.png", "v1/12.png", "v1/11.png",
    ]  # fmt: skip


def test_anchors_are_asked_about_first_if_labels_may_be_missing(tmp_path):
    path = write(tmp_path, candidates(2, 2))
    questions = read_questions(path, labels=True)
    assert [item.kind for item in questions.items] == ["anchor"] * 2 + ["pair"] * 4
    assert questions.items[2:] == read_questions(path).items
    assert sorted(questions.frames) == sorted(f"v{v}/{f}.png" for v in (0, 1) for f in (9, 10, 11))


def test_a_neighbour_may_have_labels_of_its_own(tmp_path):
    found = candidates(1, 2)
    found["anchors"][0]["neighbours"][0]["labels"] = [3, 4]
    items = {item.neighbour: item for item in read_questions(write(tmp_path, found)).items}
    assert items["v0/9.png"].labels == [[0], [3, 4]]
    assert items["v0/11.png"].labels == [[0], [0]]


def changed(**change):
    return lambda found: found["anchors"][1].update(change)


def neighbour(**change):
    return lambda found: found["anchors"][1]["neighbours"][0].update(change)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda found: found.pop("classes"), "is not in the form of candidates: KeyError"),
        (lambda found: found.update(classes=[]), "its classes are not a list of names"),
        (lambda found: found.update(anchors=[]), "it has no anchor"),
        (lambda found: found.update(anchors=[1]), "is not in the form of candidates: TypeError"),
        (changed(labels=[]), "anchor 2, 'v1/10.png', has no label"),
        (changed(labels=[6]), "has the label 6; classes count from 0 to 5"),
        (changed(labels=["cat"]), "has the label 'cat'"),
        (changed(labels=[True]), "has the label True"),
        (changed(frame="v0/10.png"), "anchor 2, 'v0/10.png', .* is there twice"),
        (changed(frame="/etc/passwd.png"), "is not a path below the folder of frames"),
        (neighbour(frame="v1/10.png"), "or one of its neighbours, is there twice"),
        (neighbour(frame="../secret.png"), "'../secret.png' is not a path below the folder"),
        (neighbour(frame="v1\\9.png"), "is not a path below the folder of frames"),
        (neighbour(frame="v1/9.svg"), "is no picture that a browser shows"),
        (neighbour(labels=[7]), "anchor 2, 'v1/10.png', has the label 7"),
        (neighbour(offset=0), "is 0 frames away; neighbours are from 1 to 10"),
        (neighbour(offset=11), "is 11 frames away"),
        (neighbour(offset="1"), "is '1' frames away"),
    ],
)
def test_a_file_of_another_form_is_refused(tmp_path, change, sentence):
    found = candidates(2, 2)
    change(found)
    with pytest.raises(UserError, match=sentence):
        read_questions(write(tmp_path, found))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [(None, "There is no"), ("{", "cannot be read as JSON"), ("[]", "is not an object with")],
)
def test_a_file_that_is_no_object_is_refused(tmp_path, text, sentence):
    path = tmp_path / "set.candidates.json"
    if text:
        path.write_text(text)
    with pytest.raises(UserError, match=sentence):
        read_questions(path)
