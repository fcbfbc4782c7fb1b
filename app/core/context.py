"""Where the contexts find their database, file store, bus and clock.

The composition root opens one `Core` and installs it for the process; tests open one each and
`use` it for a block. No other module of the core holds state.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

import anyio.to_thread

from app.core.app_folders import AppFolders
from app.core.blobs import BlobFolder
from app.core.bus import Bus
from app.core.code_store import CodeStore
from app.core.database import Database
from app.core.limits import Limits
from app.core.refusals import RefusalLimiter
from app.core.secret_box import SecretBox
from app.kernel.errors import CoreError
from app.kernel.tasks import in_background

T = TypeVar("T")
Clock = Callable[[], datetime]


class NoCore(CoreError):
    """A context was used before a `Core` was installed."""


def utc_now() -> datetime:
    """Return the time, with its zone."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Core:
    """All state of the contexts. `node` is what the audit log calls this server."""

    database: Database
    blobs: BlobFolder
    bus: Bus
    code: CodeStore
    secrets: SecretBox
    folders: AppFolders
    clock: Clock = utc_now
    limits: Limits = field(default_factory=Limits)
    node: str = field(default_factory=socket.gethostname)
    refusals: RefusalLimiter = field(default_factory=RefusalLimiter)
    _unfinished: set[asyncio.Task[Any]] = field(default_factory=set, repr=False, compare=False)

    async def finish(self, work: Coroutine[Any, Any, T]) -> T:
        """Await `work`, which goes on to its end even when the caller is cancelled.

        For a change and its announcement: a page that is closed at the wrong moment must not
        leave a committed change that nobody heard of.
        """
        task = asyncio.ensure_future(work)
        self._unfinished.add(task)
        task.add_done_callback(self._unfinished.discard)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            # Nobody is left who would hear of its failure.
            in_background(_outcome(task), "finishing a change")
            raise

    async def close(self) -> None:
        """Wait for changes under way, end all subscriptions, close the database."""
        while self._unfinished:
            await asyncio.gather(*self._unfinished, return_exceptions=True)
        await self.bus.close()
        await anyio.to_thread.run_sync(self.database.close)


async def _outcome(task: asyncio.Task[Any]) -> None:
    """Raise what a task raises; what the core refuses is no fault."""
    with suppress(CoreError):
        await asyncio.shield(task)


_used: ContextVar[Core] = ContextVar("graft_core")


class _Process:
    """What `install` set. A context variable would not reach threads and tasks started before."""

    installed: Core | None = None


def core() -> Core:
    """Return the core in use: that of the innermost `use`, else the installed one.

    Raises:
        NoCore: there is none.
    """
    found = _used.get(None) or _Process.installed
    if found is None:
        raise NoCore("no core is open: the server installs one; in tests wrap in `with use(core):`")
    return found


@contextmanager
def use(core: Core) -> Iterator[Core]:
    """Use `core` within the block, and in the tasks that it starts."""
    token = _used.set(core)
    try:
        yield core
    finally:
        _used.reset(token)


def install(core: Core) -> Callable[[], None]:
    """Make `core` the default of the process; for the composition root only.

    Returns what takes it away again.

    Raises:
        RuntimeError: another one is installed.
    """
    if _Process.installed is not None:
        raise RuntimeError("a core is installed already; take it away before installing another")
    _Process.installed = core

    def uninstall() -> None:
        if _Process.installed is core:
            _Process.installed = None

    return uninstall
