"""Supervisor: processes for cells, forked ahead, watched and ended.

    async with Supervisor() as supervisor:
        cell = await supervisor.take()

Cells end with the process that they were forked from, and that one with this: so the kernel itself
sees to it that no code of an app outlives the server, however that ends. Nothing of an app runs in
the process that they come of, and it is the last that the kernel ends where memory runs out. When
it dies all the same, cells end as they end by any fault, and new ones come of its successor.
Refused: cells that are the server's own children (what an app leaves behind would have to be told
from the server's other children), and cells that find out by themselves whether the server lives
(code of an app can prevent it).
"""

from __future__ import annotations

import asyncio
import logging
import shutil
from collections import deque
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Self

from app.cell.confinement.confinement import LAYERS
from app.cell.process.protocol import FOLDER_PREFIX, Start
from app.node.cells.cell_process import CellProcess
from app.node.cells.zygote import Zygote, ZygoteLost

log = logging.getLogger(__name__)

_ATTEMPTS = 2
_WATCH_SECONDS = 0.25


class NoCells(RuntimeError):
    """No process can be made for an app, through no fault of the app."""


class Supervisor:
    """Makes processes for cells out of one that has everything imported, and replaces that one
    when it dies. Use as an async context manager, or `close` it; it begins with the first cell.
    """

    def __init__(
        self,
        start: Start | None = None,
        *,
        spares: int = 1,
        nice: int = 5,
        rss_limit: int | None = None,
        refill_seconds: float = 0.2,
    ) -> None:
        """Take how the process that cells come of begins, how many cells are made ahead, how far
        behind the server they stand in the queue for the processor, how much memory each may have
        unless its `rss_limit` is changed, and how long after a cell was taken another is made
        ahead: not while that one begins its work.
        """
        self._start = start or Start()
        self._wanted = spares
        self._nice = nice
        self._rss_limit = rss_limit
        self._refill_seconds = refill_seconds
        self._zygote: Zygote | None = None
        self._starting = asyncio.Lock()
        self._spares: deque[CellProcess] = deque()
        # All that have not ended yet, those that make no further cell among them.
        self._zygotes: set[Zygote] = set()
        self._watching: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._refill_timer: asyncio.TimerHandle | None = None
        self._closed = False
        self._folder = ""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @property
    def cells(self) -> list[CellProcess]:
        """Those that run, spares among them."""
        return [cell for zygote in self._zygotes for cell in zygote.cells]

    @property
    def process_id(self) -> int | None:
        """Id of the process that further cells come of, None while there is none."""
        return self._zygote.pid if self._zygote else None

    @property
    def missing_layers(self) -> tuple[str, ...]:
        """What should confine cells and this machine's kernel lacks; empty before the start."""
        layers = self._zygote.layers if self._zygote else LAYERS
        return tuple(name for name in LAYERS if name not in layers)

    @property
    def folder(self) -> Path:
        """Where cells have folders of their own: it goes when the last of them does, with all that
        is in it, even if the server is killed. There since `start`.
        """
        if not self._folder:
            raise NoCells("it has not been started")
        return Path(self._folder)

    async def start(self) -> None:
        """Make the spares ahead of the first cell, which then does not wait. Raises NoCells."""
        try:
            await self._alive()
        except ZygoteLost as error:
            raise NoCells(str(error)) from error
        await self._refill()

    async def take(self, entry: str = "") -> CellProcess:
        """A process that nobody has used, and that runs `entry` (`Start.entry` unless it is given,
        else one of `Start.packages`). Raises NoCells.
        """
        if entry:
            return await self._fork(entry)
        cell = self._spare()
        if cell is None:
            cell = await self._fork()
        self._refill_later()
        return cell

    def renew(self) -> None:
        """Let further cells come of a new process, which imports anew; those that run go on."""
        while (spare := self._spare()) is not None:
            _discard(spare)
        if self._zygote is not None:
            self._zygote.retire()

    async def close(self) -> None:
        """End all cells and the process that they come of."""
        self._closed = True
        if self._refill_timer is not None:
            self._refill_timer.cancel()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        while (spare := self._spare()) is not None:
            _discard(spare)
        async with self._starting:
            ended = [cell.ended for cell in self.cells]
            await asyncio.gather(*(self._end(zygote) for zygote in list(self._zygotes)))
            await asyncio.gather(*ended)
            self._zygote = None
        if self._folder:
            await asyncio.to_thread(shutil.rmtree, self._folder, ignore_errors=True)
            self._folder = ""

    def _spare(self) -> CellProcess | None:
        while self._spares:
            spare = self._spares.popleft()
            if not spare.ended.done():
                return spare
            spare.socket.close()
        return None

    async def _fork(self, entry: str = "") -> CellProcess:
        error: Exception | None = None
        for _ in range(_ATTEMPTS):
            try:
                zygote = await self._alive()
                cell = await zygote.fork(self._nice, entry)
            except ZygoteLost as lost:
                log.warning("The process that cells are forked from is replaced: %s.", lost)
                error = lost
            except OSError as failed:
                raise NoCells(str(failed)) from failed
            else:
                cell.rss_limit = self._rss_limit
                return cell
        raise NoCells(f"the process that cells are forked from was lost: {error}") from error

    async def _alive(self) -> Zygote:
        async with self._starting:
            if self._closed:
                raise NoCells("the server is closing")
            if self._zygote is None or self._zygote.lost:
                self._zygote = None
                if not self._folder:
                    self._folder = await asyncio.to_thread(mkdtemp, prefix=FOLDER_PREFIX)
                start = replace(self._start, folder=self._folder)
                self._zygote = await Zygote.start(start, idle=self._is_idle)
                self._zygotes.add(self._zygote)
                if self._watching is None:
                    self._watching = self._begin(self._watch())
            return self._zygote

    def _is_idle(self, zygote: Zygote) -> None:
        """A process is of no use any more and none of its cells runs."""
        if not self._closed and zygote in self._zygotes:
            self._begin(self._end(zygote))

    async def _end(self, zygote: Zygote) -> None:
        await zygote.end()
        self._zygotes.discard(zygote)

    async def _watch(self) -> None:
        """Look after the memory of all cells."""
        while True:
            for cell in self.cells:
                cell.limit_memory()
            await asyncio.sleep(_WATCH_SECONDS)

    def _refill_later(self) -> None:
        if self._closed or not self._wanted or self._refill_timer is not None:
            return
        loop = asyncio.get_running_loop()
        self._refill_timer = loop.call_later(self._refill_seconds, self._refill_now)

    def _refill_now(self) -> None:
        self._refill_timer = None
        self._begin(self._refill())

    async def _refill(self) -> None:
        while len(self._spares) < self._wanted and not self._closed:
            self._spares.append(await self._fork())

    def _begin(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.warning("No cell could be made ahead: %s", error)


def _discard(cell: CellProcess) -> None:
    cell.kill()
    with suppress(OSError):
        cell.socket.close()
