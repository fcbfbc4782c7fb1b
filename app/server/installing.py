"""Development: apps that lacked a package are tried again when somebody installs it."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from functools import partial

from app.kernel.tasks import in_thread
from app.node.engine import Engine
from app.rules.installed import stamp
from app.source.watching.following import OnChange, following

EVERY_SECONDS = 1.0
"""Between two looks: each costs a look at the dates of a few folders."""

_ANYTHING = frozenset({"requirements"})


class InstalledWatcher:
    """Looks until it is closed whether something was pinned, installed or removed.

    Args:
        on_change: called from the watcher's own thread, when nothing more changes.
        every: seconds between two looks.
    """

    def __init__(self, on_change: OnChange, every: float = EVERY_SECONDS) -> None:
        self._on_change = in_thread(on_change, "telling of installed packages")
        self._every = every
        self._known = stamp()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="graft-installed", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop looking; nothing is told after this returns."""
        self._closing.set()
        self._thread.join()

    def _run(self) -> None:
        is_told = True
        while not self._closing.wait(self._every):
            now = stamp()
            if now != self._known:
                # Installing takes a while, and half a package is of no use.
                self._known, is_told = now, False
            elif not is_told:
                is_told = True
                self._on_change(_ANYTHING)


@contextlib.asynccontextmanager
async def trying_again(
    engine: Engine,
    changed: Callable[[Sequence[str]], Awaitable[None]],
    every: float = EVERY_SECONDS,
) -> AsyncIterator[None]:
    """Load apps that fail once more after something was installed, inside the `with` statement.

    Args:
        engine: knows which apps fail.
        changed: called with their ids.
        every: seconds between two looks.
    """

    async def try_again(_: Sequence[str]) -> None:
        await changed([record.id for record in engine.catalog if record.failure is not None])

    watch = partial(InstalledWatcher, every=every)
    async with following(watch, try_again, "following what is installed"):
        yield
