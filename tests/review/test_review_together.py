"""The page in a real browser: undo, reload, several annotators, and the joint pass."""

import pytest

from review_tools import answers_in, exported, running

pytest.importorskip("starlette")
pytest.importorskip("uvicorn")


# Undo, reload, others ----------------------------------------------------------------------------


def test_undo_shows_the_question_again_with_what_was_said(review, annotator):
    with running(*review) as server:
        ann = annotator(server.address, "Ann").at(1).press("w", "d", "m", "Enter").at(2).press("s")
        ann.at(3).press("z").at(2)
        assert ann.pressed() == ["Right", "Similar"]
        ann.press("z").at(1)
        assert ann.pressed() == ["Wrong", "Different", "Motion"]
        ann.press("r", "m", "b", "Enter").at(2).press("u").at(3)
    assert exported(review, "labels", "similar", "reasons") == [
        ["right", "no", "background"], ["right", "unsure", ""],
    ]  # fmt: skip


def test_undo_from_the_end_and_at_the_beginning(review, annotator):
    with running(*review) as server:
        ann = annotator(server.address, "Ann").at(1).press("z").at(1)
        for number in range(1, 7):
            ann.at(number).press("s")
        ann.finished().press("z").at(6).click("Undo").at(5).press("d", "o", "Enter")
        ann.at(6).press("s").finished()
    assert [similar for (similar,) in exported(review, "similar")] == 4 * ["yes"] + ["no", "yes"]


def test_a_reload_goes_on_where_one_was(review, annotator):
    with running(*review) as server:
        ann = annotator(server.address, "Ann").at(1).press("s").at(2).press("s").at(3).press("d")
        ann.page.reload()
        ann.at(3)
        assert ann.pressed() == ["Right"]
        ann.press("s").at(4)
    assert answers_in(review) == [0, 1, 2]


def test_two_annotators_at_once(review, annotator):
    with running(*review) as server:
        ann, ben = annotator(server.address, "Ann"), annotator(server.address, "Ben")
        for number in range(1, 7):
            ann.at(number).press("s")
            ben.at(number).press("d", "m", "Enter")
        ann.finished()
        ben.finished()
    rows = exported(review, "annotator", "similar")
    assert rows == [["Ann", "yes"]] * 6 + [["Ben", "no"]] * 6


def test_one_annotator_in_two_windows_answers_each_question_once(review, annotator):
    with running(*review) as server:
        one, two = annotator(server.address, "Ann").at(1), annotator(server.address, "Ann").at(1)
        one.press("d", "m", "Enter").at(2)
        two.press("s").at(2)
        assert "in another window meanwhile" in two.text("#problem")
        two.press("s").at(3)
    assert exported(review, "similar") == [["no"], ["yes"]]


def test_the_start_tells_who_has_done_how_much(review, annotator):
    with running(*review) as server:
        ann = annotator(server.address, "Ann").at(1).press("d", "m", "Enter").at(2)
        ann.page.get_by_role("link", name="Back to all annotators").click()
        ann.page.wait_for_selector("#start:not([hidden])")
        assert ann.text("#annotators").split("\n") == ["Ann", "1 of 6"]
        assert "Not finished: Ann (5 left)" in ann.text("#waiting")
        ann.click("Ann 1 of 6").at(2)


def test_another_spelling_of_a_name_is_refused(review, annotator):
    with running(*review) as server:
        annotator(server.address, "Ann").at(1).press("s").at(2)
        other = annotator(server.address, "ann")
        other.page.wait_for_selector("#start:not([hidden])")
        assert "There is an annotator Ann" in other.text("#refused")


# Joint pass --------------------------------------------------------------------------------------


def review_alone(annotator, server, **answers):
    """Answer all six pairs by keys, for each annotator."""
    for name, keys in answers.items():
        one = annotator(server.address, name)
        for number, key in enumerate(keys.split(), 1):
            one.at(number).press(*key)
            if key[-1] not in "su":
                one.press("Enter")
        one.finished()


def test_joint_pass(review, annotator):
    with running(*review) as server:
        review_alone(annotator, server, Ann="s s dm s ws s", Ben="s df u s s s", Cat="s s s s s s")
        joint = annotator(server.address).at(1)
        assert joint.text("#said").split("\n") == [
            "Ann", "alone: similar", "1", "Ben", "alone: different (feature in one only)", "2",
            "Cat", "alone: similar", "3",
        ]  # fmt: skip
        joint.press("s").at(2).press("1", "d", "b", "Enter")  # not for Ann
        joint.page.get_by_text("now: different (background)").first.wait_for()
        joint.at(2)
        assert joint.pressed() == ["Ann", "Right"]
        joint.press("s").at(3).press("w", "s").finished()
        assert "3 pairs were reviewed jointly" in joint.text("#done")
    rows = exported(review, "round", "annotator", "neighbour", "labels", "similar", "reasons")
    first, second, third = (
        [row[1:2] + row[3:] for row in rows if row[0] == 2 and row[2] == neighbour]
        for neighbour in dict.fromkeys(row[2] for row in rows if row[0] == 2)
    )
    assert first == [[name, "right", "yes", ""] for name in ("Ann", "Ben", "Cat")]
    different = ["right", "no", "background"]
    assert second == [["Ann", "right", "yes", ""], ["Ben", *different], ["Cat", *different]]
    assert third == [[name, "wrong", "yes", ""] for name in ("Ann", "Ben", "Cat")]
    assert len(rows) == 3 * 6 + 3 * 3


def test_undo_in_the_joint_pass(review, annotator):
    with running(*review) as server:
        review_alone(annotator, server, Ann="dm dm s s s s", Ben="s s s s s s")
        joint = annotator(server.address).at(1).press("s").at(2).press("z").at(1)
        joint.press("d", "b", "Enter").at(2).press("u").finished().press("z").at(2)
        joint.press("s").finished()
    rows = [row[1:] for row in exported(review, "round", "annotator", "similar") if row[0] == 2]
    assert rows == [["Ann", "no"], ["Ann", "yes"], ["Ben", "no"], ["Ben", "yes"]]


def test_the_joint_pass_is_reached_from_the_start(review, annotator):
    with running(*review) as server:
        review_alone(annotator, server, Ann="s s s dm s s")
        ann = annotator(server.address, "")
        ann.page.wait_for_selector("#together:not([hidden])")
        assert ann.text("#waiting") == "0 of 1 pairs are answered."
        ann.page.click("#jointly")
        ann.at(1).press("0", "s").finished()
