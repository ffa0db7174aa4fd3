"""The page in a browser, from its file: nothing is asked of a network, and all of it works."""

from urllib.parse import unquote, urlparse

import pytest

PHONE = {"viewport": {"width": 360, "height": 740}}
ROWS = "#compared tbody tr"
expect = pytest.importorskip("playwright.sync_api").expect


def texts(page, selector):
    return [text.strip() for text in page.locator(selector).all_inner_texts()]


def test_every_link_leads_somewhere(report, read):
    page = read(report)
    links = page.eval_on_selector_all("a[href]", "links => links.map(link => link.href)")
    inner = [link for link in links if urlparse(link).fragment]
    files = [unquote(urlparse(link).path) for link in links if link not in inner]
    assert len(inner) > 9 and len(files) > 9
    assert all(page.locator(f"[id='{urlparse(link).fragment}']").count() == 1 for link in inner)
    assert [file for file in files if not report.parent.joinpath(file).is_file()] == []


def test_numbers_sort_by_value_and_say_so(report, read):
    page = read(report)
    ours, head = page.get_by_role("button", name="Ours"), page.locator("#compared th:nth-child(5)")
    for order, numbers in (
        ("ascending", ["9.5", "41.2", "120.0", "–"]),
        ("descending", ["120.0", "41.2", "9.5", "–"]),
    ):
        ours.press("Enter")
        # The table is drawn a moment later.
        expect(head).to_have_attribute("aria-sort", order)
        expect(page.locator(f"{ROWS} td:nth-child(5)")).to_have_text(numbers)


@pytest.mark.parametrize(
    ("name", "value", "left"),
    [
        ("kind", "within the spread of our runs", 1),
        ("kind", "not evaluated", 1),
        ("table", "table1", 4),
        ("doubt", "yes", 1),
        ("doubt", "no", 3),
    ],
)
def test_numbers_filter_by_table_verdict_and_doubt(report, read, name, value, left):
    page = read(report)
    page.locator(f"#filters [name={name}]").select_option(value)
    assert page.locator(ROWS).count() == left
    assert page.locator("#count").inner_text().split()[0] == str(left)
    page.get_by_role("button", name="Show all").click()
    expect(page.locator("#count")).to_have_text("4 numbers")


def test_numbers_are_searched_in_words(report, read):
    page = read(report)
    page.get_by_label("Search").fill("scan is damaged")
    assert page.locator(ROWS).count() == 1
    page.get_by_label("Search").fill("nothing like it")
    assert texts(page, ROWS) == ["No printed number is so."]


def test_a_figure_is_enlarged_and_left_by_keyboard(report, read):
    page = read(report)
    button = page.get_by_role("button", name="Enlarge Figure 2")
    button.focus()
    page.keyboard.press("Enter")
    assert page.get_by_role("dialog").is_visible()
    assert "Figure 2" in page.locator("#large-words").inner_text()
    page.keyboard.press("Escape")
    assert page.get_by_role("dialog").count() == 0
    assert button.evaluate("button => button === document.activeElement")


def brightness(page):
    style = "getComputedStyle(document.documentElement)"
    colours = page.evaluate(f"[{style}.backgroundColor, {style}.color]")
    return [sum(map(int, each.strip("rgb()").split(","))) for each in colours]


@pytest.mark.parametrize(("system", "other"), [("light", "dark"), ("dark", "light")])
def test_the_theme_is_the_systems_until_it_is_chosen(report, read, system, other):
    page = read(report, color_scheme=system)
    for scheme in (system, other, system):
        ground, text = brightness(page)
        assert (ground > text) == (scheme == "light")
        page.get_by_label("Theme").select_option("auto" if scheme == other else other)


def test_a_phone_never_scrolls_sideways(report, read):
    page = read(report, **PHONE)
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    page.add_style_tag(content="section { content-visibility: visible !important; }")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    menu = page.get_by_role("button", name="Sections")
    menu.press("Enter")
    assert menu.get_attribute("aria-expanded") == "true"
    page.get_by_role("link", name="Figures").click()
    assert menu.get_attribute("aria-expanded") == "false"
    assert page.locator("#figures h2").is_visible()


def test_a_screen_reader_finds_its_way(report, read):
    page = read(report)
    for role in ("banner", "navigation", "main"):
        assert page.get_by_role(role).count() == 1
    assert page.locator("h1").count() == 1
    unnamed = "tables => tables.filter(each => !each.caption?.textContent.trim()).length"
    assert page.eval_on_selector_all("table", unnamed) == 0
    unscoped = "heads => heads.filter(each => !each.scope).length"
    assert page.eval_on_selector_all("th", unscoped) == 0
    assert page.locator("img:not([alt])").count() == 0
    ids = page.eval_on_selector_all("[id]", "all => all.map(each => each.id)")
    assert len(ids) == len(set(ids))


def test_print_shows_all_rows_and_no_controls(report, read):
    page = read(report)
    page.emulate_media(media="print")
    assert not page.locator("#sections").is_visible() and not page.locator("#filters").is_visible()
    box = page.locator(".tall")
    assert box.evaluate("box => getComputedStyle(box).overflowY") == "visible"
    assert box.evaluate("box => getComputedStyle(box).maxHeight") == "none"
