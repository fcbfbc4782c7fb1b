"""What a node needs to be watched: logs, settings and their changes, metrics, health."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.routing import BaseRoute

from app.core import app_settings, audit
from app.core.accounts import Identity
from app.core.context import Core
from app.kernel.actor import acting_as
from app.kernel.tasks import again_and_again, attempt
from app.node.app_settings import SettingsSource, StoredSettings, TomlSettings
from app.node.events import guard
from app.node.observe.applog import AppLog
from app.node.redact import Redactor
from app.server.health import Readiness, core_checks, health_routes
from app.server.logs import configure_logging
from app.server.metrics_routes import IdentifyRequest, metrics_routes
from app.source.watching.settings_watch import SettingsWatcher

if TYPE_CHECKING:
    from app.node.engine import Engine


class Observing:
    """Makes these parts and connects them with the engine, which gets some of them itself.

    Args:
        core: the monolith's contexts.
        data: the data folder.
        environ: the environment; its secrets are never logged.
        development: settings come from files, and metrics are for everybody.
    """

    def __init__(
        self, core: Core, data: Path, environ: Mapping[str, str], *, development: bool
    ) -> None:
        self._core = core
        self._development = development
        self.logs = AppLog()
        self.redactor = Redactor()
        configure_logging(self.logs, self.redactor, node=core.node, environ=environ)
        self._stored = None if development else StoredSettings(self._read_settings)
        self._files = data / "settings"
        self.settings: SettingsSource = self._stored or TomlSettings(self._files)
        self.readiness = Readiness(core_checks(core, data))

    def routes(self, engine: Engine, identify: IdentifyRequest) -> list[BaseRoute]:
        """Return /readyz and /metrics."""
        return [
            *health_routes(self.readiness),
            *metrics_routes(
                engine.observed.metrics, identify, self._refused, is_open=self._development
            ),
        ]

    async def _refused(self, who: Identity) -> None:
        with acting_as(who.actor):
            await audit.refused(self._core, "metrics.read", source=who.actor.user.id)

    @contextlib.asynccontextmanager
    async def running(self, engine: Engine) -> AsyncIterator[None]:
        """Guard the event loop, and follow changes of settings, while the node runs."""
        guard.install()
        guard.guard_loop(asyncio.get_running_loop())
        changed = self._changed(engine)
        stop = self._core.bus.subscribe(app_settings.TOPIC, changed)
        watching = (
            _watching(self._files, changed) if self._development else contextlib.nullcontext()
        )
        try:
            async with watching:
                yield
        finally:
            self.readiness.stopping()
            stop()

    def _changed(self, engine: Engine) -> Callable[[dict[str, Any]], Awaitable[None]]:
        async def changed(payload: dict[str, Any]) -> None:
            if self._stored is not None:
                await self._stored.changed(payload["app"])
            await engine.renewer.changed(payload["app"])

        return changed

    async def _read_settings(self, app_id: str) -> Mapping[str, Any]:
        return await app_settings.settings_for(self._core, app_id)


@contextlib.asynccontextmanager
async def _watching(
    files: Path, changed: Callable[[dict[str, Any]], Awaitable[None]]
) -> AsyncIterator[None]:
    """Follow the files with settings; what is saved several times at once is one change."""
    loop = asyncio.get_running_loop()
    pending: set[str] = set()
    wanted = asyncio.Event()

    def note(app_id: str) -> None:
        pending.add(app_id)
        wanted.set()

    async def follow() -> None:
        await wanted.wait()
        wanted.clear()
        while pending:
            app_id = pending.pop()
            await attempt(changed({"app": app_id}), "following settings", app=app_id)

    def from_thread(app_id: str) -> None:
        loop.call_soon_threadsafe(note, app_id)

    watcher = await asyncio.to_thread(SettingsWatcher, files, from_thread)
    try:
        async with again_and_again(follow, "following settings"):
            yield
    finally:
        await asyncio.to_thread(watcher.close)
