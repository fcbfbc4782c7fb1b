"""Apps that come and go while the server runs."""

import pytest
from playwright.sync_api import expect

from tests.browser.support.folders import copy_app
from tests.browser.support.pages import click, shows


def tile(page, app):
    return page.locator(f"a[href='{app.url}']")


def test_a_new_folder_appears_in_the_launcher_and_a_deleted_one_goes(visit, apps_folder):
    launcher = visit("/")
    expect(launcher.get_by_role("listitem").first).to_be_visible()
    # The launcher shows the first 60 that match, and other tests leave apps of theirs.
    launcher.get_by_role("searchbox").fill("own/newcomer")
    expect(launcher.get_by_role("heading", name="No app matches")).to_be_visible()
    edits = {'name = "Counter"': 'name = "Newcomer"'}
    app = copy_app("acme/counter", apps_folder, "own/newcomer", edits)
    expect(tile(launcher, app)).to_contain_text("Newcomer")
    tile(launcher, app).click()
    click(launcher, "plus")
    shows(launcher, count=1)
    launcher.go_back()
    expect(tile(launcher, app)).to_be_visible()
    app.delete()
    expect(tile(launcher, app)).to_be_hidden()


@pytest.mark.own_copy("acme/counter")
def test_an_open_page_of_a_deleted_app_says_so_and_goes_on_when_it_returns(visit, own, apps_folder):
    page = visit(own.url)
    click(page, "plus")
    shows(page, count=1)
    own.delete()
    expect(page.get_by_role("heading")).to_contain_text("There is no such app")
    copy_app("acme/counter", apps_folder, own.id)
    shows(page, title="Counter one", count=1)


@pytest.mark.own_copy("acme/counter")
def test_an_app_without_its_entry_goes_from_the_launcher_and_comes_back(visit, own):
    launcher, page = visit("/"), visit(own.url)
    click(page, "plus")
    shows(page, count=1)
    launcher.get_by_role("searchbox").fill(own.id)
    expect(tile(launcher, own)).to_be_visible()
    entry = own.path / "entry.py"
    text = entry.read_text()
    entry.unlink()
    expect(tile(launcher, own)).to_have_count(0)
    expect(page.get_by_role("heading")).to_contain_text("There is no such app")
    entry.write_text(text)
    expect(tile(launcher, own)).to_be_visible()
    shows(page, title="Counter one", count=1)


@pytest.mark.own_copy("acme/counter")
def test_a_new_name_shows_in_the_launcher(visit, own):
    launcher = visit("/")
    launcher.get_by_role("searchbox").fill(own.id)
    expect(tile(launcher, own)).to_contain_text("Counter")
    own.edit('name = "Counter"', 'name = "Another name"')
    expect(tile(launcher, own)).to_contain_text("Another name")
