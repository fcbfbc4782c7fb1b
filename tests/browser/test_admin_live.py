"""Watching an app on its admin page: what comes as it happens, to whom, and when it is fetched."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, Request, Response, expect

from tests.browser.support.folders import AppFolder, copy_app
from tests.browser.support.pages import at, click
from tests.browser.support.production import Production, confirm, package
from tests.browser.support.watch import Visitor


@pytest.fixture
def app(request: pytest.FixtureRequest, tmp_path: Path) -> AppFolder:
    """An app with things to watch, under an id of the test's own."""
    name = request.node.name.removeprefix("test_")[:24].strip("_")
    made = copy_app("acme/watched", tmp_path / "source", f"acme/{name}")
    made.edit('url = "acme-watched"', f'url = "{made.url.removeprefix("/apps/")}"')
    return made


def installed(production: Production, ada: Visitor, app: AppFolder, tab: str) -> Page:
    """Install the app, and open a tab of its admin page."""
    production.install(ada.context, package(app, "one"))
    page = ada.open(f"/admin/apps/{app.id}")
    page.get_by_role("tab", name=tab).click()
    return page


def log_requests(page: Page) -> list[Request]:
    """Return a list that grows by each request for the log."""
    made: list[Request] = []
    page.on("request", lambda request: made.append(request) if "/logs?" in request.url else None)
    return made


def test_the_log_follows_and_is_filtered(
    production: Production, person: Callable[..., Visitor], app: AppFolder
) -> None:
    ada, cyd = person("Ada"), person("Cyd")
    page = installed(production, ada, app, "Log")
    log = page.get_by_role("log")
    using = cyd.open(app.url)
    click(using, "say", "warn", "fail")
    for line in ("said", "careful", "event failed"):
        expect(log.get_by_text(line, exact=True)).to_be_visible()

    page.get_by_role("combobox", name="Level").click()
    page.get_by_role("option", name="Errors only").click()
    expect(log.get_by_text("event failed", exact=True)).to_be_visible()
    expect(log.get_by_text("careful", exact=True)).to_have_count(0)
    page.get_by_role("combobox", name="Level").click()
    page.get_by_role("option", name="All levels").click()
    page.get_by_label("Search lines").fill("CAREFUL number=2")
    expect(log.get_by_text("careful", exact=True)).to_have_count(0)
    page.get_by_label("Search lines").fill("careful")
    expect(log.get_by_text("careful", exact=True)).to_be_visible()
    expect(log.get_by_text("said", exact=True)).to_have_count(0)


def test_the_log_is_paused_cleared_and_copied(
    production: Production, person: Callable[..., Visitor], app: AppFolder
) -> None:
    ada, cyd = person("Ada"), person("Cyd")
    page = installed(production, ada, app, "Log")
    log = page.get_by_role("log")
    using = cyd.open(app.url)
    click(using, "say")
    expect(log.get_by_text("said", exact=True)).to_have_count(1)
    page.get_by_role("button", name="Pause").click()
    click(using, "say", "say")
    expect(page.get_by_text("2 new lines waiting")).to_be_visible()
    expect(log.get_by_text("said", exact=True)).to_have_count(1)
    page.get_by_role("button", name="Go on").click()
    expect(log.get_by_text("said", exact=True)).to_have_count(3)

    page.get_by_role("button", name="Copy").click()
    copied = str(page.evaluate("navigator.clipboard.readText()"))
    assert copied.count('"said"') == 3
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    assert download.value.path().read_text("utf-8") == copied
    page.get_by_role("button", name="Clear view").click()
    expect(log.get_by_text("said", exact=True)).to_have_count(0)
    click(using, "say")
    expect(log.get_by_text("said", exact=True)).to_have_count(1)


def test_a_log_is_not_asked_for_while_its_tab_is_closed(
    production: Production, person: Callable[..., Visitor], app: AppFolder
) -> None:
    ada = person("Ada")
    production.install(ada.context, package(app, "one"))
    page = ada.context.new_page()
    asked = log_requests(page)
    ada.open(f"/admin/apps/{app.id}", page)
    expect(page.get_by_role("tab", name="Log")).to_be_visible()
    assert asked == []
    with page.expect_event("requestfailed", lambda request: "/logs?" in request.url) as ended:
        page.get_by_role("tab", name="Log").click()
        expect(page.get_by_text("Nothing was logged yet.")).to_be_visible()
        page.get_by_role("tab", name="History").click()
    assert ended.value in asked
    assert len(asked) == 1


def test_who_may_not_see_an_app_gets_nothing_of_its_log(
    production: Production, person: Callable[..., Visitor], app: AppFolder
) -> None:
    ada, cyd = person("Ada"), person("Cyd")
    production.install(ada.context, package(app, "one"))
    for what in ("logs?follow=true", "errors", "usage"):
        answer = cyd.context.request.get(f"{cyd.address}/api/v1/apps/{app.id}/{what}")
        assert answer.status in (403, 404), what


def test_the_library_of_the_charts_is_fetched_with_the_tab(
    production: Production, person: Callable[..., Visitor], app: AppFolder
) -> None:
    ada = person("Ada")
    production.install(ada.context, package(app, "one"))
    page = ada.context.new_page()
    scripts: list[Response] = []
    page.on("response", lambda found: scripts.append(found) if ".js" in found.url else None)
    ada.open(f"/admin/apps/{app.id}", page)
    expect(page.get_by_role("tab", name="Use")).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert not [script.url for script in scripts if b"recharts" in script.body()]
    page.get_by_role("tab", name="Use").click()
    expect(page.locator(".recharts-surface").first).to_be_visible()
    assert [script.url for script in scripts if b"recharts" in script.body()]


def test_use_and_errors_appear_by_themselves_and_errors_are_cleared(
    production: Production, person: Callable[..., Visitor], app: AppFolder
) -> None:
    ada, cyd = person("Ada"), person("Cyd")
    page = installed(production, ada, app, "Use")
    expect(at(page, "total-opens")).to_have_text("None.")
    using = cyd.open(app.url)
    click(using, "fail")
    errors = page.get_by_role("list", name="Errors")
    expect(errors).to_contain_text("ValueError: this fails")
    expect(errors).to_contain_text("1 time")
    expect(at(page, "total-opens")).to_have_text("1 in all, at most 1 in one minute.")
    expect(page.get_by_role("region", name="Users now")).to_contain_text("Cyd")
    errors.get_by_text("Traceback", exact=True).click()
    expect(errors).to_contain_text("raise ValueError")
    page.get_by_role("button", name="Clear the errors").click()
    confirm(page, "is emptied for everybody")
    expect(errors).to_have_count(0)
