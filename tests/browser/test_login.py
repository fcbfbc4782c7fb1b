"""Signing in, in a browser: a production server on an empty data folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.support.pages import until
from tests.browser.support.production import PASSWORD, Production, email, fill_in
from tests.browser.support.watch import Visitor
from tests.support.servers import Forge

EMAIL = email("Ada")
# What a browser logs about a form that comes back with what is wrong.
REFUSED = r"the server responded with a status of (401|410|429)"


@pytest.fixture(scope="module")
def production(forge: Forge, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Production]:
    """A production server that nobody has set up yet."""
    running = Production(tmp_path_factory.mktemp("login"), forge=forge)
    yield running
    running.stop()


def sign_in(one: Visitor, page: Page, password: str = PASSWORD) -> None:
    """Sign in with the keyboard alone; the form, sent back or not, is one document."""
    if not page.locator("#email").input_value():
        expect(page.locator("#email")).to_be_focused()
        page.keyboard.type(EMAIL)
        page.keyboard.press("Tab")
    expect(page.locator("#password")).to_be_focused()
    page.keyboard.type(password)
    one.loads()
    page.keyboard.press("Enter")


def at_launcher(page: Page) -> None:
    expect(page.get_by_role("heading", name="Apps", exact=True)).to_be_visible()
    expect(page.get_by_text("No apps yet")).to_be_visible()


def test_from_the_first_start_to_a_locked_account(
    production: Production, person: Callable[..., Visitor]
) -> None:
    ada, other = person(), person()
    for one in (ada, other):
        one.expects(REFUSED)

    # Somebody without an account sees the login page only.
    page = ada.open("/dev")
    expect(page).to_have_title("Sign in · Graft")
    expect(page).to_have_url(f"{production.address}/login?next=/dev")

    # The link from the console makes the operator, once.
    link = production.set_up_link.removeprefix(production.address)
    page = ada.open(link, page)
    fill_in(page, organisation="Acme", name="Ada", email=EMAIL)
    fill_in(page, password=PASSWORD, password_again=PASSWORD)
    ada.loads()
    page.get_by_role("button", name="Set up and sign in").click()
    at_launcher(page)
    expect(other.open(link).get_by_role("heading")).to_have_text("This link no longer works")

    # Signing out, and in again where one wanted to go; a wrong password is told.
    ada.loads(2)
    page.get_by_role("link", name="Your account").click()
    expect(page.get_by_text("admin, operator")).to_be_visible()
    page.get_by_role("button", name="Sign out", exact=True).click()
    expect(page).to_have_url(f"{production.address}/login")
    page = ada.open("/apps/acme-counter?x=1", page)
    sign_in(ada, page, "a wrong password")
    expect(page.get_by_role("alert")).to_have_text("The e-mail address or the password is wrong.")
    sign_in(ada, page)
    expect(page).to_have_url(f"{production.address}/apps/acme-counter?x=1")
    expect(page.get_by_role("heading")).to_contain_text("There is no such app")

    # An open page in another browser is signed out from here, and says so by itself.
    elsewhere = other.open("/")
    sign_in(other, elsewhere)
    at_launcher(elsewhere)
    page = ada.open("/account", page)
    sessions = page.get_by_role("region", name="Where you are signed in").get_by_role("listitem")
    expect(sessions).to_have_count(2)
    ada.loads(2)
    other.loads()
    sessions.get_by_role("button", name="Sign out").click()
    # A change of the account comes with the password.
    expect(page.locator("#confirm-password")).to_be_focused()
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(sessions).to_have_count(1)
    expect(elsewhere).to_have_title("Sign in · Graft")
    expect(elsewhere.get_by_role("status")).to_contain_text("You were signed out")

    # Five wrong passwords, and even the right one has to wait; who is in stays in.
    for _ in range(5):
        sign_in(other, elsewhere, "a wrong password")
        expect(elsewhere.get_by_role("alert")).to_be_visible()
    sign_in(other, elsewhere)
    expect(elsewhere.get_by_role("alert")).to_contain_text("Too many attempts: try again in")
    at_launcher(ada.open("/", page))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_login_page_fits_a_narrow_screen_in_light_and_dark(
    person: Callable[..., Visitor], scheme: str
) -> None:
    one = person(viewport={"width": 320, "height": 600}, color_scheme=scheme)
    page = one.open("/login")
    expect(page.get_by_role("button", name="Sign in")).to_be_in_viewport()
    until(page, "document.documentElement.scrollWidth <= window.innerWidth")
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    levels = [int(part) for part in background.removeprefix("rgb(").removesuffix(")").split(",")]
    assert (max(levels) < 64) is (scheme == "dark")
