"""Production: whatever changes of an installed app, the node follows, whoever made the change."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

import structlog

from app.core import apps
from app.core.bus import Bus

log = structlog.get_logger("graft")


@contextlib.asynccontextmanager
async def following_changes(
    bus: Bus, changed: Callable[[Sequence[str]], Awaitable[None]]
) -> AsyncIterator[None]:
    """Call `changed` with the id of each app that changes, until the `with` statement ends.

    No app waits for another: one can be switched off while another one is loaded.

    Args:
        bus: tells of changes.
        changed: called for one app again while it runs; what it does comes in the order of calls.
    """

    async def follow(app_id: str) -> None:
        try:
            await changed([app_id])
        except Exception:
            log.exception("change of an app not followed", app=app_id)

    following: set[asyncio.Task[None]] = set()

    async def heard(payload: dict[str, Any]) -> None:
        # Settings have a topic of their own, and nobody gets another version by them.
        if payload.get("action") != apps.Action.SETTINGS.value:
            task = asyncio.create_task(follow(payload["app"]))
            following.add(task)
            task.add_done_callback(following.discard)

    stop = bus.subscribe(apps.TOPIC, heard)
    try:
        yield
    finally:
        stop()
        await asyncio.gather(*following)
