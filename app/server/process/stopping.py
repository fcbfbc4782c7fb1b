"""Telling answers that go on that the server stops; others end by themselves."""

from __future__ import annotations

import asyncio


class Stopping:
    """Whether the server stops."""

    def __init__(self) -> None:
        self._begun = asyncio.Event()

    def begin(self) -> None:
        """The server stops; called on the event loop."""
        self._begun.set()

    async def wait(self) -> None:
        """Return when the server stops."""
        await self._begun.wait()
