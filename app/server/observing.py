"""What a node needs to be watched: logs, settings and their changes, metrics, health."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.routing import BaseRoute

from app.core import app_settings, audit
from app.core.accounts import Identity
from app.core.context import Core
from app.kernel.actor import acting_as
from app.kernel.tasks import attempt
from app.node.app_settings import SettingsSource, StoredSettings, TomlSettings
from app.node.events import guard
from app.node.observe.applog import AppLog
from app.node.redact import Redactor
from app.server.health import Readiness, core_checks, health_routes
from app.server.process.logs import configure_logging
from app.server.routes.metrics import IdentifyRequest, metrics_routes
from app.source.watching.following import following
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
            _following(self._files, changed) if self._development else contextlib.nullcontext()
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


def _following(
    files: Path, changed: Callable[[dict[str, Any]], Awaitable[None]]
) -> AbstractAsyncContextManager[None]:
    """Follow the files with settings; one app's do not keep those of others."""

    async def each(app_ids: Sequence[str]) -> None:
        for app_id in app_ids:
            await attempt(changed({"app": app_id}), "following settings", app=app_id)

    return following(partial(SettingsWatcher, files), each, "following settings")
