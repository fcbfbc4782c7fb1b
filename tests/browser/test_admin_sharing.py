"""Choosing who sees an app, and who looks at it meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.support.folders import AppFolder, copy_app
from tests.browser.support.pages import at, shows
from tests.browser.support.production import Production, confirm, package
from tests.browser.support.watch import Visitor


@pytest.fixture
def app(request: pytest.FixtureRequest, tmp_path: Path) -> AppFolder:
    """An app under an id of the test's own."""
    name = request.node.name.removeprefix("test_")[:24].strip("_")
    return copy_app("acme/counter", tmp_path / "source", f"acme/{name}")


def choosing(page: Page) -> None:
    """Begin to choose users of Acme, with the keyboard alone."""
    for role, name in (
        ("tab", "Access"),
        ("button", "Change who sees the app"),
        ("radio", "Only users of certain organisations"),
        ("button", "Add Acme"),
        ("radio", "Chosen users"),
    ):
        control = page.get_by_role(role, name=name)  # type: ignore[arg-type]
        control.focus()
        page.keyboard.press("Space" if role == "radio" else "Enter")
    search = page.get_by_label("Search users of Acme")
    search.focus()
    page.keyboard.type("cyd@")
    page.get_by_role("checkbox", name="Cyd").focus()
    page.keyboard.press("Space")
    expect(page.get_by_role("list", name="Chosen users of Acme")).to_contain_text("Cyd")


def test_an_app_is_taken_from_all_but_one(
    production: Production, person: Callable[..., Visitor], app: AppFolder
) -> None:
    ada, cyd, dan = person("Ada"), person("Cyd"), person("Dan")
    production.install(ada.context, package(app, "one"))
    production.open_to_everybody(ada.context, app.id)
    of_cyd, of_dan = cyd.open(app.url), dan.open(app.url)
    for one in (of_cyd, of_dan):
        shows(one, title="Counter one")
    page = ada.open(f"/admin/apps/{app.id}")
    choosing(page)
    expect(at(page, "consequence")).to_contain_text("1 person will be able to see the app")
    at(page, "save-sharing").click()
    confirm(page, "1 person with the app open loses it: Dan.")
    expect(at(page, "sharing")).to_have_text("1 chosen user of Acme.")
    expect(of_dan.get_by_role("heading", level=1)).to_have_text("There is no such app")
    shows(of_cyd, title="Counter one")


def test_what_another_administrator_did_meanwhile_is_shown_first(
    production: Production, person: Callable[..., Visitor], app: AppFolder
) -> None:
    ada = person("Ada")
    production.install(ada.context, package(app, "one"))
    production.open_to_everybody(ada.context, app.id)
    page, other = ada.open(f"/admin/apps/{app.id}"), ada.open(f"/admin/apps/{app.id}")
    choosing(page)
    other.get_by_role("tab", name="Access").click()
    other.get_by_role("button", name="Change who sees the app").click()
    other.get_by_role("radio", name="Only users of certain organisations").click()
    other.get_by_role("button", name="Add Acme").click()
    at(other, "save-sharing").click()
    confirm(other, "will be able to see the app")
    expect(page.get_by_role("alert").filter(has_text="Somebody changed this")).to_be_visible()
    # What was chosen is still there, and nothing is overwritten unseen.
    expect(page.get_by_role("list", name="Chosen users of Acme")).to_contain_text("Cyd")
    at(page, "save-sharing").click()
    at(page, "confirm").click()
    expect(at(page, "meanwhile")).to_contain_text("visibility by Ada")
    page.get_by_role("button", name="Cancel").last.click()
    expect(at(other, "sharing")).to_have_text("All users of Acme.")
