"""A browser of the system; without one, tests of the page skip."""

import pytest

from annotator import Annotator
from chromium import launched
from review_tools import write_review


@pytest.fixture(scope="module")
def browser():
    with launched() as browser:
        yield browser


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
