"""Cells in processes of their own, of a supervisor's."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

import structlog

from app.cell.confinement.confinement import MB, Confinement
from app.cell.serving.wire import Wire
from app.kernel.grants import Grants
from app.kernel.tasks import in_background
from app.node.cells.cell_process import CellProcess
from app.node.cells.deadlines import Watch
from app.node.cells.remote import BUDGET_SECONDS, RemoteCell
from app.node.cells.starting import MOST
from app.node.cells.supervisor import NoCells, Supervisor
from app.source.app_source import AppSource
from app.source.problems import NotNow, Problem

log = structlog.get_logger("graft")

NETWORK = "network"
ENTRY = "app.cell.serving.main"
"""Module that a process of a supervisor's runs to be a cell."""

DATA_BYTES = 512 * MB
RSS_BYTES = 512 * MB
FILE_BYTES = 256 * MB
OPEN_FILES = 256


class InProcesses:
    """See `Starter`.

    Args:
        supervisor: makes processes that run `ENTRY`; it is the caller's to close.
        event_seconds: how long an event may hold up its cell, or let its tab wait.
        rss_bytes: memory that a cell may have.
        most: how many may run at the same time.
    """

    def __init__(
        self,
        supervisor: Supervisor,
        *,
        event_seconds: float = BUDGET_SECONDS,
        rss_bytes: int = RSS_BYTES,
        most: int = MOST,
    ) -> None:
        self.most = most
        self._supervisor = supervisor
        self._event_seconds = event_seconds
        self._rss_bytes = rss_bytes
        self._tasks: set[asyncio.Task[bool]] = set()

    async def start(self, cell: RemoteCell) -> None:
        """See `Starter`."""
        try:
            process = await self._supervisor.take()
        except NoCells as error:
            raise NotNow((_no_process(str(error)),)) from error
        wire = Wire(cell.took, lambda why: process.kill("its server does without it"))
        loop = asyncio.get_running_loop()
        await loop.create_unix_connection(lambda: wire, sock=process.socket)
        cell.connect(wire)
        process.rss_limit = self._rss_bytes
        cell.process, cell.budget = process, self._event_seconds
        in_background(self._follow(cell, process), "following a cell", tasks=self._tasks)
        in_background(self._watch(cell), "watching a cell", tasks=self._tasks)

    def confinement(
        self, cell: RemoteCell, source: AppSource, grants: Grants | None, write: Sequence[Path]
    ) -> Confinement:
        """See `Starter`."""
        scratch = cell.scratch = tempfile.mkdtemp(dir=self._supervisor.folder or None)
        return Confinement(
            read=(str(source.root),),
            write=(scratch, *map(str, write)),
            network=grants is None or NETWORK in grants,
            data_bytes=DATA_BYTES,
            file_bytes=FILE_BYTES,
            open_files=OPEN_FILES,
        )

    async def close(self) -> None:
        """See `Starter`."""
        for task in tuple(self._tasks):
            task.cancel()

    async def _watch(self, cell: RemoteCell) -> None:
        await Watch(cell).run()

    async def _follow(self, cell: RemoteCell, process: CellProcess) -> None:
        """Log what a cell prints, and take note of its end."""
        async for line in process.output:
            log.info("app printed", pid=process.pid, text=line)
        await process.ended
        cell.trace = cell.trace or process.crash
        cell.lost(process.why)
        if cell.scratch:
            await asyncio.to_thread(shutil.rmtree, cell.scratch, ignore_errors=True)


def _no_process(why: str) -> Problem:
    return Problem(
        app="",
        stage="load",
        file="",
        line=None,
        message=f"no process can be started for the app: {why}",
        remedy="Look at the server's log, and at the limits of processes and memory.",
    )
