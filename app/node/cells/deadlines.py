"""Deadlines of events in cells: whoever holds up everybody, or lets a tab wait for ever, is ended.

A loop that does not turn cannot be asked to end: where it is is noted, and the process is killed.
An event that only waits is cancelled first.
"""

from __future__ import annotations

import asyncio

import structlog

from app.cell.serving import messages as say
from app.cell.serving.frames import Kind
from app.node.cells.heard import Running
from app.node.cells.remote import CellEnded, CellFailed, RemoteCell

log = structlog.get_logger("graft")

LOOK_SECONDS = 0.25
GRACE_SECONDS = 2.0
"""How long an event that was cancelled may take to end."""


class Watch:
    """Watches one cell.

    Args:
        cell: the cell, which runs in a process.
    """

    def __init__(self, cell: RemoteCell) -> None:
        self._cell = cell

    async def run(self) -> None:
        """Watch until the cell is over."""
        while not self._cell.is_over:
            await asyncio.sleep(LOOK_SECONDS)
            if not self._cell.runs:
                continue
            if not await self._turns():
                await self._end(f"{self._what()} held it up for {self._cell.budget:g} s")
            for running in tuple(self._cell.runs.values()):
                await self._judge(running)

    async def _turns(self) -> bool:
        """Tell whether the cell's loop turns."""
        try:
            async with asyncio.timeout(self._cell.budget):
                await self._cell.ask(Kind.PING, say.OfTab(tab=""))
        except TimeoutError:
            return False
        except (CellEnded, CellFailed):
            return True
        return True

    async def _judge(self, running: Running) -> None:
        waits = asyncio.get_running_loop().time() - running.since
        if running.is_background or waits < self._cell.budget:
            return
        if not running.is_cancelled:
            running.is_cancelled = True
            self._cell.cancel(running)
        elif waits > self._cell.budget + GRACE_SECONDS:
            await self._end(f"{running.name} did not end when it was cancelled")

    async def _end(self, why: str) -> None:
        process = self._cell.process
        if process is None:
            return
        self._cell.trace = await process.trace()
        process.kill(why)

    def _what(self) -> str:
        began = self._cell.on_loop
        return began.name if began is not None else "code of the app"
