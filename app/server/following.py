"""Production: whatever changes of an installed app, the node follows, whoever made the change.

The bus tells of a change at once, also of one that a command makes beside the server. A look now
and then finds what nobody told: previews that are over, and what a command wrote that was killed
before it could tell.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import structlog

from app.core import apps
from app.core.beside import EVERYTHING
from app.core.bus import Bus
from app.core.context import Core
from app.kernel.errors import CoreError
from app.kernel.tasks import in_background, repeatedly
from app.node.releases.served import Served

log = structlog.get_logger("graft")

LOOK_EVERY_SECONDS = 5.0
_NEWEST = 2**62  # change: nothing comes after it


class ChangesOfApps:
    """Calls `changed` with the id of each app that changes.

    No app waits for another: one can be switched off while another one is loaded.

    Args:
        core: where apps are installed.
        changed: called for one app again while it runs; what it does comes in the order of calls.
        served: has the apps of the moment.
    """

    def __init__(
        self,
        core: Core,
        changed: Callable[[Sequence[str]], Awaitable[None]],
        served: Served,
    ) -> None:
        self._core = core
        self._changed = changed
        self._served = served
        self._following: set[asyncio.Task[bool]] = set()
        self._failing = set[str]()
        self._blind = False
        self._number = 0  # of the last change that is known, and of all before

    @contextlib.asynccontextmanager
    async def following(
        self, bus: Bus, every: float = LOOK_EVERY_SECONDS
    ) -> AsyncIterator[ChangesOfApps]:
        """Follow the bus, and look every so many seconds, until the `async with` statement ends."""
        self._number = (await apps.changed_since(self._core, _NEWEST)).number
        stops = (
            bus.subscribe(apps.TOPIC, self._heard),
            bus.subscribe(EVERYTHING, lambda payload: self.look()),
        )

        async def look_again() -> None:
            await asyncio.sleep(every)
            await self._look_if_possible()

        try:
            async with repeatedly(look_again, "looking for changes of apps"):
                yield self
        finally:
            for stop in stops:
                stop()
            await asyncio.gather(*self._following)

    async def look(self) -> None:
        """Follow what changed and nobody told."""
        now = datetime.now(UTC)
        over = {record.id for record in self._served.catalog if record.access.has_ended(now)}
        missed = await apps.changed_since(self._core, self._number)
        self._number = missed.number
        for app_id in over.union(self._failing, (app.id for app in missed.apps)):
            self._follow(app_id)

    async def _heard(self, payload: dict[str, Any]) -> None:
        if payload["change"] == self._number + 1:
            self._number += 1
        # Settings have a topic of their own, and nobody gets another version by them.
        if payload.get("action") != apps.Action.SETTINGS.value:
            self._follow(payload["app"])

    def _follow(self, app_id: str) -> None:
        in_background(self._do(app_id), "following a change", tasks=self._following, app=app_id)

    async def _do(self, app_id: str) -> None:
        try:
            await self._changed([app_id])
        except Exception:
            # Every look tries again, and one that failed before has been told.
            if app_id not in self._failing:
                log.exception("change of an app not followed", app=app_id)
            self._failing.add(app_id)
        else:
            self._failing.discard(app_id)

    async def _look_if_possible(self) -> None:
        try:
            await self.look()
        except CoreError as error:
            if not self._blind:
                log.warning("changes of apps cannot be looked for", why=str(error))
            self._blind = True
        else:
            self._blind = False
