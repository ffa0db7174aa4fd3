"""A browser of the system, and a reader whose page may break no rule; without one, tests skip."""

import pytest

from chromium import launched
from report_tools import write_report


@pytest.fixture(scope="module")
def browser():
    with launched() as browser:
        yield browser


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    return write_report(tmp_path_factory.mktemp("report"))


@pytest.fixture
def read(browser):
    """Opens a report from its file; in the end, nothing may have gone wrong or over a network."""
    contexts, problems = [], []

    def note(request):
        if not request.url.startswith(("file:", "data:", "blob:")):
            problems.append(request.url)

    def open_page(path, **options):
        contexts.append(browser.new_context(**options))
        page = contexts[-1].new_page()
        page.on("console", lambda message: problems.append(message.text))
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("request", note)
        page.goto(path.as_uri())
        page.wait_for_selector("html[data-ready]")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert problems == []
