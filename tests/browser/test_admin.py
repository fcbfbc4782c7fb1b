"""The life of an installed app, as its operator leads it in the browser: uploaded, promoted while
somebody types, rolled back, switched off and on, deleted and brought back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from app.packages.pack import pack
from app.runtime.source import read_source
from tests.browser.conftest import PATIENCE
from tests.browser.support.folders import AppFolder, copy_app
from tests.browser.support.pages import at, click, shows, until
from tests.browser.support.server import Server
from tests.browser.support.watch import Visitor

PASSWORD = "violet river stone"
APP = "acme/counter"


@pytest.fixture(scope="module")
def production(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A production server with nothing installed, which takes unsigned packages."""
    folder = tmp_path_factory.mktemp("admin")
    (folder / "client_apps").mkdir()
    running = Server(
        folder / "client_apps",
        folder / "data",
        folder / "server.log",
        dev=False,
        options=("--allow-unsigned",),
    )
    yield running
    running.stop()


@pytest.fixture
def person(browser: Browser, production: Server) -> Iterator[Callable[[], Visitor]]:
    """Makes people with a browser each; their complaints fail the test at its end."""
    people: list[Visitor] = []

    def make() -> Visitor:
        context = browser.new_context(viewport={"width": 1200, "height": 900})
        context.set_default_timeout(PATIENCE)
        people.append(Visitor(context, production.address))
        return people[-1]

    yield make
    for one in people:
        one.context.close()
    problems = [problem for one in people for problem in one.unexpected()]
    assert not problems, "\n".join(problems)


@pytest.fixture
def app(tmp_path: Path) -> AppFolder:
    """The source of the app, on the developer's machine."""
    return copy_app(APP, tmp_path / "source", APP)


def package(app: AppFolder, name: str) -> Path:
    made = app.path.parents[2] / f"{name}.tar.gz"
    made.write_bytes(pack(read_source(app.path)))
    return made


def fill_in(page: Page, **fields: str) -> None:
    for name, value in fields.items():
        at(page, name).fill(value)


def operator(one: Visitor, link: str) -> Page:
    """Set the server up, and go to the admin pages by the link in the header."""
    page = one.open(link.removeprefix(one.address))
    fill_in(page, organisation="Acme", name="Ada", email="ada@example.com")
    fill_in(page, password=PASSWORD, password_again=PASSWORD)
    one.loads()
    page.get_by_role("button", name="Set up and sign in").click()
    page.get_by_role("link", name="Admin").click()
    expect(page.get_by_role("heading", name="Installed apps")).to_be_visible()
    return page


def invited(one: Visitor, admin: Page) -> Page:
    """Join by a link that the operator makes."""
    admin.get_by_role("link", name="Users").click()
    admin.get_by_role("button", name="Make a link").click()
    page = one.open(at(admin, "invitation").input_value().removeprefix(one.address))
    fill_in(page, name="Ben", email="ben@example.com")
    fill_in(page, password=PASSWORD, password_again=PASSWORD)
    one.loads()
    page.get_by_role("button").last.click()
    expect(page.get_by_role("heading", name="Apps", exact=True)).to_be_visible()
    admin.get_by_role("link", name="Apps", exact=True).click()
    return page


def upload(page: Page, file: Path) -> None:
    page.locator("#package input[type=file]").set_input_files(file)


def confirm(page: Page, says: str) -> None:
    dialog = page.get_by_role("alertdialog")
    expect(dialog).to_contain_text(says)
    at(page, "confirm").click()
    expect(dialog).to_have_count(0)


def listed(page: Page) -> Locator:
    return page.locator(f"[data-app='{APP}']")


def test_the_life_of_an_app(
    production: Server, person: Callable[[], Visitor], app: AppFolder
) -> None:
    ada, ben = person(), person()
    page = operator(ada, production.set_up_link)
    expect(page.get_by_role("alert")).to_contain_text("takes packages that nobody signed")
    expect(page.get_by_text("No apps yet")).to_be_visible()

    # Somebody who only uses apps finds nothing here.
    using = invited(ben, page)
    expect(using.get_by_role("link", name="Admin")).to_have_count(0)
    using = ben.open("/admin/apps", using)
    expect(using.get_by_text("This is for administrators")).to_be_visible()

    # A bad package is refused with what is wrong where; the good one comes in.
    good = app.read()
    app.write(f"import nosuchthing\n{good}")
    upload(page, package(app, "bad"))
    expect(at(page, "refused")).to_contain_text("entry.py:1")
    expect(at(page, "refused")).to_contain_text("nosuchthing")
    app.write(good)
    upload(page, package(app, "one"))
    expect(at(page, "accepted")).to_contain_text("Version 1 of Counter passed every check.")
    expect(listed(page)).to_contain_text("not promoted yet")
    at(page, "accepted").get_by_role("button", name="Promote").click()
    confirm(page, "The app appears to everybody who may see it.")
    expect(listed(page).get_by_text("on", exact=True)).to_be_visible()

    # Somebody opens it, and is typing while the next version is promoted.
    using = ben.open("/apps/acme-counter", using)
    shows(using, title="Counter one", count=0)
    click(using, "plus", "plus")
    shows(using, count=2)
    at(using, "typed").press_sequentially("half a sen")
    app.edit("Counter one", "Counter two")
    upload(page, package(app, "two"))
    expect(at(page, "accepted")).to_contain_text("Version 2 of Counter")
    at(page, "accepted").get_by_role("button", name="Promote").click()
    confirm(page, "1 person has it open now, in 1 page.")
    shows(using, title="Counter two", count=2)
    at(using, "typed").press_sequentially("tence")
    expect(at(using, "typed")).to_have_value("half a sentence")

    # Its page: what differs, and back to the version before.
    listed(page).get_by_role("link").click()
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_role("region", name="What differs in entry.py")).to_contain_text(
        "Counter two"
    )
    page.get_by_role("button", name="Roll back to this version 1").click()
    confirm(page, "Exactly these files")
    shows(using, title="Counter one", count=2)
    expect(at(using, "typed")).to_have_value("half a sentence")

    # Off and on again, by itself and with its state.
    page.get_by_role("button", name="Switch off").click()
    confirm(page, "1 person has it open now, in 1 page.")
    expect(using.get_by_role("heading")).to_have_text("Counter is switched off")
    page.get_by_role("button", name="Switch on").click()
    shows(using, title="Counter one", count=2)

    # Deleted, and back.
    page.get_by_role("button", name="Delete").click()
    confirm(page, "For 30 days it can be brought back")
    expect(at(using, "title")).to_have_count(0)
    page.get_by_role("link", name="All installed apps").click()
    page.get_by_role("button", name="Bring Counter back").click()
    expect(listed(page).get_by_text("on", exact=True)).to_be_visible()
    using = ben.open("/apps/acme-counter", using)
    shows(using, title="Counter one")

    # All of it is in the audit log.
    page.get_by_role("link", name="Audit log").click()
    log = page.get_by_role("region", name="Audit log")
    for done in ("app.promote", "app.rollback", "app.disable", "app.delete", "app.undelete"):
        expect(log.get_by_text(done, exact=True).first).to_be_visible()
    expect(log.get_by_text("refused").first).to_be_visible()


def test_the_admin_pages_fit_a_narrow_screen(person: Callable[[], Visitor]) -> None:
    ada = person()
    page = ada.open("/login?next=/admin/apps")
    fill_in(page, email="ada@example.com", password=PASSWORD)
    ada.loads()
    page.get_by_role("button", name="Sign in").click()
    page.set_viewport_size({"width": 340, "height": 700})
    places = page.get_by_role("navigation", name="Administration")
    for place in ("Users", "Nodes", "Audit log", "Apps"):
        places.get_by_role("link", name=place).click()
        expect(places.get_by_role("link", name=place)).to_have_attribute("aria-current", "page")
        until(page, "document.documentElement.scrollWidth <= window.innerWidth")
