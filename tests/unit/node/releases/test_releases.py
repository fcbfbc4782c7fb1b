"""The way from a save to what runs, when something stands in it."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import anyio.to_thread
import pytest

from app.cell.loading import turns
from app.cell.loading.turns import Turns
from app.node.releases.folder import AppsFolder
from app.node.releases.retrying import Retrying
from app.source.app_source import AppSource
from app.source.problems import AppError
from app.testing import Kit, Page, kit
from tests.unit.apps.helpers import newest

if TYPE_CHECKING:
    from tests.unit.conftest import WriteApp

GOOD = """
import reflex as rx
from app.sdk import DynamicApp


class AppEntry(DynamicApp):
    name = "Good"
    pages = {"/": lambda: rx.text("good")}
"""
# Waits for a file, whatever it is told.
STUBBORN = """
import pathlib
import time

while True:
    try:
        if pathlib.Path({flag!r}).exists():
            break
        time.sleep(0.01)
    except BaseException:
        continue
"""
WAITS = "import pathlib\npathlib.Path({door!r}).read_text()\n"
METERED = """
import reflex as rx
from app.sdk import DynamicApp
from prometheus_client import Counter

CLICKS = Counter({metric!r}, "Clicks in the app")
ROOM: list[str] = []


class MeteredState(rx.State):
    here: int = 0

    @rx.event
    def click(self):
        ROOM.append("x")
        self.here = len(ROOM)


class AppEntry(DynamicApp):
    name = "First"
    pages = {{"/": lambda: rx.button("click", on_click=MeteredState.click)}}
"""


async def click(node: Kit, page: Page) -> int:
    """Click, and return how many clicks the module's own data knows of."""
    state = await newest(node, "acme/metered", "MeteredState")
    await page.send(state.click)
    count: int = page.get(state.here)
    return count


async def test_an_app_that_cannot_be_imported_twice_goes_on_when_it_is_saved(
    apps_root: Path, write_app: WriteApp
) -> None:
    first = METERED.format(metric=f"clicks_{uuid4().hex}")
    write_app("acme/metered", {"entry.py": first})
    async with kit(apps_root) as node:
        page = await node.open("acme/metered")
        version = await node.version("acme/metered")
        assert await click(node, page) == 1
        with pytest.raises(AppError, match="Duplicated timeseries"):
            await node.swap("acme/metered", {"entry.py": first.replace("First", "Second")})
        assert "Duplicated timeseries" in page.problems[0]["message"]
        grace = await node.open("acme/metered", user="Grace")
        assert "Duplicated timeseries" in grace.problems[0]["message"]
        assert [await click(node, grace), await click(node, page)] == [2, 3]
        assert await node.swap("acme/metered", {"entry.py": first}) is version
        assert (page.problems, await click(node, page)) == ([], 4)


async def test_an_app_that_another_one_holds_up_is_loaded_as_soon_as_that_one_ends(
    apps_root: Path, write_app: WriteApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "LOADS", Turns(seconds=0.3, pause=0.2))
    flag = tmp_path / "enough"
    write_app("acme/good", {"entry.py": GOOD})
    write_app("acme/stubborn", {"entry.py": STUBBORN.format(flag=str(flag)) + GOOD})
    async with kit(apps_root) as node:
        with pytest.raises(AppError, match="has not ended"):
            await node.version("acme/stubborn")
        with pytest.raises(AppError, match="acme/stubborn does not end"):
            await node.version("acme/good")
        page = Page(node._node, await node._actor("Ada", "Demo"), {})
        await page.goto("/apps/acme-good")
        assert page.message["kind"] == "failed"
        flag.touch()
        await page.wait_for(lambda: page.message["type"] == "show")
        assert node._node.engine.catalog.apps["acme/good"].failure is None


async def test_what_was_held_up_is_tried_again_at_the_next_opening(
    apps_root: Path, write_app: WriteApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "LOADS", Turns(seconds=0.3, pause=0.2))
    monkeypatch.setattr(Retrying, "when_free", lambda *_: None)
    flag = tmp_path / "enough"
    write_app("acme/good", {"entry.py": GOOD})
    write_app("acme/stubborn", {"entry.py": STUBBORN.format(flag=str(flag)) + GOOD})
    async with kit(apps_root) as node:
        for app_id in ("acme/stubborn", "acme/good"):
            with pytest.raises(AppError, match=r"has not ended|does not end"):
                await node.version(app_id)
        flag.touch()
        stuck = turns.LOADS._stuck
        assert stuck is not None
        await asyncio.to_thread(stuck.join, 10)
        assert (await node.version("acme/good")).info.number == 1
        assert node._node.engine.catalog.apps["acme/good"].failure is None


async def test_loads_that_wait_for_their_turn_leave_threads_for_everything_else(
    apps_root: Path, write_app: WriteApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    door = tmp_path / "door"
    os.mkfifo(door)
    write_app("acme/slow", {"entry.py": WAITS.format(door=str(door)) + GOOD})
    many = int(anyio.to_thread.current_default_thread_limiter().total_tokens) + 1
    waiting = [f"acme/app{number}" for number in range(many)]
    for app_id in waiting:
        write_app(app_id, {"entry.py": GOOD})
    read = set[str]()
    files = AppsFolder.files

    async def noting(self: AppsFolder, app_id: str, number: int) -> AppSource:
        source = await files(self, app_id, number)
        read.add(app_id)
        return source

    monkeypatch.setattr(AppsFolder, "files", noting)
    async with kit(apps_root) as node:
        loads: list[asyncio.Task[Any]] = [asyncio.create_task(node.version("acme/slow"))]
        # Opened for writing, a pipe waits for its reader: the app is being imported from here on.
        opened = await asyncio.to_thread(open, door, "w")
        loads += [asyncio.create_task(node.version(app_id)) for app_id in waiting]
        async with asyncio.timeout(20):
            while not read.issuperset(waiting):  # noqa: ASYNC110 - there is no event to wait for
                await asyncio.sleep(0)
        limiter = anyio.to_thread.current_default_thread_limiter()
        assert await asyncio.wait_for(anyio.to_thread.run_sync(lambda: "read"), 10) == "read"
        assert limiter.available_tokens > 1
        opened.close()
        assert len(await asyncio.gather(*loads)) == many + 1
