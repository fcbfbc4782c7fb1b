"""An app is switched off and on, deleted and brought back, under the eyes of its users."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, Request, WebSocketRoute, expect

from tests.browser.support.folders import AppFolder, copy_app
from tests.browser.support.pages import click, shows
from tests.browser.support.production import Production, confirm, package
from tests.browser.support.watch import Visitor


@pytest.fixture
def app(tmp_path: Path) -> AppFolder:
    """The source of an app, on the developer's machine."""
    return copy_app("acme/desk", tmp_path / "source", "acme/switching")


class Wire:
    """The socket of a page, in the hands of somebody who sends what they like over it."""

    def __init__(self, page: Page) -> None:
        self.sent: list[str | bytes] = []
        page.route_web_socket("**/_event/**", self._open)

    def _open(self, socket: WebSocketRoute) -> None:
        self._server = socket.connect_to_server()
        self._server.on_message(socket.send)
        socket.on_message(self._send)

    def _send(self, message: str | bytes) -> None:
        self.sent.append(message)
        self._server.send(message)

    def again(self, event: str) -> None:
        """Send the last event of this name once more."""
        self._server.send(next(m for m in reversed(self.sent) if event in str(m)))


def uploaded(page: Page) -> None:
    """Let the app take a file."""
    papers = {"name": "plan.txt", "mimeType": "text/plain", "buffer": b"four walls"}
    page.locator("#papers input[type=file]").set_input_files(papers)  # type: ignore[arg-type]
    shows(page, taken="plan.txt 10")


def test_a_switched_off_app_stops_at_every_door_and_comes_back_with_its_state(
    production: Production, person: Callable[..., Visitor], app: AppFolder
) -> None:
    ada, cyd = person("Ada"), person("Cyd")
    production.install(ada.context, package(app, "one"))
    using = cyd.context.new_page()
    wire = Wire(using)
    requests: list[Request] = []
    using.on("request", lambda request: requests.append(request))
    cyd.open(app.url, using)
    shows(using, title="Desk one", count=0)
    click(using, "plus", "plus")
    shows(using, count=2)
    uploaded(using)
    with using.expect_download() as download:
        click(using, "prices")
    assert download.value.path().read_text() == "A desk costs 100.\n"
    upload = next(one for one in requests if one.url.endswith("/_upload"))
    module = next(one.url for one in requests if "/_graft/modules/" in one.url)

    # Off: who has it open reads why, and the launcher says so too.
    page = ada.open(f"/admin/apps/{app.id}")
    page.get_by_role("button", name="Switch off").click()
    confirm(page, "1 person has it open, in 1 page.")
    expect(using.get_by_role("heading")).to_have_text("Desk is switched off")
    back = "comes back by itself as soon as it is switched on again"
    expect(using.get_by_text(back)).to_be_visible()
    launcher = cyd.open("/")
    tile = launcher.get_by_role("listitem").filter(has=launcher.locator(f"[href='{app.url}']"))
    expect(tile).to_contain_text("switched off")

    # What a page that does not care could still send is refused.
    ask = cyd.context.request
    for address in (module, download.value.url):
        assert ask.get(address).status == 404
    headers = {**upload.headers, "content-type": upload.header_value("content-type") or ""}
    refused = ask.post(upload.url, headers=headers, data=upload.post_data_buffer)
    assert refused.status in (403, 404), refused.text()
    wire.again("increment")
    # The socket keeps the order: this is answered after what was sent before.
    using.get_by_role("link", name="All apps").click()
    expect(using.get_by_role("heading", name="Apps", exact=True)).to_be_visible()
    using.go_back()
    expect(using.get_by_role("heading")).to_have_text("Desk is switched off")

    # On: the page is there again by itself, with its state and nothing more.
    page.get_by_role("button", name="Switch on").click()
    shows(using, title="Desk one", count=2, taken="plan.txt 10")
    click(using, "plus")
    shows(using, count=3)
    expect(tile).not_to_contain_text("switched off")


def test_a_deleted_app_is_gone_for_its_users_until_it_is_brought_back(
    production: Production, person: Callable[..., Visitor], app: AppFolder
) -> None:
    ada, cyd, dan = person("Ada"), person("Cyd"), person("Dan")
    production.install(ada.context, package(app, "one"))
    using, looking = cyd.open(app.url), dan.open(app.url)
    click(using, "plus")
    shows(using, count=1)
    shows(looking, count=0)

    page = ada.open(f"/admin/apps/{app.id}")
    page.get_by_role("button", name="Delete").click()
    dialog = page.get_by_role("alertdialog")
    expect(dialog).to_contain_text("2 people have it open, in 2 pages.")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    shows(looking, title="Desk one")
    page.get_by_role("button", name="Delete").click()
    confirm(page, "For 30 days it can be brought back")
    for open_page in (using, looking):
        expect(open_page.get_by_role("heading")).to_have_text("There is no such app")
    looking.get_by_role("link", name="All apps").click()
    expect(looking.locator(f"[href='{app.url}']")).to_have_count(0)

    page.get_by_role("link", name="All installed apps").click()
    gone = page.get_by_role("list", name="Deleted apps").locator(f"[data-app='{app.id}']")
    gone.get_by_role("button", name="Bring Desk back").click()
    shows(using, title="Desk one", count=1)
    expect(looking.locator(f"[href='{app.url}']")).to_have_count(1)
