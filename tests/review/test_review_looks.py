"""How the page looks: large frames in every window, light and dark, names for all."""

import pytest

from review_tools import running

pytest.importorskip("starlette")
pytest.importorskip("uvicorn")

SIZES = {"wide": (1280, 800), "phone": (390, 780), "small phone": (320, 568), "flat": (800, 360)}
BOXES = """() => [...document.querySelectorAll("#frames img")].map(image => {
  const box = image.getBoundingClientRect();
  const scale = Math.min(box.width / image.naturalWidth, box.height / image.naturalHeight);
  return [box.left, box.right, scale * image.naturalWidth];
})"""


@pytest.mark.parametrize("size", SIZES, ids=list(SIZES))
def test_both_frames_are_large_and_nothing_is_cut_off(review, annotator, size):
    width, height = SIZES[size]
    with running(*review) as server:
        viewport = {"width": width, "height": height}
        ann = annotator(server.address, "Ann", viewport=viewport).at(1)
        boxes = ann.page.evaluate(BOXES)
        assert ann.page.evaluate("document.documentElement.scrollWidth") <= width
        fit = ann.page.evaluate("getComputedStyle(document.querySelector('img')).objectFit")
    assert fit == "contain"
    assert len(boxes) == 2
    for left, right, shown in boxes:
        assert left >= 0 and right <= width
        assert shown > 0.28 * width


def brightness(annotator, server, scheme):
    one = annotator(server.address, "Ann", color_scheme=scheme).at(1)
    style = "getComputedStyle(document.documentElement)"
    colours = one.page.evaluate(f"[{style}.backgroundColor, {style}.color]")
    return [sum(map(int, each.strip("rgb()").split(","))) for each in colours]


def test_light_and_dark(review, annotator):
    with running(*review) as server:
        ground, text = brightness(annotator, server, "light")
        assert ground > 600 and text < 150
        ground, text = brightness(annotator, server, "dark")
        assert ground < 150 and text > 600


def test_everything_has_a_name_for_readers_of_the_screen(review, annotator):
    with running(*review, "--labels") as server:
        ann = annotator(server.address, "Ann").at(1)
        for number in (1, 2, 3):
            ann.at(number).press("Enter")
        ann.at(4)
        assert ann.text("#status") == "Pair 4 of 9"
        images = ann.page.locator("#frames img")
        assert [each.get_attribute("alt") for each in images.all()] == [
            "anchor: cat",
            "candidate: cat",
        ]
        assert all(text for text in ann.page.locator("button:visible").all_inner_texts())
        for group in (
            "Are the labels right?",
            "Do the frames look alike?",
            "If they differ, in what?",
        ):
            assert ann.page.get_by_role("group", name=group).is_visible()
