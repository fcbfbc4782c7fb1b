"""Service workers of static apps: what they are good for, and when they end."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.support.folders import AppFolder, copy_app
from tests.browser.support.production import Production, package
from tests.browser.support.watch import Visitor

INDEX = """<!doctype html>
<html lang="en">
  <head>
    <title>Worker</title><link rel="icon" href="/favicon.svg"><base href="/apps/acme-worker/">
  </head>
  <body><h1>From the server</h1></body>
</html>
"""
# It says that it answers everything itself, pages first of all.
WORKER = """
self.addEventListener("install", (event) => {
  self.skipWaiting();
  event.waitUntil(caches.open("worker").then((cache) => cache.add("./")));
});
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.onfetch = (event) => {
  const html = { headers: { "content-type": "text/html" } };
  if (event.request.mode === "navigate") event.respondWith(new Response("<h1>Kept</h1>", html));
  if (event.request.url.endsWith("/data")) event.respondWith(new Response("from the worker"));
};
"""
REGISTER = """async ([script, options]) => {
  try {
    await navigator.serviceWorker.register(script, options);
  } catch (error) {
    return error.name;
  }
  const controlled = new Promise((done) => { navigator.serviceWorker.oncontrollerchange = done; });
  const late = new Promise((done) => setTimeout(() => done("too late"), 10_000));
  if (navigator.serviceWorker.controller) return "registered";
  return Promise.race([controlled.then(() => "registered"), late]);
}"""
REGISTERED = "async () => (await navigator.serviceWorker.getRegistrations()).length"
NONE_LEFT = "() => navigator.serviceWorker.getRegistrations().then((found) => found.length === 0)"

# As the browser does from time to time. Again and again, since a look that began before a change on
# the server still finds what was there, and looks at the same time are one.
LOOKS_FOR_UPDATES = """() => {
  const look = async () => (await navigator.serviceWorker.getRegistration())?.update();
  setInterval(() => look().catch(() => {}), 500);
}"""


@pytest.fixture
def app(tmp_path: Path) -> AppFolder:
    """The source of a static app with workers."""
    made = copy_app("acme/site", tmp_path / "source", "acme/worker")
    made.write(INDEX, "dist/index.html")
    made.write(WORKER, "dist/worker.js")
    return made


@pytest.fixture
def using(production: Production, person: Callable[..., Visitor], app: AppFolder) -> Visitor:
    """Somebody who uses the app, which is installed."""
    ada = person("Ada")
    production.install(ada.context, package(app, "worker"))
    production.change(ada.context, app.id, "enable")
    return person("Cyd")


def address(app: AppFolder) -> str:
    """Return the address of the app that its worker answers for."""
    return f"{app.url}/"


def heading(page: Page, text: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(text)


def opened(one: Visitor, app: AppFolder) -> Page:
    """Open the app, and let it register its worker."""
    page = one.open(address(app))
    heading(page, "From the server")
    assert page.evaluate(REGISTER, ["worker.js", {}]) == "registered"
    assert page.evaluate("async () => (await fetch('data')).text()") == "from the worker"
    return page


def test_the_server_says_which_page_is_shown_though_a_worker_is_registered(
    production: Production,
    person: Callable[..., Visitor],
    app: AppFolder,
    using: Visitor,
) -> None:
    page = opened(using, app)
    using.reload(page)
    heading(page, "From the server")

    ada = person("Ada")
    production.change(ada.context, app.id, "disable")
    using.open(address(app), page)
    heading(page, "Site is switched off")
    page.wait_for_function(NONE_LEFT)

    # The page that says so comes back by itself.
    using.loads(or_more=True)
    production.change(ada.context, app.id, "enable")
    heading(page, "From the server")


def test_without_a_connection_a_page_that_the_app_kept_is_shown(
    using: Visitor, app: AppFolder
) -> None:
    page = opened(using, app)
    using.expects("ERR_INTERNET_DISCONNECTED")
    using.context.set_offline(True)
    using.reload(page)
    heading(page, "From the server")
    using.context.set_offline(False)


def test_a_worker_of_an_app_that_was_switched_off_ends_itself_and_its_page_says_so(
    production: Production, person: Callable[..., Visitor], app: AppFolder, using: Visitor
) -> None:
    page = opened(using, app)
    production.change(person("Ada").context, app.id, "disable")
    using.loads()
    page.evaluate(LOOKS_FOR_UPDATES)
    heading(page, "Site is switched off")
    page.wait_for_function(NONE_LEFT)


def test_signing_out_ends_workers_and_what_they_kept(
    production: Production, app: AppFolder, using: Visitor
) -> None:
    page = opened(using, app)
    page.evaluate("() => localStorage.setItem('mine', 'stays')")
    using.open("/account", page)
    using.loads()
    page.get_by_role("button", name="Sign out", exact=True).click()
    expect(page).to_have_title("Sign in · Graft")
    page.wait_for_function(NONE_LEFT)
    page.wait_for_function("() => caches.keys().then((names) => names.length === 0)")
    assert page.evaluate("() => localStorage.getItem('mine')") == "stays"
    using.open(address(app), page)
    expect(page).to_have_url(f"{production.address}/login?next={app.url}/")


def test_whoever_is_not_signed_in_any_more_sees_the_login_page_and_no_kept_one(
    app: AppFolder, using: Visitor
) -> None:
    page = opened(using, app)
    using.context.clear_cookies()
    using.open(address(app), page)
    expect(page).to_have_title("Sign in · Graft")
    page.wait_for_function(NONE_LEFT)


def test_no_worker_reaches_beyond_its_app(using: Visitor, app: AppFolder) -> None:
    using.expects(r"not under the max scope|bad HTTP response code \(403\)|status of 40[34]")
    using.expects("unsupported MIME type")
    page = using.open(address(app))
    heading(page, "From the server")
    for scope in ("/", "/apps/", "/apps/acme-worker", "/apps/acme-work", "/admin/"):
        assert page.evaluate(REGISTER, ["worker.js", {"scope": scope}]) == "SecurityError", scope
    for script in ("/colors.css", "/assets/scrolling.css", "/files/x"):
        assert page.evaluate(REGISTER, [script, {}]) in ("SecurityError", "TypeError"), script
    assert page.evaluate(REGISTERED) == 0
