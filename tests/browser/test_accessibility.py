"""Pages of the core as axe-core sees them: names of controls, contrast, landmarks, headings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser.support.folders import copy_app
from tests.browser.support.production import Production, package
from tests.browser.support.watch import Visitor

APP = "/admin/apps/acme/accessible"
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
# The page has the scheme, and no color is on its way to another.
IS_PAINTED = """(scheme) =>
  getComputedStyle(document.documentElement).colorScheme.includes(scheme) &&
  !document.getAnimations().some((each) => each.playState === "running")"""
# Path, what is there when the page is complete, and the tab to open.
PAGES = {
    "launcher": ("/", "Apps", ""),
    "account": ("/account", "Where you are signed in", ""),
    "apps": ("/admin/apps", "Installed apps", ""),
    "versions": (APP, "Watched", ""),
    "access": (APP, "Watched", "Access"),
    "use": (APP, "Watched", "Use"),
    "log": (APP, "Watched", "Log"),
    "history": (APP, "Watched", "History"),
    "missing": ("/admin/apps/no/such", "There is no such app", ""),
    "users": ("/admin/users", "Invite somebody", ""),
    "nodes": ("/admin/nodes", "Apps that fail", ""),
    "audit": ("/admin/audit", "Audit log", ""),
}


@pytest.fixture(scope="module")
def _installed(
    production: Production, browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """An app with errors, which shows its red parts."""
    folder = tmp_path_factory.mktemp("accessible")
    app = copy_app("acme/watched", folder / "source", "acme/accessible")
    app.edit('url = "acme-watched"', 'url = "acme-accessible"')
    context = browser.new_context()
    production.sign_in(context, "Ada")
    production.install(context, package(app, "accessible"))
    production.open_to_everybody(context, app.id)
    page = context.new_page()
    page.goto(f"{production.address}/apps/acme-accessible")
    for button in ("say", "warn", "fail", "say"):
        page.locator(f"#{button}").click()
    expect(page.locator("#said")).to_have_text("3")
    context.close()


def violations(page: Page) -> list[str]:
    """Return what axe-core finds, of any weight, light and dark: the scheme, rule and element.

    A page follows the system while it is open, so nothing has to be loaded for the other scheme.
    """
    told = []
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        page.wait_for_function(IS_PAINTED, arg=scheme, polling=50)
        found = Axe().run(page).response["violations"]
        told += [
            f"{scheme}: {rule['id']}: {node['html']}" for rule in found for node in rule["nodes"]
        ]
    return told


@pytest.mark.usefixtures("_installed")
@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_no_violations(person: Callable[..., Visitor], name: str) -> None:
    path, complete, tab = PAGES[name]
    page = person("Ada").open(path)
    expect(page.get_by_role("heading", name=complete, exact=True).first).to_be_visible()
    expect(page.get_by_role("status", name="Loading")).to_have_count(0)
    if tab:
        page.get_by_role("tab", name=tab).click()
        expect(page.get_by_role("tabpanel", name=tab)).to_be_visible()
    if tab == "Use":
        expect(page.get_by_role("list", name="Errors")).to_contain_text("this fails")
    if tab == "Log":
        expect(page.get_by_role("log")).to_contain_text("careful")
    assert violations(page) == []


def test_the_login_page_has_no_violations(person: Callable[..., Visitor]) -> None:
    page = person().open("/login")
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    assert violations(page) == []


def test_what_somebody_sees_who_may_not_has_no_violations(person: Callable[..., Visitor]) -> None:
    page = person("Cyd").open("/admin/apps")
    expect(page.get_by_text("This is for administrators")).to_be_visible()
    assert violations(page) == []


@pytest.mark.usefixtures("_installed")
def test_questions_and_choices_have_no_violations(person: Callable[..., Visitor]) -> None:
    page = person("Ada").open(APP)
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("alertdialog")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("tab", name="Access").click()
    page.get_by_role("button", name="Change who sees the app").click()
    page.get_by_role("radio", name="Only users of certain organisations").click()
    page.get_by_role("button", name="Add Acme").click()
    page.get_by_role("radio", name="Chosen users").click()
    page.get_by_label("Search users of Acme").fill("ben")
    expect(page.get_by_role("checkbox", name="Ben")).to_be_visible()
    assert violations(page) == []
