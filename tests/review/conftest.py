"""A browser of the system; without one, tests of the page skip."""

import shutil

import pytest

from annotator import Annotator
from review_tools import write_review

FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")


@pytest.fixture(scope="module")
def browser():
    sync_api = pytest.importorskip("playwright.sync_api")
    chromium = shutil.which("chromium")
    if not chromium:
        pytest.skip("needs chromium")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def review(tmp_path):
    """The arguments of a review of six pairs of three anchors."""
    return write_review(tmp_path, anchors=3)


@pytest.fixture
def annotator(browser):
    """Makes annotators; in the end, no page may have broken a rule of its own."""
    made = []

    def make(address, name=None, **context):
        made.append(Annotator(browser, address, name, **context))
        return made[-1]

    yield make
    for each in made:
        each.context.close()
        assert each.problems == []
