"""A node follows changes of installed apps."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from structlog.testing import capture_logs

from app.core import apps
from app.core.bus import InMemoryBus
from app.server.following import following_changes

SLOW, OTHER = "acme/slow", "acme/other"


async def publish(bus: InMemoryBus, app_id: str, action: str = "promote") -> None:
    await bus.publish(apps.TOPIC, {"app": app_id, "action": action})


async def test_no_app_waits_for_another_and_all_are_done_at_the_end() -> None:
    bus, loaded, seen = InMemoryBus(), asyncio.Event(), asyncio.Queue[str]()

    async def changed(app_ids: Sequence[str]) -> None:
        if SLOW in app_ids:
            await loaded.wait()
        await seen.put(*app_ids)

    async with asyncio.timeout(10):
        async with following_changes(bus, changed):
            await publish(bus, SLOW)
            await publish(bus, OTHER)
            assert await seen.get() == OTHER
            loaded.set()
        assert seen.get_nowait() == SLOW
    await publish(bus, OTHER)
    await bus.idle()
    assert seen.empty()


async def test_what_cannot_be_followed_is_told_and_stops_nothing() -> None:
    bus, seen = InMemoryBus(), list[str]()

    async def changed(app_ids: Sequence[str]) -> None:
        seen.extend(app_ids)
        if SLOW in app_ids:
            raise OSError("disk")

    with capture_logs() as lines:
        async with following_changes(bus, changed):
            for app_id in (SLOW, OTHER):
                await publish(bus, app_id)
                await bus.idle()
    assert seen == [SLOW, OTHER]
    assert [line["app"] for line in lines] == [SLOW]


async def test_settings_are_followed_by_others() -> None:
    bus, seen = InMemoryBus(), list[str]()

    async def changed(app_ids: Sequence[str]) -> None:
        seen.extend(app_ids)

    async with following_changes(bus, changed):
        await publish(bus, SLOW, apps.Action.SETTINGS.value)
        await publish(bus, OTHER)
        await bus.idle()
    assert seen == [OTHER]
