"""The core's own pages: launcher, apps on disk, addresses that nothing is at."""

import pytest
from playwright.sync_api import expect

from tests.browser.support.pages import click, shows


@pytest.mark.own_copy("acme/counter")
def test_enter_opens_what_was_typed_even_before_the_search_is_shown(visit, own):
    # In front of the others: the launcher shows the first 60, and each test has an app of its own.
    own.edit('name = "Counter"', 'name = "A zebra crossing"')
    launcher = visit("/")
    search = launcher.get_by_role("searchbox")
    expect(search).to_be_focused()
    expect(launcher.get_by_text("A zebra crossing")).to_be_visible()
    search.fill("zebra")
    search.press("Enter")
    launcher.wait_for_url("**" + own.url)
    click(launcher, "plus")
    shows(launcher, count=1)


def test_the_search_tells_how_many_apps_match_and_is_kept_on_the_way_back(visit):
    launcher = visit("/")
    expect(launcher.get_by_role("listitem").first).to_be_visible()
    search = launcher.get_by_role("searchbox")
    search.fill("no app is called that")
    expect(launcher.get_by_role("heading", name="No app matches")).to_be_visible()
    expect(launcher.get_by_role("main").get_by_role("status")).to_contain_text("0 of ")
    launcher.get_by_role("link", name="Apps on disk").click()
    expect(launcher.get_by_role("heading", name="Apps on disk")).to_be_visible()
    expect(launcher.get_by_role("main").get_by_role("status")).to_contain_text("on disk")
    launcher.go_back()
    expect(search).to_have_value("no app is called that")
    search.fill("")
    expect(launcher.get_by_role("listitem").first).to_be_visible()


def test_an_address_that_nothing_is_at_leads_to_all_apps(visit, visitor):
    visitor.expects(r"status of 404.*/nothing/here")
    page = visit("/nothing/here")
    expect(page.get_by_role("heading", level=1)).to_have_text("There is no such page")
    page.get_by_role("main").get_by_role("link", name="All apps").click()
    expect(page.get_by_role("listitem").first).to_be_visible()


@pytest.mark.parametrize("path", ["/", "/dev", "/nothing/here", "/apps/nobody", "/apps/globex-x"])
def test_core_pages_fit_a_narrow_screen(new_visitor, path):
    visitor = new_visitor()
    visitor.expects(r"status of 404.*/nothing/here")
    page = visitor.open(path)
    page.set_viewport_size({"width": 360, "height": 700})
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.get_by_role("main")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.own_copy("acme/counter")
def test_a_long_name_is_cut_short_in_the_bar_of_an_app(new_visitor, own):
    own.edit('name = "Counter"', f'name = "{"Counting and counting again " * 4}"')
    page = new_visitor().open(own.url)
    page.set_viewport_size({"width": 360, "height": 700})
    bar = page.get_by_role("navigation", name="Graft")
    expect(bar.get_by_role("link", name="Counting and counting")).to_be_visible()
    heights = "bar => [...bar.querySelectorAll('a')].map(link => link.offsetHeight)"
    assert max(bar.evaluate(heights)) <= 24  # a line
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_name_without_a_description_is_beside_the_middle_of_its_icon(visit):
    launcher = visit("/")
    launcher.get_by_role("searchbox").fill("themed")
    # Other tests have copies of it.
    tile = launcher.get_by_role("listitem").filter(has_text="Themed").first
    icon, name = tile.locator("svg").bounding_box(), tile.get_by_text("Themed").bounding_box()
    assert icon is not None
    assert name is not None
    middle = icon["y"] + icon["height"] / 2
    assert abs(name["y"] + name["height"] / 2 - middle) < 2


def test_who_has_admin_pages_finds_the_way_to_them_where_nothing_is(person):
    ada = person("Ada")
    ada.expects(r"status of 404.*/nothing/here")
    page = ada.open("/nothing/here")
    expect(page.get_by_role("banner").get_by_role("link", name="Admin")).to_be_visible()
