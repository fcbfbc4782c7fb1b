"""Opening pages: what an app shows where it has no page, and when a part of it fails."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from app.node.releases.access import Access
from app.testing import Kit, kit
from tests.unit.apps.helpers import newest, set_access

APP = "acme/opened"
ENTRY = """
import reflex as rx
from app.sdk import DynamicApp, Page


class OpenedState(rx.State):
    number: int = 3
    missing: str = ""

    @rx.var
    def double(self) -> int:
        return self.number * 2

    @rx.var
    def broken(self) -> list[str]:
        return [][self.number]

    @rx.var(initial_value="-")
    async def late(self) -> str:
        raise LookupError("no such row")

    @rx.event
    def lost(self):
        self.missing = self.router.url.path


def index():
    return rx.text(OpenedState.double, OpenedState.broken.length(), OpenedState.late)


class AppEntry(DynamicApp):
    name = "Opened"
    pages = {"/": index, "/404": Page(index, title="Lost", on_load=OpenedState.lost)}
"""


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Kit]:
    folder = tmp_path / APP
    folder.mkdir(parents=True)
    (folder / "entry.py").write_text(ENTRY)
    async with kit(tmp_path, only=APP) as running:
        yield running


async def test_a_computed_var_that_fails_is_told_and_the_rest_of_the_page_is_shown(
    server: Kit,
) -> None:
    page = await server.open(APP)
    state = await newest(server, APP, "OpenedState")
    assert page.message["type"] == "show"
    assert (page.get(state.double), page.get(state.broken), page.get(state.late)) == (6, [], "-")
    told = [problem["message"] for problem in page.problems]
    assert len(told) == 2
    assert any("IndexError" in message for message in told)
    assert any("no such row" in message for message in told)


async def test_an_app_has_a_page_of_its_own_for_what_it_does_not_have(server: Kit) -> None:
    page = await server.open(APP, "/no/such/page")
    state = await newest(server, APP, "OpenedState")
    assert page.title == "Lost"
    assert page.get(state.missing) == "/apps/acme-opened/no/such/page"


async def test_a_page_that_loads_from_other_servers_waits_until_its_document_is_one_for_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = ["img https://a.example.org", "img https://b.example.org"]
    entry = tmp_path / APP / "entry.py"
    entry.parent.mkdir(parents=True)
    entry.write_text(f"{ENTRY}    origins = {asked!r}\n")
    async with kit(tmp_path) as node:
        page = await node.open(APP)
        sent: list[dict[str, Any]] = []
        take = page._take

        def note(message: dict[str, Any]) -> None:
            sent.append(message)
            take(message)

        monkeypatch.setattr(page, "_take", note)
        granted = frozenset({asked[0], "img https://c.example.org", "network"})
        set_access(node, APP, Access(granted=granted))
        sent.clear()
        await page.disconnect()
        await page.connect()
        await page.goto("/apps/acme-opened")
        assert [message["type"] for message in sent] == ["storage", "show"]
        for message in sent:
            assert message["url"] == "acme-opened"
            assert message["origins"] == asked[:1]
            assert message["granted"] == ["img https://a.example.org", "img https://c.example.org"]
