"""What a page of an app can do in its viewer's name, and how people confirm that it is them."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.support.folders import AppFolder, copy_app
from tests.browser.support.pages import at, shows
from tests.browser.support.production import PASSWORD, Production, package
from tests.browser.support.watch import Visitor

# What an app's script sends, with the cookie of whoever looks at it.
FORGED = """async () => {
  const token = { name: "theirs", scopes: ["users:admin"], days: 30 };
  const json = (body) => ({ method: "POST", body: JSON.stringify(body),
                            headers: { "content-type": "application/json" } });
  const form = new URLSearchParams([["name", "theirs"], ["scope", "users:admin"], ["days", "30"]]);
  const answers = [
    await fetch("/api/v1/tokens", json(token)),
    await fetch("/api/v1/users/invitations", json({ role: "operator" })),
    await fetch("/account/tokens", { method: "POST", body: form }),
  ];
  return Promise.all(answers.map(async (answer) => [answer.status, await answer.text()]));
}"""
FRAMED = """async (path) => {
  const frame = document.createElement("iframe");
  const loaded = new Promise((resolve) => { frame.onload = resolve; });
  frame.src = path;
  document.body.append(frame);
  await loaded;
  try { return frame.contentDocument?.body?.innerText ?? null; } catch { return null; }
}"""


@pytest.fixture
def app(tmp_path: Path) -> AppFolder:
    """The source of an app, on the developer's machine."""
    return copy_app("acme/counter", tmp_path / "source", "acme/confirming")


def picture(page: Page, name: str) -> None:
    """Keep a picture of a page where somebody wants to look at it."""
    folder = os.environ.get("GRAFT_PICTURES")
    if folder:
        page.screenshot(path=f"{folder}/{name}.png")


def test_a_page_of_an_app_changes_nothing_in_the_name_of_who_looks_at_it(
    production: Production, person: Callable[..., Visitor], app: AppFolder
) -> None:
    ada = person("Ada")
    ada.expects(r"status of 403|frame-ancestors|X-Frame-Options|ERR_BLOCKED_BY_RESPONSE")
    production.install(ada.context, package(app, "one"))
    page = ada.open(app.url)
    shows(page, title="Counter one")
    token, invitation, account = page.evaluate(FORGED)
    for status, text in (token, invitation):
        assert status == 403
        assert "Confirmation needed" in text
    assert account[0] == 200
    assert "Confirm that it is you" in account[1]
    assert "graft_" not in account[1]
    answer = ada.context.request.get(f"{production.address}/api/v1/tokens")
    assert "theirs" not in answer.text()

    for path in ("/admin/users", "/account", "/"):
        assert page.evaluate(FRAMED, path) in (None, "")

    # A window of one of these pages is in nobody's hands.
    ada.loads()
    with page.expect_popup() as opened:
        page.evaluate("() => { window.theirs = window.open('/account'); }")
    expect(opened.value.get_by_role("heading", name="Ada")).to_be_visible()
    page.wait_for_function("() => window.theirs.closed")
    assert opened.value.evaluate("() => window.opener") is None


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_change_goes_on_when_its_asker_has_confirmed(
    production: Production, person: Callable[..., Visitor], scheme: str
) -> None:
    narrow = {"width": 360, "height": 700} if scheme == "dark" else {"width": 1200, "height": 900}
    ada = person("Ada", answers=False, color_scheme=scheme, viewport=narrow)
    page = ada.open("/admin/users")
    email = f"{scheme}@example.com"
    page.get_by_label("E-mail address of whoever").fill(email)
    page.get_by_role("button", name="Make a link").click()
    field = at(page, "confirm-password")
    expect(field).to_be_focused()
    picture(page, f"confirm-{scheme}")
    page.keyboard.type("a wrong one")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("The password is wrong.")
    expect(field).to_have_value("")
    expect(field).to_be_focused()
    picture(page, f"confirm-wrong-{scheme}")

    # Leaving it keeps what was typed; the same button asks again, and then it is done.
    page.keyboard.press("Escape")
    expect(field).to_have_count(0)
    expect(page.get_by_label("E-mail address of whoever")).to_have_value(email)
    page.get_by_role("button", name="Make a link").click()
    field.fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(at(page, "invitation")).to_be_visible()
    expect(page.get_by_label("E-mail address of whoever")).to_have_value("")
    expect(field).to_have_count(0)

    # For some minutes it is enough.
    page.get_by_label("E-mail address of whoever").fill(f"second-{email}")
    page.get_by_role("button", name="Make a link").click()
    expect(page.get_by_text(f"second-{email}")).to_be_visible()
    expect(field).to_have_count(0)


def test_admin_pages_are_in_a_document_that_ran_no_app(
    production: Production, person: Callable[..., Visitor], app: AppFolder
) -> None:
    ada = person("Ada")
    production.install(ada.context, package(app, "one"))
    page = ada.open(f"/admin/apps/{app.id}")
    page.evaluate("() => { window.mark = 'first'; }")
    page.get_by_role("link", name="Open the app").click()
    shows(page, title="Counter one")
    assert page.evaluate("() => window.mark") == "first"
    ada.loads()
    page.go_back()
    page.wait_for_function("() => window.mark === undefined")
    expect(page.get_by_role("link", name="Open the app")).to_be_visible()
