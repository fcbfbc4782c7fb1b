"""Apps on an origin of their own: signing in, sockets, files, links to and fro, signing out."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.support.elsewhere import REFUSED, TILE, is_refused, is_shown, serve_images
from tests.browser.support.folders import AppFolder, copy_app
from tests.browser.support.pages import at, click, shows
from tests.browser.support.production import PASSWORD, Production, email, grant, package
from tests.browser.support.watch import Visitor
from tests.support.servers import Forge

# What a script of an app tries with the core's origin, which it knows.
REACHING = """async (core) => {
  const tried = [
    [`${core}/api/v1/users`, { credentials: "include" }],
    [`${core}/api/v1/tokens`, { credentials: "include", method: "POST", body: "{}" }],
    [`${core}/account`, { credentials: "include" }],
    ["/api/v1/tokens", { method: "POST", body: "{}" }],
    ["/account/tokens", { method: "POST", body: "{}" }],
  ];
  const told = [];
  for (const [address, options] of tried) {
    told.push(await fetch(address, options).then((answer) => answer.status, (error) => error.name));
  }
  return told;
}"""


@pytest.fixture(scope="module")
def production(forge: Forge, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Production]:
    """A production server with two names."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    names = {
        "GRAFT_URL": f"http://localhost:{port}",
        "GRAFT_APPS_ORIGIN": f"http://apps.localhost:{port}",
    }
    folder = tmp_path_factory.mktemp("origins")
    running = Production(folder, port=port, environment=names, forge=forge)
    running.populate()
    yield running
    running.stop()


@pytest.fixture
def apart(production: Production) -> str:
    """The origin of apps."""
    return production.address.replace("localhost", "apps.localhost")


@pytest.fixture
def app(request: pytest.FixtureRequest, tmp_path: Path) -> AppFolder:
    """An app under an id of the test's own."""
    name = request.node.name.removeprefix("test_")[:24].strip("_")
    return copy_app("acme/counter", tmp_path / "source", f"acme/{name}")


def sign_in(page: Page, name: str) -> None:
    """Sign in at the login page."""
    page.locator("#email").fill(email(name))
    page.locator("#password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def test_an_app_is_opened_and_left_from_the_launcher(
    production: Production, person: Callable[..., Visitor], app: AppFolder, apart: str
) -> None:
    production.install(person("Ada").context, package(app, "one"))
    cyd = person("Cyd")
    page = cyd.open("/")
    tile = page.locator(f"[href='{apart}{app.url}']")
    tile.click()
    shows(page, title="Counter one", count=0)
    expect(page).to_have_url(f"{apart}{app.url}")
    click(page, "plus")
    shows(page, count=1)
    cyd.loads()
    page.get_by_role("link", name="All apps").click()
    expect(page).to_have_url(f"{production.address}/")
    expect(tile).to_be_visible()
    page.go_back()
    shows(page, title="Counter one")
    # An address of the core's origin leads there, too.
    page.goto(production.address + app.url)
    expect(page).to_have_url(f"{apart}{app.url}")
    shows(page, title="Counter one")


def test_a_deep_link_leads_there_after_signing_in_and_signing_out_ends_both(
    production: Production, person: Callable[..., Visitor], app: AppFolder, apart: str
) -> None:
    production.install(person("Ada").context, package(app, "one"))
    dan = person()
    page = dan.context.new_page()
    dan.loads()
    page.goto(f"{apart}{app.url}?from=mail")
    expect(page).to_have_title("Sign in · Graft")
    assert page.url.startswith(production.address)
    sign_in(page, "Dan")
    expect(page).to_have_url(f"{apart}{app.url}?from=mail")
    shows(page, title="Counter one")
    page.evaluate("() => caches.open('kept by an app')")

    account = dan.open("/account")
    dan.loads(2)
    account.get_by_role("button", name="Sign out", exact=True).click()
    expect(account).to_have_title("Sign in · Graft")
    # The open page of the app says so by itself, and leads back after signing in again.
    expect(page).to_have_title("Sign in · Graft")
    sign_in(page, "Dan")
    shows(page, title="Counter one")
    # What apps kept on their origin is gone, whoever comes next.
    page.wait_for_function("() => caches.keys().then((names) => names.length === 0)")


def test_a_script_of_an_app_does_not_reach_the_core(
    production: Production, person: Callable[..., Visitor], app: AppFolder, apart: str
) -> None:
    ada = person("Ada")
    ada.expects(r"CORS policy|ERR_FAILED|status of 40[34]|Content Security Policy|violates")
    production.install(ada.context, package(app, "one"))
    page = ada.context.new_page()
    page.goto(apart + app.url)
    shows(page, title="Counter one")
    assert page.evaluate(REACHING, production.address) == ["TypeError"] * 3 + [404, 404]
    # The zone of its clock is the page's own to tell; who is signed in is no script's business.
    cookies = page.evaluate("() => document.cookie")
    assert [one.partition("=")[0] for one in cookies.split("; ")] == ["graft_zone"]
    for path in ("/admin/users", "/account", "/"):
        ada.loads()
        page.goto(apart + path)
        expect(page).to_have_url(production.address + path)


def test_an_admin_previews_on_the_origin_of_apps(
    production: Production, person: Callable[..., Visitor], app: AppFolder, apart: str
) -> None:
    ada = person("Ada")
    production.install(ada.context, package(app, "one"))
    app.edit("Counter one", "Counter two")
    number = production.install(ada.context, package(app, "two"), promote=False)
    page = ada.open(f"/admin/apps/{app.id}")
    page.get_by_role("button", name=f"Preview version {number}").click()
    page.get_by_role("button", name="Start the preview").click()
    link = at(page, "link")
    expect(link).to_be_visible()
    address = link.input_value()
    assert address.startswith(f"{apart}{app.url}?preview=")
    page.goto(address)
    shows(page, title="Counter two")
    page.goto(address.replace(apart, production.address))
    expect(page).to_have_url(address)
    shows(page, title="Counter two")


def test_a_static_app_and_its_files_are_there(
    production: Production, person: Callable[..., Visitor], tmp_path: Path, apart: str
) -> None:
    site = copy_app("acme/site", tmp_path / "source", "acme/site")
    production.install(person("Ada").context, package(site, "site"))
    cyd = person("Cyd")
    page = cyd.open("/")
    page.locator(f"[href='{apart}{site.url}']").click()
    shows(page, title="Site one", path=site.url)
    expect(page).to_have_url(apart + site.url)


def test_an_app_that_loads_from_other_servers_is_a_document_of_its_own_there(
    production: Production,
    person: Callable[..., Visitor],
    app: AppFolder,
    tmp_path: Path,
    apart: str,
) -> None:
    ada = person("Ada")
    maps = copy_app("acme/elsewhere", tmp_path / "source", "acme/maps")
    maps.edit("/apps/acme-counter", app.url)
    app.edit('rx.text(greeting(), id="greeting")', f'rx.link("To", href="{maps.url}", id="to")')
    production.install(ada.context, package(app, "one"))
    number = production.install(ada.context, package(maps, "maps"), promote=False)
    grant(production, ada.context, maps.id, TILE)
    production.change(ada.context, maps.id, "promote", number=number)

    cyd = person("Cyd")
    cyd.expects(REFUSED)
    serve_images(cyd.context)
    page = cyd.open("/")
    page.locator(f"[href='{apart}{app.url}']").click()
    click(page, "to")
    expect(page).to_have_url(f"{apart}{maps.url}")
    is_shown(page, "tile")
    is_refused(page, "other")
    click(page, "away")
    shows(page, title="Counter one")
    cyd.loads()
    page.get_by_role("link", name="All apps").click()
    expect(page).to_have_url(f"{production.address}/")
