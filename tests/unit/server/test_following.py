"""A node follows changes of installed apps."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from app.core import apps
from app.core.beside import EVERYTHING
from app.core.bus import InMemoryBus
from app.kernel.errors import Unavailable
from app.server.following import ChangesOfApps
from tests.unit.apps.helpers import COUNTER
from tests.unit.platform.conftest import Server, heading

SLOW, OTHER = "acme/slow", "acme/other"
NEVER = 3600.0  # seconds between looks


async def idle(server: Server) -> None:
    """Wait until everybody heard what was told."""
    assert isinstance(server.core.bus, InMemoryBus)
    await server.core.bus.idle()


class Heard:
    """What of the apps of a server is told to have changed."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.seen = asyncio.Queue[str]()

    async def publish(self, app_id: str, action: str = "promote", change: int = 0) -> None:
        message = {"app": app_id, "action": action, "change": change}
        await self.server.core.bus.publish(apps.TOPIC, message)
        await idle(self.server)

    @contextlib.asynccontextmanager
    async def following(
        self, changed: Callable[[Sequence[str]], Awaitable[None]] | None = None
    ) -> AsyncIterator[ChangesOfApps]:
        async def note(app_ids: Sequence[str]) -> None:
            if changed is not None:
                await changed(app_ids)
            await self.seen.put(*app_ids)

        engine = self.server.node.engine
        changes = ChangesOfApps(self.server.core, note, engine.served)
        async with changes.following(self.server.core.bus, NEVER):
            yield changes

    async def next(self) -> str:
        async with asyncio.timeout(120):
            return await self.seen.get()


async def test_no_app_waits_for_another_and_all_are_done_at_the_end(server: Server) -> None:
    heard, loaded = Heard(server), asyncio.Event()

    async def changed(app_ids: Sequence[str]) -> None:
        if SLOW in app_ids:
            await loaded.wait()

    async with heard.following(changed):
        await heard.publish(SLOW)
        await heard.publish(OTHER)
        assert await heard.next() == OTHER
        loaded.set()
    assert heard.seen.get_nowait() == SLOW
    await heard.publish(OTHER)
    assert heard.seen.empty()


async def test_what_cannot_be_followed_is_told_and_stops_nothing(server: Server) -> None:
    heard = Heard(server)

    async def changed(app_ids: Sequence[str]) -> None:
        if SLOW in app_ids:
            raise OSError("disk")

    with capture_logs() as lines:
        async with heard.following(changed):
            await heard.publish(SLOW)
            await heard.publish(OTHER)
    assert heard.seen.get_nowait() == OTHER
    assert [line["app"] for line in lines] == [SLOW]


async def test_a_change_that_could_not_be_followed_is_tried_again(server: Server) -> None:
    heard, tries = Heard(server), list[str]()

    async def changed(app_ids: Sequence[str]) -> None:
        tries.extend(app_ids)
        if len(tries) < 3:
            raise OSError("disk")

    with capture_logs() as lines:
        async with heard.following(changed) as changes:
            await heard.publish(SLOW)
            for _ in range(4):
                await changes.look()
                await asyncio.gather(*changes._following)
    assert tries == [SLOW] * 3
    assert heard.seen.get_nowait() == SLOW
    assert [line["app"] for line in lines] == [SLOW]


async def test_settings_are_followed_by_others(server: Server) -> None:
    heard = Heard(server)
    async with heard.following():
        await heard.publish(SLOW, apps.Action.SETTINGS.value)
        await heard.publish(OTHER)
    assert heard.seen.get_nowait() == OTHER
    assert heard.seen.empty()


async def test_what_another_process_changed_is_found_once(server: Server) -> None:
    await server.deploy(COUNTER)
    heard = Heard(server)
    async with heard.following() as changes:
        await changes.look()
        assert heard.seen.empty()
        # This one is told, and need not be found.
        await apps.disable(server.core, COUNTER, base_revision=None)
        assert await heard.next() == COUNTER
        await changes.look()
        # As a command that is killed before it can tell.
        silent = dataclasses.replace(server.core, bus=InMemoryBus())
        await apps.enable(silent, COUNTER, base_revision=None)
        await idle(server)
        assert heard.seen.empty()
        await changes.look()
        assert await heard.next() == COUNTER
        await changes.look()
        assert heard.seen.empty()
        await apps.disable(silent, COUNTER, base_revision=None)
        await server.core.bus.publish(EVERYTHING, {})
        assert await heard.next() == COUNTER
    assert heard.seen.empty()


async def test_who_has_a_preview_open_gets_the_served_version_when_it_is_over(
    server: Server,
) -> None:
    await server.deploy(COUNTER)
    page = await server.open("/apps/acme-counter")
    second = await server.upload(COUNTER, heading("Second"))
    await apps.start_preview(
        server.core,
        COUNTER,
        second.version.number,
        [server.people["Ada"].user.id],
        base_revision=None,
        lifetime=timedelta(seconds=1),
    )
    await server.settle()
    assert page.message["number"] == 2
    releases = server.node.engine.releases
    changes = ChangesOfApps(server.core, releases.changed, server.node.engine.served)
    async with changes.following(server.core.bus, 0.05):
        await page.wait_for(lambda: page.message["number"] == 1)


async def test_a_fault_of_one_look_is_not_the_last_look(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.kernel.tasks.PAUSE_SECONDS", 0.001)
    looks = asyncio.Semaphore(0)

    class Faulty(ChangesOfApps):
        async def look(self) -> None:
            looks.release()
            raise KeyError("nobody knows it")

    async def changed(app_ids: Sequence[str]) -> None:
        raise AssertionError(app_ids)

    with capture_logs() as lines:
        faulty = Faulty(server.core, changed, server.node.engine.served)
        async with faulty.following(server.core.bus, 0.001), asyncio.timeout(120):
            for _ in range(3):
                await looks.acquire()
    assert {line["what"] for line in lines} == {"looking for changes of apps"}


async def test_a_database_that_does_not_answer_is_told_once(server: Server) -> None:
    looks = asyncio.Semaphore(0)

    class Gone(ChangesOfApps):
        async def look(self) -> None:
            looks.release()
            raise Unavailable("the database did not answer in time")

    async def changed(app_ids: Sequence[str]) -> None:
        raise AssertionError(app_ids)

    with capture_logs() as lines:
        gone = Gone(server.core, changed, server.node.engine.served)
        async with gone.following(server.core.bus, 0.001), asyncio.timeout(120):
            for _ in range(3):
                await looks.acquire()
    assert [line["event"] for line in lines] == ["changes of apps cannot be looked for"]
