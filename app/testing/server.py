"""The server of a kit, which a test can stop and start again."""

from __future__ import annotations

import contextlib

from app.core.context import Core
from app.node.app_settings import SettingsSource
from app.testing.isolated import own_modules, own_registry
from app.testing.node import Node
from app.testing.provider import TestedApps


class Shelf(dict[str, bytes]):
    """Where the values of open pages wait between two servers."""

    def put(self, token: str, content: bytes) -> None:
        """See `app.node.sessions.keeping.Shelf`."""
        self[token] = content

    def take(self, token: str) -> bytes | None:
        """See `app.node.sessions.keeping.Shelf`."""
        return self.pop(token, None)


class Server:
    """One node after the other, on the same apps and the same data.

    Attributes:
        node: the one that runs.
    """

    node: Node

    def __init__(self, apps: TestedApps, core: Core, settings: SettingsSource) -> None:
        self.apps = apps
        self._core = core
        self._settings = settings
        self._shelf = Shelf()
        self._running = contextlib.AsyncExitStack()

    async def start(self) -> None:
        """Start a node."""
        self._running.enter_context(own_registry())
        self._running.enter_context(own_modules())
        self.node = await self._running.enter_async_context(
            Node.running(
                self.apps,
                self._core.bus,
                settings=self._settings,
                folders=self._core.folders,
                shelf=self._shelf,
            )
        )

    async def stop(self) -> None:
        """Stop the node that runs."""
        await self._running.aclose()

    async def restart(self) -> None:
        """Stop the node and start another; tabs have lost their connection then."""
        await self.node.engine.keeper.put_aside()
        await self.stop()
        await self.start()
