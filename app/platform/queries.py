"""Looking at installed apps: what there is, what it was, what differs."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping

from app.core import apps
from app.core.apps import App, Preview, Step, Version
from app.core.context import Core
from app.platform.diff import Diff, compare
from app.platform.gate import Gate
from app.platform.permissions import Action, Requester, may


class AppQueries:
    """The part of `Platform` that changes nothing.

    Args:
        core: records, code store, audit log.
    """

    def __init__(self, core: Core) -> None:
        self._core = core
        self._gate = Gate(core)

    async def apps(self, who: Requester, *, deleted: bool = False) -> list[App]:
        """Return the apps that the requester may look after."""
        found = await apps.all_apps(self._core, deleted=deleted)
        return [app for app in found if may(who, Action.SEE, app.visible_to)]

    async def app(self, who: Requester, app_id: str) -> App:
        """Return an app.

        Raises:
            NotFound: there is none, or the requester may not know of it.
        """
        return await self._gate.app(who, app_id, Action.SEE)

    async def versions(
        self, who: Requester, app_id: str, *, limit: int = 100, before: int | None = None
    ) -> list[Version]:
        """Return versions of an app, the newest first."""
        await self.app(who, app_id)
        return await apps.versions(self._core, app_id, limit=limit, before=before)

    async def versions_of(
        self, who: Requester, found: Iterable[App]
    ) -> Mapping[tuple[str, int], Version]:
        """Return the current and the newest version of each of many apps, by app and number."""
        wanted = [
            (app.id, number)
            for app in found
            if may(who, Action.SEE, app.visible_to)
            for number in (app.current, app.newest)
            if number
        ]
        return await apps.versions_at(self._core, wanted)

    async def version(self, who: Requester, app_id: str, number: int) -> Version:
        """Return one version."""
        await self.app(who, app_id)
        return await apps.version(self._core, app_id, number)

    async def package(self, who: Requester, app_id: str, number: int) -> bytes:
        """Return the bytes of a version's package, exactly as uploaded."""
        version = await self.version(who, app_id, number)
        return await self._core.code.get(version.package_digest)

    async def diff(self, who: Requester, app_id: str, older: int, newer: int) -> Diff:
        """Return what differs between the files of two versions."""
        before = await self.package(who, app_id, older)
        after = await self.package(who, app_id, newer)
        return await asyncio.to_thread(compare, before, after)

    async def history(self, who: Requester, app_id: str, *, limit: int = 100) -> list[Step]:
        """Return what happened to an app, the latest first."""
        await self.app(who, app_id)
        return await apps.history(self._core, app_id, limit=limit)

    async def previews(self, who: Requester, app_id: str) -> list[Preview]:
        """Return the previews of an app that go on."""
        await self.app(who, app_id)
        return await apps.previews(self._core, app_id)
