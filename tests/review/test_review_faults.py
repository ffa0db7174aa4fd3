"""The page in a real browser while its server is killed, deaf, or another one."""

import signal
from urllib.parse import urlsplit

import pytest

from review_tools import answers_in, exported, running, start, stop, write_review

pytest.importorskip("starlette")
pytest.importorskip("uvicorn")


def test_a_server_killed_between_key_and_next_question(review, annotator):
    server = start(*review)
    ann = annotator(server.address, "Ann").at(1).press("s").at(2)
    server.send_signal(signal.SIGSTOP)  # the answer is sent, and nobody reads it
    ann.press("d", "b", "Enter")
    ann.page.wait_for_timeout(200)
    stop(server, signal.SIGKILL)
    ann.page.wait_for_selector("#problem:not([hidden])")
    assert "The server does not answer. Start it again. Your answer is kept" in ann.text("#problem")
    assert ann.text("#count") == "2 of 6"
    with running(*review):
        ann.at(3).press("s").at(4)
    assert exported(review, "similar", "reasons") == [
        ["yes", ""],
        ["no", "background"],
        ["yes", ""],
    ]
    assert answers_in(review) == [0, 1, 2]


def test_an_answer_whose_acknowledgement_is_lost_is_stored_once(review, annotator):
    with running(*review) as server:
        ann = annotator(server.address, "Ann").at(1)
        lost = []

        def lose_the_first(route):
            if not lost:
                lost.append(route.fetch().status)
                return route.abort()
            return route.continue_()

        ann.page.route("**/answers", lose_the_first)
        ann.press("s").page.wait_for_selector("#problem:not([hidden])")
        ann.click("Try now").at(2).press("s").at(3)
    assert lost == [200]
    assert answers_in(review) == [0, 1]


def test_a_window_closed_before_its_answer_was_stored(review, annotator):
    server = start(*review)
    ann = annotator(server.address, "Ann").at(1)
    server.send_signal(signal.SIGSTOP)
    ann.press("d", "m", "Enter").page.wait_for_timeout(200)
    ann.page.close()
    stop(server, signal.SIGKILL)
    with running(*review):
        ann.open()
        ann.at(2)
    assert exported(review, "similar", "reasons") == [["no", "motion"]]


def test_a_page_left_open_over_another_review_loads_that(review, annotator, tmp_path):
    server = start(*review)
    ann = annotator(server.address, "Ann").at(1)
    stop(server)
    (tmp_path / "other").mkdir()
    other = write_review(tmp_path / "other", anchors=2)
    with running(*other, "--port", urlsplit(server.address).port):
        ann.press("s")
        ann.page.get_by_text("1 of 4", exact=True).wait_for()
        ann.at(1).press("u").at(2)
    assert answers_in(review) == []
    assert exported(other, "similar") == [["unsure"]]
