"""Dry run: load and compile a package in a process of its own, without harm to this one.

    async with DryRunner() as runner:
        result = await runner.run(folder)

The process is a cell that is not kept (`app.node.cells`). Tried and refused: a fresh Python for
each run (a second to import Reflex); a thread (an endless loop cannot be ended); forking the server
itself (threads, sockets and secrets would come along).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

import structlog

from app.cell.process.protocol import Start
from app.kernel.tasks import in_background
from app.node.cells.cell_process import CellProcess
from app.node.cells.supervisor import NoCells, Supervisor
from app.packages.limits import DryRunLimits
from app.packages.trying.protocol import Order, Outcome
from app.packages.trying.verdict import DryRun, judge

log = structlog.get_logger("graft")

WARDEN = "app.packages.trying.warden"
"""What a process of a dry run begins with."""

CONTEXTS = ("app.core.accounts", "app.core.documents", "app.core.files")
"""What apps import of the core."""

# Beyond the run's own time: the warden's work at its end. Then something is wrong with the warden.
_GRACE_SECONDS = 15.0
_OUTCOME_BYTES = 64 * 1024 * 1024
_ATTEMPTS = 2


class DryRunFailed(RuntimeError):
    """The dry run could not be made, through no fault of the package."""


class DryRunner:
    """Makes dry runs, several at a time. Use as an async context manager, or `start` and `close`.

    What runs come of is replaced when it dies.
    """

    def __init__(self, supervisor: Supervisor | None = None, *, parallel: int = 2) -> None:
        """Take who makes processes, whose `Start.packages` has `WARDEN` and `CONTEXTS`, else the
        runner has one of its own; and how many runs may go on at once: further ones wait.
        """
        self._own = supervisor is None
        start = Start(WARDEN, packages=CONTEXTS)
        self._supervisor = supervisor or Supervisor(start, spares=0)
        self._slots = asyncio.Semaphore(parallel)
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def start(self) -> None:
        """Import what runs need ahead of the first, which then does not wait for it. Raises
        DryRunFailed.
        """
        try:
            await self._supervisor.start()
        except NoCells as error:
            raise DryRunFailed(f"the process that checks packages: {error}") from error

    async def close(self) -> None:
        """End every run."""
        if self._own:
            await self._supervisor.close()

    @property
    def process_id(self) -> int | None:
        """Id of the process that runs are forked from, None while there is none."""
        return self._supervisor.process_id

    @property
    def missing_layers(self) -> tuple[str, ...]:
        """What should confine runs and this machine's kernel lacks; empty before `start`."""
        return self._supervisor.missing_layers

    async def run(
        self,
        folder: Path,
        *,
        taken_urls: Mapping[str, str] | None = None,
        has_library: Callable[[str], bool] = lambda _: True,
        settings: Mapping[str, Any] | None = None,
        limits: DryRunLimits | None = None,
    ) -> DryRun:
        """Load and compile the app in `folder` (`…/<client>/<app>`).

        `taken_urls` maps urls of other apps to their ids; `has_library` tells what this server's
        front end has; `settings` are checked against the app's own model. Raises DryRunFailed when
        the run could not be made.
        """
        limits = limits or DryRunLimits()
        async with self._slots:
            await self.start()
            scratch = await asyncio.to_thread(tempfile.mkdtemp, dir=self._supervisor.folder)
            try:
                order = Order(str(folder), scratch, dict(taken_urls or {}), limits, settings)
                outcome = await self._ask(order)
            finally:
                await asyncio.to_thread(shutil.rmtree, scratch, ignore_errors=True)
        return judge(outcome, folder, limits, has_library)

    async def _ask(self, order: Order) -> Outcome:
        error: Exception | None = None
        for _ in range(_ATTEMPTS):
            try:
                return await self._outcome_of(order)
            except (OSError, ValueError, TimeoutError) as failed:
                # The warden died, or what it came of; that says nothing about the package yet.
                error = failed
        raise DryRunFailed("the process that checks packages died twice") from error

    async def _outcome_of(self, order: Order) -> Outcome:
        """Send the order to a new warden and wait for what it reports."""
        try:
            warden = await self._supervisor.take(WARDEN)
        except NoCells as error:
            raise DryRunFailed(f"the process that checks packages: {error}") from error
        in_background(_log(warden), "following a dry run", tasks=self._tasks)
        reader, writer = await asyncio.open_connection(sock=warden.socket, limit=_OUTCOME_BYTES)
        try:
            async with asyncio.timeout(order.limits.seconds + _GRACE_SECONDS):
                writer.write(order.as_json())
                answer = await reader.read(-1)
        except TimeoutError:
            warden.kill()
            raise
        finally:
            # A warden to whom nobody listens ends its trial, and itself.
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
        # Empty when the warden is gone: not JSON, and so a ValueError.
        return Outcome(**json.loads(answer))


async def _log(warden: CellProcess) -> None:
    """Log what a warden prints: it does only if something is wrong with it."""
    async for line in warden.output:
        log.error("the process of a dry run has a fault", line=line)


async def dry_run(
    folder: Path,
    *,
    taken_urls: Mapping[str, str] | None = None,
    has_library: Callable[[str], bool] = lambda _: True,
    limits: DryRunLimits | None = None,
) -> DryRun:
    """One dry run with a process of its own, which takes a second more; see `DryRunner.run`."""
    async with DryRunner() as runner:
        return await runner.run(
            folder, taken_urls=taken_urls, has_library=has_library, limits=limits
        )
