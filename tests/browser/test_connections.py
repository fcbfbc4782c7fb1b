"""Open pages whose connection breaks: for a moment, over a restart, until one signs in again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from app.core import accounts
from app.core.opening import open_core
from tests.browser.support.folders import AppFolder, copy_app
from tests.browser.support.line import Line
from tests.browser.support.pages import at, click, shows
from tests.browser.support.production import PASSWORD, Production, email, fill_in, package
from tests.browser.support.watch import Visitor
from tests.support.servers import Forge

BROKEN = r"WebSocket connection|Failed to load resource"
LOST = "No connection to the server"


@pytest.fixture(scope="module")
def production(forge: Forge, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Production]:
    """A production server of this module's own: it is restarted."""
    running = Production(tmp_path_factory.mktemp("connections"), forge=forge)
    running.populate()
    yield running
    running.stop()


@pytest.fixture
def app(tmp_path: Path, request: pytest.FixtureRequest) -> AppFolder:
    """The source of an app, on the developer's machine."""
    name = f"app_{abs(hash(request.node.name)) % 10_000}"
    return copy_app("acme/counter", tmp_path / "source", f"acme/{name}")


def at_work(one: Visitor, app: AppFolder) -> Page:
    """Open the app, count to two and begin to type."""
    page = one.open(app.url)
    shows(page, title="Counter one", count=0)
    click(page, "plus", "plus")
    shows(page, count=2)
    at(page, "typed").press_sequentially("half a sen")
    return page


def cut_off(one: Visitor, app: AppFolder, line: Line) -> Page:
    """Be at work when the connection breaks."""
    one.expects(BROKEN)
    page = at_work(one, app)
    line.cut()
    expect(page.get_by_text(LOST)).to_be_visible()
    return page


def end_logins(data: Path, name: str) -> None:
    """Let all logins of somebody be over, as time does: nobody tells the server."""

    async def end() -> None:
        core = open_core(data)
        user = await accounts.user_by_email(core, email(name))
        await accounts.end_logins(core, user.id)
        await core.close()

    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, end()).result()


def test_a_page_goes_on_after_its_connection_broke(
    production: Production,
    production_line: Line,
    person: Callable[..., Visitor],
    app: AppFolder,
) -> None:
    ada = person("Ada")
    production.install(ada.context, package(app, "one"))
    page = cut_off(person("Cyd", address=production_line.address), app, production_line)
    # What is done meanwhile arrives later, and in the version that was promoted meanwhile.
    click(page, "plus")
    app.edit("Counter one", "Counter two")
    production.install(ada.context, package(app, "two"))
    production_line.mend()
    shows(page, title="Counter two", count=3)
    expect(page.get_by_text(LOST)).to_have_count(0)
    expect(at(page, "typed")).to_have_value("half a sen")


def test_a_login_that_is_over_leads_to_the_login_page_and_back(
    production: Production,
    production_line: Line,
    person: Callable[..., Visitor],
    app: AppFolder,
) -> None:
    dan = person("Dan", address=production_line.address)
    production.install(person("Ada").context, package(app, "one"))
    page = cut_off(dan, app, production_line)
    end_logins(production.data, "Dan")
    dan.loads(2)
    production_line.mend()
    back = quote(app.url, safe="")
    expect(page).to_have_url(f"{production_line.address}/login?ended=ended&next={back}")
    fill_in(page, email=email("Dan"), password=PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    shows(page, title="Counter one", count=2)


def test_what_a_page_keeps_over_a_restart(
    production: Production,
    production_line: Line,
    person: Callable[..., Visitor],
    tmp_path: Path,
) -> None:
    """See the table in docs/apps.md, and test_keeping.py."""
    app = copy_app("acme/keeping", tmp_path / "source", "acme/kept_over_a_restart")
    ada, cyd = person("Ada"), person("Cyd")
    cyd.expects(BROKEN)
    production.install(ada.context, package(app, "one"))
    page = cyd.open(app.url)
    click(page, "do")
    kept = {"count": 1, "local": "local", "cookie": "cookie", "session": "session"}
    shows(page, **kept)
    click(page, "work", "look")
    shows(page, module=1, busy="true")
    at(page, "secret").fill("a secret")
    at(page, "body").fill("half a sentence")

    production.restart(while_down=lambda: expect(page.get_by_text(LOST)).to_be_visible())
    # The event that worked was cut, and the app puts its flag right.
    shows(page, busy="false", resumed=1, **kept)
    expect(at(page, "body")).to_have_value("half a sentence")
    expect(at(page, "secret")).to_have_value("a secret")
    expect(at(page, "body")).to_be_focused()
    click(page, "look")
    shows(page, module=0)
    cyd.reload(page)
    shows(page, busy="false", resumed=1, **kept)


def test_an_open_page_outlives_a_restart_of_the_server(
    production: Production,
    production_line: Line,
    person: Callable[..., Visitor],
    app: AppFolder,
    tmp_path: Path,
) -> None:
    ada, cyd = person("Ada"), person("Cyd")
    for one in (ada, cyd):
        one.expects(BROKEN)
    production.install(ada.context, package(app, "one"))
    page, looking = at_work(cyd, app), ada.open(f"/admin/apps/{app.id}")
    expect(at(looking, "state")).to_have_text("on")

    production.restart(while_down=lambda: expect(page.get_by_text(LOST)).to_be_visible())
    shows(page, title="Counter one", count=2)
    expect(page.get_by_text(LOST)).to_have_count(0)
    expect(at(page, "typed")).to_have_value("half a sen")
    click(page, "plus")
    shows(page, count=3)

    # It is as much an open page of this server as it was of the one before.
    expect(looking.get_by_text(LOST)).to_have_count(0)
    app.edit("Counter one", "Counter two")
    production.install(ada.context, package(app, "two"))
    shows(page, title="Counter two", count=3)
    expect(looking.locator("[data-version='2']")).to_contain_text("current")
