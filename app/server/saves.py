"""Development: whatever is saved in the folder of client apps is deployed by itself."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path

from app.kernel.tasks import again_and_again


@contextlib.asynccontextmanager
async def following_saves(
    folder: Path, changed: Callable[[Sequence[str]], Awaitable[None]]
) -> AsyncIterator[None]:
    """Call `changed` with the ids of apps that were saved, until the `with` statement ends.

    Args:
        folder: the folder of client apps.
        changed: called again only when it has returned; with all that was saved meanwhile.
    """
    # Here, because a server that follows no saves needs no watcher.
    from app.source.watching.watch import Watcher

    loop = asyncio.get_running_loop()
    pending: set[str] = set()
    wanted = asyncio.Event()

    def note(app_ids: frozenset[str]) -> None:
        pending.update(app_ids)
        wanted.set()

    async def deploy() -> None:
        await wanted.wait()
        wanted.clear()
        app_ids = sorted(pending)
        pending.clear()
        await changed(app_ids)

    def from_thread(app_ids: frozenset[str]) -> None:
        loop.call_soon_threadsafe(note, app_ids)

    watcher = Watcher(folder, from_thread)
    try:
        async with again_and_again(deploy, "following saves"):
            yield
    finally:
        watcher.close()
