"""Dry run: load and compile a package in a process of its own, without harm to this one.

    async with DryRunner() as runner:
        result = await runner.run(folder)

Tried and refused: a fresh Python for each run (a second to import Reflex); a thread (an endless
loop cannot be ended); forking the server itself (threads, sockets and secrets would come along).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

from app.cell.confinement.confinement import LAYERS
from app.cell.process.environment import environment
from app.packages.limits import DryRunLimits
from app.packages.trying.protocol import FOLDER_PREFIX, READY, Order, Outcome
from app.packages.trying.verdict import DryRun, judge

_START_SECONDS = 60.0
# Beyond the run's own time: the warden's work at its end. Then something is wrong with the warden.
_GRACE_SECONDS = 15.0
_OUTCOME_BYTES = 64 * 1024 * 1024


class DryRunFailed(RuntimeError):
    """The dry run could not be made, through no fault of the package."""


class DryRunner:
    """Makes dry runs, several at a time, out of one process that has everything imported.

    That process is replaced when it dies. Use as an async context manager, or `start` and `close`.
    """

    def __init__(self, *, parallel: int = 2) -> None:
        """Take how many runs may go on at once; further ones wait."""
        self._slots = asyncio.Semaphore(parallel)
        self._starting = asyncio.Lock()
        self._parent: _Parent | None = None
        self._folder = ""
        self._missing: tuple[str, ...] = ()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def start(self) -> None:
        """Start the process ahead of the first run, which then does not wait for it."""
        await self._alive()

    async def close(self) -> None:
        """End the process and every run."""
        parent, self._parent = self._parent, None
        if parent is not None:
            await asyncio.to_thread(parent.end)
        if self._folder:
            await asyncio.to_thread(shutil.rmtree, self._folder, ignore_errors=True)
            self._folder = ""

    @property
    def process_id(self) -> int | None:
        """Id of the process that runs are forked from, None while there is none."""
        return self._parent.process_id if self._parent else None

    @property
    def missing_layers(self) -> tuple[str, ...]:
        """What should confine runs and this machine's kernel lacks; empty before `start`."""
        return self._missing

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
            parent = await self._alive()
            scratch = await asyncio.to_thread(tempfile.mkdtemp, dir=self._folder)
            try:
                order = Order(str(folder), scratch, dict(taken_urls or {}), limits, settings)
                outcome = await self._ask(parent, order)
            finally:
                await asyncio.to_thread(shutil.rmtree, scratch, ignore_errors=True)
        return judge(outcome, folder, limits, has_library)

    async def _ask(self, parent: _Parent, order: Order) -> Outcome:
        try:
            return await _outcome_of(parent, order)
        except (OSError, ValueError, TimeoutError):
            # It died before or during the run; that says nothing about the package yet.
            await self._replace(parent)
            parent = await self._alive()
        try:
            return await _outcome_of(parent, order)
        except (OSError, ValueError, TimeoutError) as error:
            await self._replace(parent)
            raise DryRunFailed("the process that checks packages died twice") from error

    async def _alive(self) -> _Parent:
        async with self._starting:
            if self._parent is not None and not self._parent.is_alive():
                await asyncio.to_thread(self._parent.end)
                self._parent = None
            if self._parent is None:
                self._folder = self._folder or await asyncio.to_thread(
                    tempfile.mkdtemp, prefix=FOLDER_PREFIX
                )
                self._parent = await _Parent.start(self._folder)
                self._missing = tuple(n for n in LAYERS if n not in self._parent.layers)
            return self._parent

    async def _replace(self, dead: _Parent) -> None:
        async with self._starting:
            if self._parent is dead:
                self._parent = None
        await asyncio.to_thread(dead.end)


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


class _Parent:
    """The process that runs are forked from, and the socket to it.

    Attributes:
        layers: what confines the runs, as the process told when it was ready.
    """

    def __init__(self, process: subprocess.Popen[bytes], control: socket.socket) -> None:
        self._process = process
        self._control = control
        self.layers: tuple[str, ...] = ()

    @property
    def process_id(self) -> int:
        return self._process.pid

    @classmethod
    async def start(cls, folder: str) -> _Parent:
        """Start the process; `folder` becomes its working and home folder."""
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                process = await asyncio.to_thread(_spawn, folder, theirs.fileno())
        except BaseException:
            ours.close()
            raise
        parent = cls(process, ours)
        try:
            ours.setblocking(False)
            async with asyncio.timeout(_START_SECONDS):
                ready = await asyncio.get_running_loop().sock_recv(ours, 256)
        except BaseException:
            await asyncio.shield(asyncio.to_thread(parent.end))
            raise
        if not ready.startswith(READY):
            await asyncio.to_thread(parent.end)
            raise DryRunFailed("the process that checks packages could not be started")
        parent.layers = tuple(ready.removeprefix(READY).decode().split())
        return parent

    def is_alive(self) -> bool:
        return self._process.poll() is None

    def send(self, connection: socket.socket) -> None:
        """Have a warden serve the other end of a connection."""
        socket.send_fds(self._control, [b"r"], [connection.fileno()])

    def end(self) -> None:
        """Kill and reap it; wardens follow, and with them their trials."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        # Not before: it would tidy up the folder, where its successor may be at work.
        self._control.close()


async def _outcome_of(parent: _Parent, order: Order) -> Outcome:
    """Send the order to a new warden and wait for what it reports."""
    ours, theirs = socket.socketpair()
    with theirs:
        try:
            parent.send(theirs)
        except BaseException:
            ours.close()
            raise
    reader, writer = await asyncio.open_connection(sock=ours, limit=_OUTCOME_BYTES)
    try:
        async with asyncio.timeout(order.limits.seconds + _GRACE_SECONDS):
            writer.write(order.as_json())
            answer = await reader.read(-1)
    finally:
        writer.close()
    # Empty when the warden is gone: not JSON, and so a ValueError.
    return Outcome(**json.loads(answer))


def _spawn(folder: str, descriptor: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-P", "-m", "app.packages.trying.dry_run_child", str(descriptor)]
    return subprocess.Popen(  # noqa: S603 - this very Python and a module of ours
        command,
        cwd=folder,
        env=environment(folder),
        pass_fds=(descriptor,),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
