"""Settings of an installed app, as an administrator sets them in the browser."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.support.folders import AppFolder, copy_app
from tests.browser.support.pages import at, shows, until
from tests.browser.support.production import Production, confirm, package
from tests.browser.support.watch import Visitor

KEY = "sk_live_hunter22"
PEM = "-----BEGIN KEY-----\nhunter22pem\n-----END KEY-----"


def app_in(folder: Path, name: str) -> AppFolder:
    """The source of an app of its own."""
    return copy_app("acme/configured", folder / "source", f"acme/{name}")


def form(page: Page) -> Locator:
    """Open the form, with the keyboard alone."""
    tabs = {name: page.get_by_role("tab", name=name) for name in ("Versions", "Access", "Settings")}
    expect(tabs["Settings"]).to_be_visible()
    tabs["Versions"].focus()
    for name in ("Access", "Settings"):
        page.keyboard.press("ArrowRight")
        expect(tabs[name]).to_be_focused()
    expect(at(page, "settings-form")).to_be_visible()
    return at(page, "settings-form")


def field(page: Page, label: str) -> Locator:
    return page.get_by_label(label, exact=True)


def save(page: Page) -> None:
    at(page, "save-settings").click()


def saved(page: Page) -> None:
    """Save, and wait until it is."""
    save(page)
    expect(page.get_by_text("Saved. Open pages follow at once.").first).to_be_visible()
    expect(page.get_by_text("You have changes that are not saved.")).to_have_count(0)


def test_from_what_the_first_promotion_needs_to_a_change_in_open_pages(
    production: Production, person: Callable[..., Visitor], tmp_path: Path
) -> None:
    ada, cyd = person("Ada"), person("Cyd")
    app = app_in(tmp_path, "settings_first")
    production.install(ada.context, package(app, "one"), promote=False)
    frames: list[str] = []
    page = ada.context.new_page()
    page.on(
        "websocket",
        lambda socket: socket.on("framereceived", lambda data: frames.append(str(data))),
    )
    ada.open(f"/admin/apps/{app.id}", page)
    expect(page.get_by_text("needs settings that are not set: Mail server")).to_be_visible()

    # What is wrong is said at the field, which gets the focus; what was typed stays.
    form(page)
    host, port = field(page, "Mail server *"), field(page, "Port")
    expect(port).to_have_attribute("placeholder", "25")
    host.fill("no host")
    port.fill("70000")
    field(page, "Api key").fill(KEY)
    expect(page.get_by_text("You have changes that are not saved.")).to_be_visible()
    page.keyboard.press("Enter")
    expect(at(page, "error-host")).to_have_text("A host has no blanks in its name.")
    expect(at(page, "error-port")).to_have_text("Input should be less than or equal to 65535.")
    expect(at(page, "wrong-settings")).to_contain_text("Mail server, Port")
    expect(host).to_be_focused()
    expect(host).to_have_attribute("aria-invalid", "true")
    expect(host).to_have_accessible_description(
        "Takes the mail that the app sends. A host has no blanks in its name."
    )
    expect(field(page, "Api key")).to_have_value(KEY)

    # Every kind of field.
    host.fill("mail.example.org")
    port.fill("26")
    field(page, "Level").select_option("high")
    field(page, "Debug").select_option("Yes")
    field(page, "Recipients").fill("ada@example.org\nben@example.org")
    field(page, "Starts").fill("2026-12-31")
    field(page, "Ratio").fill("0.75")
    field(page, "Quota").fill('{"pages": 3}')
    field(page, "Private key").fill(PEM)
    page.get_by_label("Set to an empty text (Greeting)").check()
    saved(page)
    expect(page.get_by_text("needs settings that are not set")).to_have_count(0)
    answer = page.request.get(f"{production.address}/api/v1/apps/{app.id}/settings")
    assert answer.json()["values"] == {
        "host": "mail.example.org",
        "port": 26,
        "level": "high",
        "debug": True,
        "recipients": ["ada@example.org", "ben@example.org"],
        "starts": "2026-12-31",
        "ratio": 0.75,
        "quota": {"pages": 3},
        "greeting": "",
    }
    assert answer.json()["secrets"] == {"api_key": True, "private_key": True}

    # A secret can be replaced and removed, and never be seen.
    expect(page.locator("[data-setting=api_key]").get_by_text("set", exact=True)).to_be_visible()
    expect(field(page, "Api key")).to_have_value("")
    expect(field(page, "Private key")).to_have_value("")

    # Whoever opens the app gets them, and what is set later, at once and while they type.
    page.get_by_role("tab", name="Versions").click()
    page.get_by_role("button", name="Promote version 1").click()
    confirm(page, "The app appears for everybody who may see it.")
    using = cyd.open(app.url)
    shows(using, host="mail.example.org", level="high", key="with a key", changes=0)
    at(using, "typed").press_sequentially("half a sen")
    page.get_by_role("tab", name="Settings").click()
    host.fill("smtp.example.org")
    field(page, "Level").select_option("Not set (low)")
    saved(page)
    shows(using, host="smtp.example.org", level="low", key="with a key", changes=1)
    at(using, "typed").press_sequentially("tence")
    expect(at(using, "typed")).to_have_value("half a sentence")
    page.get_by_label("Remove it (Api key)").check()
    saved(page)
    shows(using, key="without a key", changes=2)
    expect(page.locator("[data-setting=api_key]").get_by_text("not set")).to_be_visible()

    # The history names fields and people; secrets are nowhere.
    page.get_by_role("tab", name="History").click()
    history = page.get_by_role("region", name="History")
    expect(history.get_by_role("cell", name="api_key", exact=True)).to_be_visible()
    exported = page.request.get(f"{production.address}/admin/audit.csv").text()
    assert "app.settings" in exported
    log = page.request.get(f"{production.address}/api/v1/apps/{app.id}/logs").text()
    assert "[redacted]" in log
    for text in (*frames, page.content(), exported, log, answer.text(), production.written()):
        assert "hunter22" not in text


def test_two_administrators_at_once(
    production: Production, person: Callable[..., Visitor], tmp_path: Path
) -> None:
    ada, also = person("Ada"), person("Ada")
    app = app_in(tmp_path, "settings_second")
    production.install(ada.context, package(app, "one"), promote=False)
    first, second = (one.open(f"/admin/apps/{app.id}") for one in (ada, also))
    for page in (first, second):
        form(page)
    field(second, "Port").fill("27")
    field(first, "Mail server *").fill("first.example.org")
    field(first, "Level").select_option("high")
    saved(first)

    # The second one is told before they save, and keeps what they typed.
    notice = at(second, "changed-meanwhile")
    expect(notice).to_contain_text('Mail server was set to "first.example.org" by Ada.')
    expect(notice).to_contain_text('Level was set to "high" by Ada.')
    expect(field(second, "Port")).to_have_value("27")
    save(second)
    expect(notice).to_contain_text("Nothing was saved yet.")
    second.get_by_role("button", name="Overwrite with mine").click()
    expect(field(second, "Mail server *")).to_have_value("first.example.org")
    expect(field(second, "Level")).to_have_value('"high"')
    expect(field(second, "Port")).to_have_value("27")
    expect(notice).to_have_count(0)

    # The first one takes theirs.
    expect(at(first, "changed-meanwhile")).to_contain_text("Port was set to 27 by Ada.")
    field(first, "Port").fill("1")
    first.get_by_role("button", name="Discard mine and show theirs").click()
    expect(field(first, "Port")).to_have_value("27")
    expect(at(first, "changed-meanwhile")).to_have_count(0)


def test_what_is_not_saved_is_not_lost_by_going_elsewhere(
    production: Production, person: Callable[..., Visitor], tmp_path: Path
) -> None:
    ada = person("Ada", color_scheme="dark")
    app = app_in(tmp_path, "settings_third")
    production.install(ada.context, package(app, "one"), promote=False)
    page = ada.open(f"/admin/apps/{app.id}")
    form(page)
    field(page, "Mail server *").fill("typed.example.org")
    page.get_by_role("tab", name="History").click()
    expect(at(page, "settings-form")).to_be_hidden()
    page.get_by_role("tab", name="Settings").click()
    expect(field(page, "Mail server *")).to_have_value("typed.example.org")

    asked: list[str] = []
    page.once("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
    page.get_by_role("link", name="All installed apps").click()
    for _ in range(500):  # frames; the question may come one later than the click
        if asked:
            break
        page.evaluate("new Promise(requestAnimationFrame)")
    expect(field(page, "Mail server *")).to_have_value("typed.example.org")
    assert asked == ["You have changes that are not saved. Leave this page without them?"]
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("link", name="All installed apps").click()
    expect(page.get_by_role("heading", name="Installed apps")).to_be_visible()


def test_the_form_fits_a_narrow_screen_and_an_app_without_settings_says_so(
    production: Production, person: Callable[..., Visitor], tmp_path: Path
) -> None:
    ada = person("Ada")
    app = app_in(tmp_path, "settings_narrow")
    production.install(ada.context, package(app, "one"), promote=False)
    page = ada.open(f"/admin/apps/{app.id}")
    page.set_viewport_size({"width": 340, "height": 700})
    form(page)
    until(page, "document.documentElement.scrollWidth <= window.innerWidth")
    field(page, "Private key").focus()
    until(page, "document.activeElement.getBoundingClientRect().top < window.innerHeight")

    plain = copy_app("acme/counter", tmp_path / "source", "acme/settings_none")
    production.install(ada.context, package(plain, "two"), promote=False)
    page = ada.open(f"/admin/apps/{plain.id}", page)
    page.get_by_role("tab", name="Settings").click()
    expect(page.get_by_role("heading", name="Nothing to set")).to_be_visible()


@pytest.mark.parametrize("name", ["Ben", "Cyd"])
def test_who_may_not_configure_sees_no_settings(
    production: Production, person: Callable[..., Visitor], tmp_path: Path, name: str
) -> None:
    ada, other = person("Ada"), person(name)
    app = app_in(tmp_path, f"settings_for_{name.lower()}")
    production.install(ada.context, package(app, "one"), promote=False)
    # Ben looks after the apps of his organisation; this one is for others, too.
    production.open_to_everybody(ada.context, app.id)
    address = f"{production.address}/api/v1/apps/{app.id}/settings"
    assert other.context.request.get(address).status in (403, 404)
    body = {"values": {"host": "evil.example.org"}}
    assert other.context.request.put(address, data=body).status in (403, 404)
    page = other.open(f"/admin/apps/{app.id}")
    expect(page.get_by_role("heading").first).to_be_visible()
    expect(page.get_by_role("tab", name="Settings")).to_have_count(0)
    answer = ada.context.request.get(address)
    assert answer.json()["revision"] == 0
