"""Following what changes on disk: one call for all that came together, each after the last."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Protocol

from app.kernel.tasks import repeatedly

OnChange = Callable[[frozenset[str]], None]


class Watcher(Protocol):
    """Tells of changes, from a thread of its own, until it is closed."""

    def close(self) -> None:
        """Stop watching; nothing is told after this returns."""
        ...


@contextlib.asynccontextmanager
async def following(
    watch: Callable[[OnChange], Watcher],
    changed: Callable[[Sequence[str]], Awaitable[None]],
    what: str,
) -> AsyncIterator[None]:
    """Call `changed` with the ids of apps that a watcher tells, until the `with` statement ends.

    Args:
        watch: begins to watch; what it is given may be called from any thread.
        changed: called again only when it has returned, with all that was told meanwhile. What it
            raises is logged, and the next change is followed all the same.
        what: names what is followed, in the log.
    """
    loop = asyncio.get_running_loop()
    pending: set[str] = set()
    wanted = asyncio.Event()

    def note(app_ids: frozenset[str]) -> None:
        pending.update(app_ids)
        wanted.set()

    async def follow() -> None:
        await wanted.wait()
        wanted.clear()
        app_ids = sorted(pending)
        pending.clear()
        await changed(app_ids)

    def from_thread(app_ids: frozenset[str]) -> None:
        loop.call_soon_threadsafe(note, app_ids)

    # Watching and its end may wait for the disk, or for a thread.
    watcher = await asyncio.to_thread(watch, from_thread)
    try:
        async with repeatedly(follow, what):
            yield
    finally:
        await asyncio.to_thread(watcher.close)
