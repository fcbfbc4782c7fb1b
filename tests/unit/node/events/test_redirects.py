"""Redirects of an app lead to its own pages, whatever returns them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from app.testing import Kit, kit
from tests.unit.apps.helpers import find

LEADS = """
import reflex as rx
from app.sdk import DynamicApp, Page, broadcast


class Leads(rx.State):
    cart: str = rx.Cookie("", path="/cart/")

    @rx.event
    def forget(self):
        return rx.remove_cookie("cart", {"path": "/cart/"})

    @rx.event
    def go(self, where: str):
        return rx.redirect(where)

    @rx.event(background=True)
    async def go_later(self):
        async with self:
            pass
        return rx.redirect("/led")

    @rx.event
    async def lead_all(self):
        await broadcast(Leads.go("/led"), to_self=False)


def index():
    return rx.fragment(
        rx.button(on_click=Leads.go("/led")),
        rx.button(on_click=Leads.go_later),
        rx.button(on_click=Leads.lead_all),
    )


class AppEntry(DynamicApp):
    name = "Leads"
    url = "leads"
    pages = {
        "/": index,
        "/led": index,
        "/sent": Page(index, on_load=rx.redirect("/led?sent=1", replace=True)),
        "/404": index,
        "/login": index,
    }
"""
APP = "acme/leads"


@pytest.fixture
async def node(tmp_path: Path) -> AsyncIterator[Kit]:
    for app_id in (APP, "acme/other"):
        folder = tmp_path / app_id
        folder.mkdir(parents=True)
        (folder / "entry.py").write_text(LEADS.replace('"leads"', f'"{app_id[5:]}"'))
    async with kit(tmp_path) as running:
        yield running


@pytest.mark.parametrize(
    ("where", "path"),
    [
        ("/led", "/apps/leads/led"),
        ("led?a=b", "/apps/leads/led?a=b"),
        ("/", "/apps/leads"),
        ("/?a=b#c", "/apps/leads?a=b#c"),
        ("/apps/other/led", "/apps/other/led"),
        ("/nowhere", "/apps/leads/nowhere"),  # shows the app's own page for that
        ("/login?next=/", "/apps/leads/login?next=/"),
        ("/admin/apps", "/admin/apps"),
        ("https://example.org/led", "https://example.org/led"),
    ],
)
async def test_a_handler_redirects_to_a_page_of_its_app(node: Kit, where: str, path: str) -> None:
    page = await node.open(APP)
    await page.send(find(await node.version(APP), "Leads").go, where)
    assert page.path == path


async def test_a_page_that_is_opened_sends_on_to_another(node: Kit) -> None:
    page = await node.open(APP, "/sent")
    assert page.path == "/apps/leads/led?sent=1"
    assert page.message["page"] == "/led"


async def test_a_background_event_redirects_to_a_page_of_its_app(node: Kit) -> None:
    page = await node.open(APP)
    go_later = find(await node.version(APP), "Leads").go_later
    await page.send(go_later)
    await page.ended(go_later)
    assert page.path == "/apps/leads/led"


async def test_an_event_of_others_redirects_to_a_page_of_its_app(node: Kit) -> None:
    ada, ben = await node.open(APP), await node.open(APP, user="Ben")
    await ada.send(find(await node.version(APP), "Leads").lead_all)
    assert (ada.path, ben.path) == ("/apps/leads", "/apps/leads/led")


async def test_a_tab_that_shows_another_app_is_led_to_the_app_that_says_so(node: Kit) -> None:
    page = await node.open(APP)
    go_later = find(await node.version(APP), "Leads").go_later
    await page.goto("/apps/other")
    await page.send(go_later)
    await page.ended(go_later)
    assert page.path == "/apps/leads/led"


async def test_a_cookie_of_some_pages_is_below_the_app_and_removed_there(
    node: Kit, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = await node.open(APP)
    version = await node.version(APP)
    [cookie] = version.storage["cookies"].values()  # type: ignore[union-attr]
    assert cookie["path"] == "/apps/leads/cart/"
    told: list[tuple[str, Any]] = []
    monkeypatch.setattr(page, "_act", lambda *event: told.append(event))
    await page.send(find(version, "Leads").forget)
    assert told == [("_remove_cookie", {"key": "cart", "options": {"path": "/apps/leads/cart/"}})]
