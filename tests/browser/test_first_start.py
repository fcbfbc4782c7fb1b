"""The first hour of a production server: set up by its link, people invited, the first package."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.support.folders import AppFolder, copy_app
from tests.browser.support.pages import at, click, shows, until
from tests.browser.support.production import (
    ORGANISATION,
    PASSWORD,
    Production,
    confirm,
    drop,
    email,
    fill_in,
    package,
)
from tests.browser.support.watch import Visitor
from tests.support.servers import Forge

APP = "acme/counter"


@pytest.fixture(scope="module")
def production(forge: Forge, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Production]:
    """A production server that nobody has set up yet."""
    running = Production(tmp_path_factory.mktemp("first"), forge=forge)
    yield running
    running.stop()


@pytest.fixture
def app(tmp_path: Path) -> AppFolder:
    """The source of the app, on the developer's machine."""
    return copy_app(APP, tmp_path / "source", APP)


def set_up(ada: Visitor, link: str) -> Page:
    """Set the server up, and go to the admin pages by the link in the header."""
    page = ada.open(link.removeprefix(ada.address))
    fill_in(page, organisation=ORGANISATION, name="Ada", email=email("Ada"))
    fill_in(page, password=PASSWORD, password_again=PASSWORD)
    ada.loads(2)  # admin pages are a document of their own
    page.get_by_role("button", name="Set up and sign in").click()
    page.get_by_role("link", name="Admin").click()
    expect(page.get_by_role("heading", name="Installed apps")).to_be_visible()
    return page


def invite(page: Page, role: str) -> str:
    """Make a link for somebody on the page of users, and return it."""
    expect(at(page, "invitation")).to_have_count(0)
    page.get_by_label("Role").select_option(role)
    page.get_by_role("button", name="Make a link").click()
    expect(at(page, "invitation")).to_be_visible()
    link = at(page, "invitation").input_value()
    page.get_by_role("link", name="Nodes").click()
    page.get_by_role("link", name="Users").click()
    return link


def join(somebody: Visitor, name: str, link: str) -> Page:
    """Accept an invitation in one's own browser."""
    page = somebody.open(link.removeprefix(somebody.address))
    expect(page.get_by_role("heading")).to_have_text(f"Join {ORGANISATION}")
    fill_in(page, name=name, email=email(name))
    fill_in(page, password=PASSWORD, password_again=PASSWORD)
    somebody.loads()
    page.get_by_role("button", name="Join").click()
    expect(page.get_by_role("heading", name="Apps", exact=True)).to_be_visible()
    return page


def test_from_the_set_up_link_to_the_first_app_in_use(
    production: Production, person: Callable[..., Visitor], app: AppFolder
) -> None:
    ada, ben, cyd = person(), person(), person()
    page = set_up(ada, production.set_up_link)
    expect(page.get_by_role("alert")).to_contain_text("accepts unsigned packages")
    expect(page.get_by_text("No apps yet")).to_be_visible()

    # An admin and a member come in by a link each, which works once.
    page.get_by_role("link", name="Users").click()
    for_ben, for_cyd = invite(page, "admin"), invite(page, "member")
    admin, member = join(ben, "Ben", for_ben), join(cyd, "Cyd", for_cyd)
    members = page.get_by_role("region", name="Members").get_by_role("row")
    page.get_by_role("link", name="Nodes").click()
    page.get_by_role("link", name="Users").click()
    expect(members).to_have_count(4)
    expect(page.get_by_role("checkbox", name="Ben is admin")).to_be_checked()

    # What was sent to the wrong person is taken back.
    mistake = invite(page, "admin")
    waiting = page.get_by_role("region", name="Open invitations")
    waiting.get_by_role("button", name="Take back").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Take back").click()
    expect(waiting).to_have_count(0)
    eve = person()
    eve.expects(r"status of 410")
    late = eve.open(mistake.removeprefix(eve.address))
    expect(late.get_by_role("heading")).to_have_text("This link no longer works")

    # Another organisation is made, and is there to invite into.
    page.get_by_role("button", name="New organisation").click()
    page.get_by_label("Name of the new organisation").fill("Globex")
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_text("0 members of Globex.")).to_be_visible()
    expect(page.get_by_label("Name of the new organisation")).to_have_count(0)
    page.get_by_role("button", name="Make a link").click()
    expect(waiting.get_by_role("row")).to_have_count(2)

    # Somebody who only uses apps finds nothing to administer.
    expect(member.get_by_role("link", name="Admin")).to_have_count(0)
    member = cyd.open("/admin/apps", member)
    expect(member.get_by_text("This is for administrators")).to_be_visible()
    member.get_by_role("link", name="Graft, all apps").click()
    expect(member.get_by_text("No apps yet")).to_be_visible()

    # The admin drops a package with two mistakes: both are told at once, with place and remedy.
    ben.loads()
    admin.get_by_role("link", name="Admin").click()
    good = app.read()
    app.write(f"import nosuchthing\n{good}".replace('{"/": index}', '{"/other": index}'))
    drop(admin, package(app, "bad"), onto=at(admin, "package"))
    refused = at(admin, "refused")
    expect(refused.get_by_role("heading")).to_have_text("bad.tar.gz is refused")
    expect(refused).to_contain_text("2 problems were found. Nothing was kept.")
    expect(refused).to_contain_text("entry.py:1 ")
    expect(refused).to_contain_text("nosuchthing")
    expect(refused).to_contain_text("is not installed by requirements.txt: pin its distribution")
    expect(refused).to_contain_text('pages has no "/"')
    expect(refused).to_contain_text('Add the page that opens first under the key "/".')
    expect(admin.get_by_text("No apps yet")).to_be_visible()

    # The good one passes, and is for nobody before it is promoted.
    app.write(good)
    drop(admin, package(app, "good"), onto=at(admin, "package"))
    accepted = at(admin, "accepted")
    expect(accepted).to_contain_text("Version 1 of Counter passed every check.")
    expect(refused).to_have_count(0)
    listed = admin.locator(f"[data-app='{APP}']")
    expect(listed).to_contain_text("not promoted yet")
    expect(member.get_by_text("No apps yet")).to_be_visible()
    accepted.get_by_role("button", name="Promote").click()
    confirm(admin, "The app appears for everybody who may see it.")
    expect(listed.get_by_text("on", exact=True)).to_be_visible()
    expect(accepted).to_contain_text("This is the version that people get.")
    expect(accepted.get_by_role("button", name="Promote")).to_have_count(0)

    # It is in the launcher that the member has open, and works.
    member.get_by_role("listitem").get_by_text("Counter").click()
    shows(member, title="Counter one", count=0)
    click(member, "plus")
    shows(member, count=1)

    # All of it is in the audit log, what was refused too.
    admin.get_by_role("link", name="Audit log").click()
    log = admin.get_by_role("region", name="Audit log")
    for done in ("app.promote", "app.upload", "invitation.create", "server.set_up"):
        expect(log.get_by_text(done, exact=True).first).to_be_visible()
    expect(log.get_by_text("refused").first).to_be_visible()


def test_the_admin_pages_fit_a_narrow_screen(person: Callable[..., Visitor]) -> None:
    page = person("Ada", viewport={"width": 340, "height": 700}).open("/admin/apps")
    places = page.get_by_role("navigation", name="Administration")
    for place in ("Users", "Nodes", "Audit log", "Apps"):
        places.get_by_role("link", name=place).click()
        expect(places.get_by_role("link", name=place)).to_have_attribute("aria-current", "page")
        until(page, "document.documentElement.scrollWidth <= window.innerWidth")
