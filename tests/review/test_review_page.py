"""The page in a real browser: one annotator, by keyboard and by mouse."""

from urllib.parse import urlsplit

import pytest

from review_tools import answers_in, exported, running

pytest.importorskip("starlette")
pytest.importorskip("uvicorn")


def test_by_keyboard(review, annotator):
    with running(*review, "--labels") as server:
        ann = annotator(server.address, "")
        ann.page.wait_for_selector("#start:not([hidden])")
        ann.page.keyboard.type("Ann Lee")
        ann.press("Enter").at(1).press("a")
        ann.page.keyboard.type("zeb")
        ann.press("Enter")
        ann.page.keyboard.type("car")
        ann.press("Enter", "Escape", "Enter")
        ann.at(2).press("q", "Enter")
        ann.at(3).press("w", "n")
        ann.page.keyboard.type("a cow, S for sure")
        ann.press("Enter", "Enter")
        ann.at(4).press("s")
        ann.at(5).press("d", "m", "l", "Enter")
        ann.at(6).press("w", "u")
        ann.at(7).press("q", "f", "Enter")
        ann.at(8).press("m", "m", "b", "o", "Enter")
        ann.at(9).press("m", "s").finished()
    columns = ("labels", "similar", "reasons", "one_only", "added", "note")
    assert exported(review, "annotator", *columns) == [
        ["Ann Lee", "right", "", "", "", "5;3", ""],
        ["Ann Lee", "unsure", "", "", "", "", ""],
        ["Ann Lee", "wrong", "", "", "", "", "a cow, S for sure"],
        ["Ann Lee", "right", "yes", "", "", "", ""],
        ["Ann Lee", "right", "no", "motion;blur", "", "", ""],
        ["Ann Lee", "wrong", "unsure", "", "", "", ""],
        ["Ann Lee", "unsure", "no", "", "yes", "", ""],
        ["Ann Lee", "right", "no", "background;other", "", "", ""],
        ["Ann Lee", "right", "yes", "", "", "", ""],
    ]


def test_by_mouse(review, annotator):
    with running(*review, "--labels") as server:
        ann = annotator(server.address, "")
        ann.page.get_by_label("Your name").fill("Ann")
        ann.click("Begin").at(1).click("dog", "bird", "dog", "Store")
        ann.at(2).click("Wrong", "Store").at(3).click("Store")
        ann.at(4).click("Similar").at(5).click("Different", "Motion", "Store")
        ann.at(6).page.get_by_label("Note").fill("half a face")
        ann.click("Feature in one only", "Store").at(7)
    columns = ("item", "labels", "similar", "reasons", "one_only", "added", "note")
    assert exported(review, *columns) == [
        ["anchor", "right", "", "", "", "2", ""],
        ["anchor", "wrong", "", "", "", "", ""],
        ["anchor", "right", "", "", "", "", ""],
        ["pair", "right", "yes", "", "", "", ""],
        ["pair", "right", "no", "motion", "", "", ""],
        ["pair", "right", "no", "", "yes", "", "half a face"],
    ]


def test_by_tab_and_space_alone(review, annotator):
    with running(*review) as server:
        ann = annotator(server.address, "Ann").at(1)
        for _ in range(20):
            ann.press("Tab")
            if ann.page.evaluate("document.activeElement.dataset.similar") == "yes":
                break
        outline = "getComputedStyle(document.activeElement).outlineStyle"
        assert ann.page.evaluate(outline) == "solid"
        ann.press("Space").at(2).press("Space").at(3)


def test_each_question_shows_its_two_frames_and_their_labels(review, annotator):
    with running(*review) as server:
        ann = annotator(server.address, "Ann")
        shown = []
        for number in range(1, 7):
            shown.append((ann.at(number).frames(), ann.text("figure"), ann.text("#other")))
            ann.press("s")
        ann.finished()
    paths = [[int(urlsplit(each).path.rpartition("/")[2]) for each in urls] for urls, *_ in shown]
    assert paths == [[0, 1], [0, 2], [3, 4], [3, 5], [6, 7], [6, 8]]
    assert [texts for _, *texts in shown[::2]] == [
        [f"Anchor {label}", f"Candidate {label}"] for label in ("cat", "dog", "bird")
    ]


def test_labels_that_the_annotator_added_are_shown_with_the_pairs(review, annotator):
    with running(*review, "--labels") as server:
        ann = annotator(server.address, "Ann").at(1)
        ann.click("zebra", "Store").at(2).click("Store").at(3).click("Store").at(4)
        assert ann.text("#other") == "Candidate cat, zebra"
        ben = annotator(server.address, "Ben").at(1)
        for number in (1, 2, 3):
            ben.at(number).press("Enter")
        assert ben.at(4).text("#other") == "Candidate cat"


def test_frames_that_differ_need_a_reason(review, annotator):
    with running(*review) as server:
        ann = annotator(server.address, "Ann").at(1)
        ann.press("Enter", "d", "Enter")
        assert "Say in what they differ" in ann.text("#problem")
        assert ann.at(1).press("b", "Enter").at(2).page.is_hidden("#problem")
    assert exported(review, "reasons") == [["background"]]


def test_enter_after_a_click_does_not_press_the_same_button_again(review, annotator):
    with running(*review) as server:
        ann = annotator(server.address, "Ann").at(1).click("Similar").at(2).press("Enter", "Space")
        ann.at(2).click("Motion").press("Enter").at(3)
    assert exported(review, "similar", "reasons") == [["yes", ""], ["no", "motion"]]


def test_a_key_that_is_held_down_answers_one_question(review, annotator):
    with running(*review) as server:
        ann = annotator(server.address, "Ann").at(1)
        for _ in range(4):
            ann.page.keyboard.down("s")
            ann.page.wait_for_timeout(100)
        ann.page.keyboard.up("s")
        ann.at(2)
    assert answers_in(review) == [0]


def test_no_answer_is_taken_before_the_frames_are_seen(review, annotator):
    with running(*review) as server:
        ann = annotator(server.address, "")
        ann.page.route("**/frames/1", lambda route: None)  # never comes
        ann.page.goto(f"{server.address}#as=Ann")
        ann.page.wait_for_selector("#work:not([hidden])")
        ann.press("s", "s")
        ann.page.wait_for_timeout(300)
    assert answers_in(review) == []


@pytest.mark.parametrize("name", ["v0/9.png", "v0/10.png"])
def test_a_frame_that_is_gone_is_named_and_not_judged(review, annotator, tmp_path, name):
    with running(*review) as server:
        gone = tmp_path / "frames" / name
        gone.rename(tmp_path / "away.png")
        ann = annotator(server.address, "Ann")
        ann.page.wait_for_selector("#problem:not([hidden])")
        assert f"{name} is not there any more" in ann.text("#problem")
        ann.press("s")
        (tmp_path / "away.png").rename(gone)
        ann.click("Try now").at(1).press("s").at(2)
    assert answers_in(review) == [0]


def test_a_file_that_is_no_picture_is_not_judged(review, annotator, tmp_path):
    (tmp_path / "frames/v0/9.png").write_bytes(b"no picture")
    with running(*review) as server:
        ann = annotator(server.address, "Ann")
        ann.page.get_by_text("is no picture that this browser can show").wait_for()
        ann.press("s").page.wait_for_timeout(200)
    assert answers_in(review) == []
