"""What a page keeps, and what was typed on it: over a new version, a rollback, off and on, and the
end of a login. docs/apps.md promises it in a table.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.support.folders import AppFolder, copy_app
from tests.browser.support.pages import at, click, shows
from tests.browser.support.production import PASSWORD, Production, email, package
from tests.browser.support.watch import Visitor

KEPT = {"count": 1, "local": "local", "cookie": "cookie", "session": "session"}
CUT = {"busy": "false", "resumed": 1}


@pytest.fixture
def app(tmp_path: Path, request: pytest.FixtureRequest) -> AppFolder:
    """The source of an app, on the developer's machine."""
    name = request.node.name.removeprefix("test_").partition("[")[0][:40].rstrip("_")
    return copy_app("acme/keeping", tmp_path / "source", f"acme/{name}")


@pytest.fixture
def ada(production: Production, person: Callable[..., Visitor], app: AppFolder) -> Visitor:
    """The operator, who installed the app."""
    visitor = person("Ada")
    production.install(visitor.context, package(app, "one"))
    return visitor


def typing(page: Page) -> None:
    """Do something on the page, and begin to type."""
    shows(page, title="Keeping one", count=0)
    click(page, "do")
    shows(page, **KEPT)
    click(page, "work")
    shows(page, busy="true", resumed=0)
    at(page, "secret").fill("a secret")
    at(page, "shout").fill("loud")
    at(page, "choice").select_option("two")
    at(page, "tick").check()
    at(page, "level").fill("80")
    page.locator("[name=size]").nth(1).check()
    page.locator("[name=line]").nth(0).fill("first line")
    page.locator("[name=line]").nth(1).fill("second line")
    at(page, "body").fill("half a sentence")


def typed(page: Page, *, secret: str = "") -> None:
    """Expect what `typing` typed."""
    expect(at(page, "body")).to_have_value("half a sentence")
    expect(at(page, "shout")).to_have_value("loud")
    expect(at(page, "secret")).to_have_value(secret)
    expect(at(page, "choice")).to_have_value("two")
    expect(at(page, "tick")).to_be_checked()
    expect(at(page, "level")).to_have_value("80")
    expect(page.locator("[name=size]").nth(1)).to_be_checked()
    expect(page.locator("[name=line]").nth(0)).to_have_value("first line")
    expect(page.locator("[name=line]").nth(1)).to_have_value("second line")


def nothing_typed(page: Page) -> None:
    shows(page, title="Keeping one", count=0)
    expect(at(page, "body")).to_have_value("")


def sign_in(visitor: Visitor, page: Page, name: str = "Cyd") -> None:
    page.locator("#email").fill(email(name))
    page.locator("#password").fill(PASSWORD)
    visitor.loads()
    page.get_by_role("button", name="Sign in").click()


def end_elsewhere(production: Production, elsewhere: Visitor) -> None:
    """Sign somebody out of all browsers but this one."""
    answer = elsewhere.context.request.post(
        f"{production.address}/account/sessions/end",
        form={"id": "others", "confirm_password": PASSWORD},
        headers={"origin": production.address},
    )
    assert answer.ok, answer.text()


def test_off_and_on(
    production: Production, person: Callable[..., Visitor], ada: Visitor, app: AppFolder
) -> None:
    page = person("Cyd").open(app.url)
    typing(page)
    production.change(ada.context, app.id, "disable")
    expect(page.get_by_role("heading")).to_have_text("Keeping is switched off")
    production.change(ada.context, app.id, "enable")
    shows(page, title="Keeping one", **KEPT, **CUT)
    typed(page, secret="a secret")
    expect(at(page, "body")).to_be_focused()
    click(page, "look")
    shows(page, module=1)


def test_a_new_version_and_a_rollback(
    production: Production, person: Callable[..., Visitor], ada: Visitor, app: AppFolder
) -> None:
    page = person("Cyd").open(app.url)
    typing(page)
    app.edit("Keeping one", "Keeping two")
    production.install(ada.context, package(app, "two"))
    shows(page, title="Keeping two", **KEPT, busy="true", resumed=0)
    typed(page, secret="a secret")
    click(page, "look")
    shows(page, module=0)
    click(page, "do", "look")
    shows(page, module=1)
    production.change(ada.context, app.id, "rollback")
    # What began two versions ago is cut.
    shows(page, title="Keeping one", **{**KEPT, "count": 2}, **CUT)
    typed(page, secret="a secret")
    click(page, "look")
    shows(page, module=0)


def test_a_login_that_was_ended_elsewhere(
    production: Production, person: Callable[..., Visitor], ada: Visitor, app: AppFolder
) -> None:
    cyd, elsewhere = person("Cyd"), person("Cyd")
    page = cyd.open(app.url)
    typing(page)
    cyd.loads()
    end_elsewhere(production, elsewhere)
    expect(page.get_by_role("status")).to_contain_text("You were signed out")
    sign_in(cyd, page)
    shows(page, title="Keeping one", **KEPT, **CUT)
    typed(page)
    click(page, "look")
    shows(page, module=1)
    cyd.reload(page)  # it is given back once
    shows(page, title="Keeping one", **KEPT, **CUT)
    expect(at(page, "body")).to_have_value("")


def test_somebody_else_signs_in_there(
    production: Production, person: Callable[..., Visitor], ada: Visitor, app: AppFolder
) -> None:
    cyd, elsewhere = person("Cyd"), person("Cyd")
    page = cyd.open(app.url)
    typing(page)
    cyd.loads()
    end_elsewhere(production, elsewhere)
    expect(page.get_by_role("status")).to_be_visible()
    sign_in(cyd, page, "Dan")
    nothing_typed(page)
    shows(page, local="local", cookie="cookie", session="session")  # the browser's, not Cyd's
    assert page.evaluate("sessionStorage.getItem('graft.typed')") is None


def test_signing_out_on_purpose(
    production: Production, person: Callable[..., Visitor], ada: Visitor, app: AppFolder
) -> None:
    cyd = person("Cyd")
    page, account = cyd.open(app.url), cyd.open("/account")
    typing(page)
    cyd.loads(2)
    account.get_by_role("button", name="Sign out", exact=True).click()
    expect(page.get_by_role("status")).to_be_visible()
    expect(account.get_by_role("heading")).to_have_text("Sign in")
    sign_in(cyd, page)
    shows(page, title="Keeping one", **KEPT)
    expect(at(page, "body")).to_have_value("")
    assert page.evaluate("sessionStorage.getItem('graft.typed')") is None
