"""The theme of an app: its colours, and whether it begins light or dark."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.support.pages import at, click, shows

APP = "/apps/acme-themed"
TOMATO = "rgb(229, 77, 46)"
DARK, LIGHT = "rgb(16, 18, 17)", "rgb(255, 255, 255)"


def is_painted(page: Page, colour: str) -> None:
    """Wait until the whole document has a background, and the bar of Graft with it."""
    expect(page.locator('[data-is-root-theme="true"]')).to_have_css("background-color", colour)


def test_the_theme_of_an_app_colours_its_pages_and_dialogs_and_nothing_else(visit):
    page = visit(APP)
    expect(at(page, "accent")).to_have_css("background-color", TOMATO)
    click(page, "open")
    expect(at(page, "within")).to_have_css("background-color", TOMATO)
    other = visit("/apps/acme-drafts")
    assert (
        other.evaluate("() => document.querySelectorAll('[data-accent-color=tomato]').length") == 0
    )


def test_the_style_of_an_app_is_that_of_its_whole_pages_and_of_classes_in_them(visit):
    page = visit(APP)
    expect(at(page, "shown")).to_have_css("font-family", "monospace")
    expect(at(page, "chosen")).to_have_css("font-size", "31px")
    expect(page.get_by_role("link", name="All apps")).not_to_have_css("font-family", "monospace")
    height = "document.documentElement.scrollHeight - innerHeight"
    assert page.evaluate(height) == 0, "the bar and the page are higher than the window"


def test_an_app_begins_dark_and_what_is_around_it_stays_light(visit):
    page = visit(APP)
    shows(page, chosen="dark", shown="dark", cond="dark")
    is_painted(page, DARK)
    page.get_by_role("link", name="All apps").click()
    expect(page.get_by_role("heading", name="Apps", exact=True)).to_be_visible()
    is_painted(page, LIGHT)
    page.go_back()
    shows(page, chosen="dark")
    is_painted(page, DARK)


def test_what_somebody_chooses_in_such_an_app_is_kept_for_it_alone(visitor):
    page = visitor.open(APP)
    click(page, "light")
    shows(page, chosen="light", shown="light", cond="light")
    is_painted(page, LIGHT)
    page.reload()
    visitor.loads()
    shows(page, chosen="light")
    click(page, "system")
    shows(page, chosen="system", shown="light")
    other = visitor.open("/apps/acme-drafts")
    assert other.evaluate("localStorage.getItem('theme')") in (None, "system")
    assert other.evaluate("localStorage.getItem('theme acme-themed')") == "system"


@pytest.mark.own_copy("acme/themed")
def test_a_new_version_may_begin_in_another(visit, own):
    page = visit(own.url)
    shows(page, chosen="dark")
    own.edit('appearance="dark"', 'appearance="light"')
    shows(page, chosen="light")
    is_painted(page, LIGHT)
