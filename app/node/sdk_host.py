"""What the sdk asks of the node that runs an app's code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from app.node.app_files import AppFiles
from app.node.app_settings import SettingsSource
from app.node.releases.in_memory import VersionsInMemory
from app.node.releases.served import Served
from app.node.sessions.live import Live
from app.sdk.scope import AppInfo, Change, Member, Scope


class SdkHost:
    """`app.sdk.scope.Host` on the parts of a node.

    Args:
        served: has the apps of the moment.
        versions: what is loaded.
        settings: has what administrators set for apps.
        files: has the folders of apps.
        live: reaches other pages.
    """

    def __init__(
        self,
        served: Served,
        versions: VersionsInMemory,
        settings: SettingsSource,
        files: AppFiles,
        live: Live,
    ) -> None:
        self._served = served
        self._versions = versions
        self._settings = settings
        self._files = files
        self._live = live

    def asset_url(self, app: AppInfo, name: str) -> str:
        """See `app.sdk.scope.Host`."""
        return self._versions.asset_url(app, name)

    def beside_url(self, app: AppInfo, path: str) -> str:
        """See `app.sdk.scope.Host`."""
        return self._versions.beside_url(app, path)

    def is_outdated(self, app: AppInfo) -> bool:
        """See `app.sdk.scope.Host`."""
        record = self._served.catalog.get(app.id)
        if record is None:
            return True
        return app.number not in {record.number, *(p.number for p in record.access.previews)}

    def settings_values(self, app: AppInfo) -> Mapping[str, Any]:
        """See `app.sdk.scope.Host`."""
        return self._settings.values(app.id)

    def folder(self, scope: Scope, *, shared: bool) -> Path:
        """See `app.sdk.scope.Host`."""
        return self._files.folder(scope, shared=shared)

    def changes_file(self, scope: Scope, path: str, change: Change) -> bool:
        """See `app.sdk.scope.Host`."""
        return self._files.changes_file(scope, path, change)

    async def broadcast(self, scope: Scope, event: Any, *, to_self: bool) -> None:
        """See `app.sdk.scope.Host`."""
        await self._live.broadcast(scope, event, to_self=to_self)

    async def subscribe(self, scope: Scope, topic: str, handler: Any) -> None:
        """See `app.sdk.scope.Host`."""
        await self._live.subscribe(scope, topic, handler)

    async def presence_set(self, scope: Scope, topic: str, meta: Mapping[str, Any]) -> None:
        """See `app.sdk.scope.Host`."""
        await self._live.presence_set(scope, topic, meta)

    async def presence_leave(self, scope: Scope, topic: str) -> None:
        """See `app.sdk.scope.Host`."""
        await self._live.presence_leave(scope, topic)

    def presence_here(self, scope: Scope, topic: str) -> Sequence[Member]:
        """See `app.sdk.scope.Host`."""
        return self._live.presence_here(scope, topic)
