"""Versions that are about to be served: open pages fetch their modules while the rest is done.

A page that has the module when it is told to show it shows it at once.
"""

from __future__ import annotations

import asyncio

import structlog

from app.cell.compiling.bundle import Bundle
from app.cell.compiling.es_module import AppModule
from app.node.releases.followers import Follower
from app.node.releases.module_store import ModuleStore
from app.node.releases.provider import Provider

log = structlog.get_logger("graft")


class ExpectedVersions:
    """Bundles of versions that are on their way to open pages, at most one of each app.

    Args:
        provider: where bundles come from.
        modules: where compiled modules are kept for the browser.
        followers: told what is coming.
    """

    def __init__(self, provider: Provider, modules: ModuleStore, followers: Follower) -> None:
        self._provider = provider
        self._modules = modules
        self._followers = followers
        self._reading: dict[str, tuple[int, asyncio.Task[Bundle | None]]] = {}
        # Held until the version has it: what nobody uses may be dropped at any moment.
        self._announced: dict[str, AppModule] = {}

    async def expect(self, app_id: str, number: int) -> None:
        """Read a version's bundle and let open pages fetch its module. None of its code runs.

        It is a hint: what goes wrong is found again, and told, when the version is loaded.
        """
        reading = asyncio.create_task(self._read(app_id, number))
        self._reading[app_id] = (number, reading)
        await asyncio.wait([reading])  # it goes on when whoever asked does not wait any longer

    async def bundle(self, app_id: str, number: int, *, announce: bool) -> Bundle | None:
        """Return the bundle of a version that is loaded now; it is announced if it was not yet."""
        expected, reading = self._reading.pop(app_id, (None, None))
        bundle = await reading if reading is not None and expected == number else None
        if bundle is None:
            bundle = await self._provider.bundle(app_id, number)
            if bundle is not None and announce:
                await self._announce(app_id, bundle.module)
        return bundle

    def settled(self, app_id: str) -> None:
        """Let go of what was held for an app."""
        self._reading.pop(app_id, None)
        self._announced.pop(app_id, None)

    async def _read(self, app_id: str, number: int) -> Bundle | None:
        try:
            # What failed, or was not granted yet, is no browser's business.
            bundle = await self._provider.bundle(app_id, number, only_ready=True)
            if bundle is not None:
                await self._announce(app_id, bundle.module)
        except Exception as error:
            log.warning("version not announced", app=app_id, number=number, why=str(error))
            return None
        return bundle

    async def _announce(self, app_id: str, module: AppModule) -> None:
        self._announced[app_id] = module
        self._modules.put(app_id, module)
        await self._followers.coming(app_id, module)
