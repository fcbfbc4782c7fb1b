"""Apps that another one's endless load holds up: they are tried again when it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

import structlog

from app.cell.loading.turns import LoadBlocked
from app.source.problems import NotNow

log = structlog.get_logger("graft")


class Retrying:
    """Waits for loads that hold up others.

    Args:
        changed: called with the ids of apps that may be loaded now.
    """

    def __init__(self, changed: Callable[[Sequence[str]], Awaitable[None]]) -> None:
        self._changed = changed
        self._waiting: set[str] = set()
        self._running: set[asyncio.Task[None]] = set()

    def when_free(self, app_id: str, error: NotNow) -> None:
        """Try an app again as soon as what held it up ends; of other errors nobody knows when."""
        if not isinstance(error, LoadBlocked) or app_id in self._waiting:
            return
        self._waiting.add(app_id)
        loop = asyncio.get_running_loop()

        def tell(_: object) -> None:
            """In the thread that held it up."""
            with suppress(RuntimeError):  # the server stopped before
                loop.call_soon_threadsafe(self._again, app_id)

        error.ended.add_done_callback(tell)

    def _again(self, app_id: str) -> None:
        self._waiting.discard(app_id)
        trying = asyncio.create_task(self._try(app_id))
        self._running.add(trying)
        trying.add_done_callback(self._running.discard)

    async def _try(self, app_id: str) -> None:
        try:
            await self._changed([app_id])
        except Exception:
            log.exception("app not tried again", app=app_id)
