"""Paths in an app mean its own pages, as its author wrote them for Reflex."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.support.pages import at, click, shows

APP = "/apps/acme-ordinary"
LEADING = f"{APP}/leading"


def is_at(page: Page, path: str) -> None:
    """Wait until the address bar shows a path of the app."""
    expect(page).to_have_url(re.compile(f"^https?://[^/]+{re.escape(APP + path)}$"))


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("literal", "/led/literal?from=b#end"),
        ("var", "/led/var"),
        ("element", "/led/element"),
        ("memo", "/led/memo"),
        ("home", ""),
    ],
)
def test_a_link_shows_where_it_leads_and_leads_there(visit, name: str, path: str):
    page = visit(LEADING)
    page.evaluate("window.same = true")
    expect(at(page, name)).to_have_attribute("href", APP + path)
    click(page, name)
    is_at(page, path)
    assert page.evaluate("window.same"), "the page was loaded again"
    page.go_back()
    is_at(page, "/leading")
    expect(at(page, name)).to_be_visible()


def test_a_link_in_markdown_leads_to_a_page_of_the_app(visitor):
    page = visitor.open(LEADING)
    visitor.loads()
    page.get_by_role("link", name="markdown").click()
    shows(page, how="markdown")
    is_at(page, "/led/markdown")


def test_a_page_that_the_app_has_not_is_missed_in_the_app(visit):
    page = visit(LEADING)
    click(page, "missing")
    is_at(page, "/nowhere")
    expect(page.get_by_text("There is no such page")).to_be_visible()
    page.go_back()
    is_at(page, "/leading")


def test_an_apps_own_login_page_is_its_own(visit):
    page = visit(LEADING)
    click(page, "login")
    is_at(page, "/login")
    shows(page, how="")
    page.go_back()
    expect(at(page, "core")).to_have_attribute("href", "/admin/apps")


@pytest.mark.parametrize("how", ["tab", "middle", "apart"])
def test_a_page_of_the_app_opens_in_another_tab(visitor, how: str):
    page = visitor.open(LEADING)
    visitor.loads()
    with page.context.expect_page() as opened:
        if how == "middle":
            at(page, "literal").click(button="middle")
        else:
            click(page, how)
    shows(opened.value, how="literal" if how == "middle" else how)
    is_at(page, "/leading")


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("handler", "/led/handler?from=a#end"),
        ("later", "/led/handler?from=a#end"),
        ("bare", "/led/bare"),
        ("page", "/led/page"),
        ("page-var", "/led/var"),
        ("script", "/led/script"),
    ],
)
def test_a_redirect_leads_to_a_page_of_the_app_and_back(visit, name: str, path: str):
    page = visit(LEADING)
    click(page, name)
    is_at(page, path)
    shows(page, how=re.split(r"[/?]", path)[2])
    page.go_back()
    is_at(page, "/leading")


def test_a_redirect_that_replaces_leaves_no_trace(visit):
    page = visit(f"{APP}/led/before")
    click(page, "back")
    click(page, "replacing")
    shows(page, how="replaced")
    page.go_back()
    is_at(page, "/led/before")


def test_a_page_that_sends_on_when_it_is_opened(visit):
    page = visit(LEADING)
    click(page, "sent")
    is_at(page, "/led/sent")
    shows(page, how="sent")
    page.go_back()
    is_at(page, "/leading")


@pytest.mark.parametrize("forget", ["forget", "forget-here"])
def test_a_cookie_of_some_pages_is_below_the_app(visitor, forget: str):
    page = visitor.open(f"{APP}/led/one")
    click(page, "keep")
    shows(page, kept="kept")
    [cookie] = [one for one in visitor.context.cookies() if one["name"] == "led_kept"]
    assert cookie["path"] == f"{APP}/led/"
    other = visitor.open(f"{APP}/led/two")
    shows(other, kept="kept")
    click(other, forget)
    shows(visitor.open(f"{APP}/led/three"), kept="")


@pytest.mark.own_copy("acme/ordinary")
def test_a_page_that_is_new_is_led_to_at_once(visit, own):
    page = visit(f"{own.url}/leading")
    expect(at(page, "account")).to_have_attribute("href", "/account")
    own.edit('"/sent-on":', '"/account": led_page,\n    "/sent-on":', "leading.py")
    expect(at(page, "account")).to_have_attribute("href", f"{own.url}/account")
