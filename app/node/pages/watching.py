"""Pages of the core that show what apps there are: they hear of every change."""

from __future__ import annotations

import asyncio
from typing import Any

from app.bridge.sockets.events import EventCall
from app.bridge.sockets.outbox import Outbox
from app.kernel.tasks import in_background
from app.node.pages.rounds import one_by_one


class Watching:
    """The sessions that watch the catalog.

    Args:
        outbox: ways to the sessions.

    Attributes:
        telling: what goes on.
    """

    def __init__(self, outbox: Outbox) -> None:
        self.telling: set[asyncio.Task[Any]] = set()
        self._outbox = outbox
        self._watching: dict[str, EventCall] = {}

    def watch(self, token: str, event: EventCall) -> None:
        """Run an event in a session whenever an app changes, until it opens an app page."""
        self._watching[token] = event

    def unwatch(self, token: str) -> None:
        """Stop telling a session of changes."""
        self._watching.pop(token, None)

    def tell(self, app_id: str) -> None:
        """Tell all of them that an app changed."""
        work = one_by_one(tuple(self._watching.items()), lambda one: self._tell(*one, app_id))
        in_background(work, "telling pages that watch apps", tasks=self.telling, app=app_id)

    async def _tell(self, token: str, event: EventCall, app_id: str) -> None:
        told = await self._outbox.enqueue(token, event.event(app_id))
        await asyncio.gather(*told, return_exceptions=True)
