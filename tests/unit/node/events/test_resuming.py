"""`AppEntry.on_resume` ends what an event began that was cut: in its tab, once, and only then."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from app.node.releases.access import Access
from app.source.problems import AppError
from app.testing import Kit, Page, kit
from tests.unit.apps.helpers import find, set_access
from tests.unit.node.sessions.test_keeping import Server, come_again, opened, server, state_of

__all__ = ["server"]

BUSY = "acme/busy"
ENTRY = """
import asyncio
import reflex as rx
from app.sdk import DynamicApp, Page

class Busy(rx.State):
    busy: bool = False
    waiting: bool = False
    loaded: int = 0
    resumed: list[str] = []

    @rx.event(background=True)
    async def work(self):
        async with self:
            self.busy = True
        await asyncio.Event().wait()

    @rx.event(background=True)
    async def watch(self):
        async with self:
            self.loaded += 1
            self.busy = True
        await asyncio.Event().wait()

    @rx.event
    def end(self):
        self.busy = False
        self.resumed.append(LABEL)

    @rx.event
    def end_waiting(self):
        self.waiting = False

LABEL = "one"

def index():
    return rx.fragment(rx.text(LABEL), rx.text(Busy.busy))

def other():
    return rx.fragment(rx.text(Busy.busy))

class AppEntry(DynamicApp):
    name = "Busy"
    pages = {"/": index, "/watching": Page(other, on_load=Busy.watch), "/other": other}
    on_resume = (Busy.end, Busy.end_waiting)
"""


def write(apps: Path) -> None:
    folder = apps / BUSY
    folder.mkdir(parents=True)
    (folder / "entry.py").write_text(ENTRY, encoding="utf-8")


@pytest.fixture
async def node(tmp_path: Path) -> AsyncIterator[Kit]:
    write(tmp_path / "client_apps")
    async with kit(tmp_path / "client_apps") as running:
        yield running


async def newest(node: Kit) -> Any:
    return find(await node.version(BUSY), "Busy")


async def working(node: Kit, path: str = "/") -> tuple[Page, Any]:
    """Open the app in a tab, and let it work there."""
    page, busy = await node.open(BUSY, path), await newest(node)
    if path == "/":
        await page.send(busy.work)
    await page.wait_for(lambda: page.get(busy.busy))
    return page, busy


async def switch(node: Kit, *, on: bool) -> None:
    engine = node._node.engine
    before = engine.catalog.apps[BUSY]
    set_access(node, BUSY, Access(enabled=on))
    await engine.swapper.switched(engine.catalog.apps[BUSY], before.version)
    await node.settle()


async def test_after_a_restart(server: Server) -> None:
    write(server.apps)
    async with server.running() as node:
        page = await opened(server, node, "/apps/acme-busy")
        busy = await state_of(node, BUSY, "Busy")
        await page.send(busy.work)
        await page.wait_for(lambda: page.get(busy.busy))
    async with server.running() as node:
        await come_again(page, node)
        busy = await state_of(node, BUSY, "Busy")
        assert (page.get(busy.busy), page.get(busy.resumed)) == (False, ["one"])
        await page.disconnect()
        await come_again(page, node)
        assert page.get(busy.resumed) == ["one"]


async def test_when_the_app_is_on_again(node: Kit) -> None:
    page, busy = await working(node)
    idle = await node.open(BUSY)
    await switch(node, on=False)
    assert page.message["type"] == "notice"
    await switch(node, on=True)
    assert (page.get(busy.busy), page.get(busy.resumed)) == (False, ["one"])
    assert idle.get(busy.resumed) == []


async def test_when_a_third_version_ends_what_began_in_the_first(node: Kit) -> None:
    page, busy = await working(node)
    for label in ("two", "three"):
        await node.swap(BUSY, {"entry.py": ENTRY.replace('"one"', f'"{label}"')})
    assert (page.get(busy.busy), page.get(busy.resumed)) == (False, ["three"])


async def test_a_second_version_ends_nothing(node: Kit) -> None:
    page, busy = await working(node)
    await node.swap(BUSY, {"entry.py": ENTRY.replace('"one"', '"two"')})
    assert (page.get(busy.busy), page.get(busy.resumed)) == (True, [])


async def test_before_on_load_begins_again_in_a_tab_that_was_away(node: Kit) -> None:
    page, busy = await working(node, "/watching")
    await page.disconnect()
    await page.connect()
    await page.wait_for(lambda: page.get(busy.loaded) == 2)
    assert (page.get(busy.busy), page.get(busy.resumed)) == (True, ["one"])


async def test_going_to_another_page_is_no_interruption(node: Kit) -> None:
    page, busy = await working(node, "/watching")
    await page.goto("/apps/acme-busy/other")
    await page.ended(busy.watch)
    await node.settle()
    assert page.get(busy.resumed) == []


async def test_what_goes_on_while_the_tab_is_away_was_not_cut(node: Kit) -> None:
    page, busy = await working(node)
    await page.disconnect()
    await page.connect()
    assert (page.get(busy.busy), page.get(busy.resumed)) == (True, [])


@pytest.mark.parametrize("wrong", ['"end"', "(Busy.end, print)", "(index,)"])
async def test_only_events_can_be_named(node: Kit, wrong: str) -> None:
    text = ENTRY.replace("(Busy.end, Busy.end_waiting)", wrong)
    with pytest.raises(AppError, match=r"on_resume names .*, which is not an event"):
        await node.swap(BUSY, {"entry.py": text})


async def test_an_app_that_names_nothing_goes_on(node: Kit) -> None:
    await node.swap(BUSY, {"entry.py": ENTRY.replace("    on_resume", "    _unused")})
    page, busy = await working(node)
    await switch(node, on=False)
    await switch(node, on=True)
    assert page.get(busy.busy)
