"""A thousand pairs, with keys that come faster than frames."""

import pytest

from review_tools import answers_in, exported, running, write_review

pytest.importorskip("starlette")
pytest.importorskip("uvicorn")
# Presses S all the time, and notes what was on the screen whenever that was an answer.
PRESS = """() => {
  window.answered = [];
  const number = (id) => document.querySelector(`#${id} img`)?.src.split("/").pop();
  const timer = setInterval(() => {
    if (!document.querySelector("#done").hidden) return clearInterval(timer);
    const shown = `${number("anchor")} ${number("candidate")}`;
    const free = !document.querySelector("#controls.busy");
    document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "s", bubbles: true }));
    if (free) window.answered.push(shown);
  }, 2);
}"""


def test_a_thousand_pairs(annotator, tmp_path):
    review = write_review(tmp_path, anchors=50, neighbours=20)
    with running(*review) as server:
        ann = annotator(server.address, "Ann").at(1)
        ann.page.evaluate(PRESS)
        ann.page.wait_for_selector("#done:not([hidden])", timeout=300_000)
        answered = ann.page.evaluate("answered")
    assert answers_in(review) == list(range(1000))
    # Frames are numbered as they are first asked about.
    number = {}
    for pair in exported(review, "anchor", "neighbour"):
        for frame in pair:
            number.setdefault(frame, len(number))
    pairs = exported(review, "anchor", "neighbour")
    assert answered == [f"{number[anchor]} {number[other]}" for anchor, other in pairs]
