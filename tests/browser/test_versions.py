"""Versions of an installed app: uploaded, previewed, promoted while somebody types, rolled back."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.support.folders import AppFolder, copy_app
from tests.browser.support.pages import at, click, shows, until
from tests.browser.support.production import Production, confirm, package
from tests.browser.support.watch import Visitor


@pytest.fixture
def app(tmp_path: Path) -> AppFolder:
    """The source of an app, on the developer's machine."""
    return copy_app("acme/counter", tmp_path / "source", "acme/versions")


def choose(page: Page, file: Path) -> None:
    """Upload a package with the keyboard alone."""
    page.once("filechooser", lambda chooser: chooser.set_files(file))
    page.get_by_role("button", name="choose a file").focus()
    page.keyboard.press("Enter")


def preview_link(page: Page) -> str:
    """Start a preview of what was just uploaded, and copy its link."""
    at(page, "accepted").get_by_role("button", name="Preview").click()
    page.get_by_role("button", name="Start the preview").click()
    page.get_by_role("button", name="Copy the link").click()
    expect(page.get_by_text("The link is copied.")).to_be_visible()
    link = str(page.evaluate("navigator.clipboard.readText()"))
    page.get_by_role("button", name="Close", exact=True).click()
    return link


def modules(page: Page) -> list[str]:
    """Return the addresses of the modules of apps that the page has fetched."""
    names = page.evaluate("performance.getEntriesByType('resource').map((entry) => entry.name)")
    return [name for name in names if "/_graft/modules/" in name]


def caret(page: Page) -> str:
    """Return which field has the focus, and where the caret is in it."""
    return str(
        page.evaluate("`${document.activeElement.id} ${document.activeElement.selectionStart}`")
    )


def test_a_version_from_its_preview_to_the_way_back(
    production: Production, person: Callable[..., Visitor], app: AppFolder
) -> None:
    ada, cyd, dan = person("Ada"), person("Cyd"), person("Dan")
    first = package(app, "one")
    production.install(ada.context, first)
    typing = cyd.open(app.url)
    shows(typing, title="Counter one", count=0)
    [of_one] = modules(typing)

    # The update comes in beside the version that is served.
    page = ada.open("/admin/apps")
    app.edit("Counter one", "Counter two")
    choose(page, package(app, "two"))
    expect(at(page, "accepted")).to_contain_text("Version 2 of Counter passed every check.")

    # Whoever has the link gets it, nobody else.
    link = preview_link(page)
    address = urlsplit(link)
    previewing = dan.open(f"{address.path}?{address.query}")
    shows(previewing, title="Counter two", count=0)
    click(previewing, "plus", "plus", "plus")
    shows(previewing, count=3)
    dan.reload(previewing)
    shows(previewing, title="Counter two", count=3)

    # It says that it is a preview, and leads back to what everybody gets.
    mark = previewing.get_by_role("note", name="Preview")
    expect(mark).to_contain_text("Preview of version 2")
    expect(typing.get_by_role("note", name="Preview")).to_have_count(0)
    leaving = dan.open(f"{address.path}?{address.query}")
    shows(leaving, title="Counter two")
    leaving.get_by_role("button", name="Leave preview").click()
    shows(leaving, title="Counter one")
    expect(leaving.get_by_role("note", name="Preview")).to_have_count(0)
    expect(leaving).to_have_url(f"{production.address}{app.url}")
    dan.reload(leaving)
    shows(leaving, title="Counter one")
    leaving.close()
    ada_uses = ada.open(app.url)
    shows(ada_uses, title="Counter one")
    shows(typing, title="Counter one")

    # Promoted while somebody types: text, focus and caret stay where they are.
    click(typing, "plus", "plus")
    at(typing, "typed").press_sequentially("half a tence")
    for _ in "tence":
        typing.keyboard.press("ArrowLeft")
    assert caret(typing) == "typed 7"
    at(page, "accepted").get_by_role("button", name="Promote").click()
    confirm(page, "3 people have it open, in 3 pages.")
    shows(typing, title="Counter two", count=2)
    assert caret(typing) == "typed 7"
    typing.keyboard.type("sen")
    expect(at(typing, "typed")).to_have_value("half a sentence")
    shows(ada_uses, title="Counter two")
    shows(previewing, title="Counter two", count=3)
    expect(mark).to_have_count(0)

    # Its page tells what differs, and leads back to the version before.
    page.locator(f"[data-app='{app.id}']").get_by_role("link").click()
    page.get_by_role("button", name="Compare").click()
    difference = page.get_by_role("region", name="Differences in entry.py")
    expect(difference).to_contain_text('rx.heading("Counter two", id="title")')
    page.get_by_role("button", name="Roll back to this version 1").click()
    confirm(page, "Exactly these files")
    for open_page, count in ((typing, 2), (previewing, 3), (ada_uses, 0)):
        shows(open_page, title="Counter one", count=count)
    assert caret(typing) == "typed 10"
    expect(at(typing, "typed")).to_have_value("half a sentence")

    # Exactly those bytes: a browser that never saw version 1 gets the very module that ran before.
    fresh = person("Cyd").open(app.url)
    shows(fresh, title="Counter one")
    assert modules(fresh) == [of_one]
    module = fresh.request.get(of_one).body()
    assert hashlib.sha256(module).hexdigest().startswith(Path(of_one).stem)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download version 1").click()
    assert download.value.path().read_bytes() == first.read_bytes()
    until(page, "document.querySelector('#state').textContent === 'on'")


def test_a_preview_of_a_static_app_says_so_above_it_and_leads_back(
    production: Production, person: Callable[..., Visitor], tmp_path: Path
) -> None:
    ada, cyd = person("Ada"), person("Cyd")
    site = copy_app("acme/site", tmp_path / "source", "acme/previewed")
    site.edit("/apps/acme-site/", f"{site.url}/", "dist/index.html")
    production.install(ada.context, package(site, "one"))
    site.edit("Site one", "Site two", "dist/index.html")
    number = production.install(ada.context, package(site, "two"), promote=False)
    answer = ada.context.request.post(
        f"{production.address}/api/v1/apps/{site.id}/previews",
        data={"number": number},
        headers=production.confirmed(ada.context),
    )
    address = urlsplit(answer.json()["link"])
    page = cyd.open(f"{address.path}?{address.query}")
    mark, inside = page.get_by_role("note", name="Preview"), page.frame_locator("iframe")
    expect(mark).to_contain_text(f"Preview of version {number}")
    expect(inside.locator("#title")).to_have_text("Site two")
    expect(inside.locator("#path")).to_have_text(site.url)
    expect(page).to_have_url(production.address + site.url)
    cyd.reload(page)
    expect(mark).to_be_visible()
    cyd.loads()
    page.get_by_role("button", name="Leave preview").click()
    shows(page, title="Site one", path=site.url)
    cyd.reload(page)
    shows(page, title="Site one")
    expect(mark).to_have_count(0)
