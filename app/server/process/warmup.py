"""What makes the first app open as quickly as the second: done in the background, once the server
answers.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
from collections.abc import AsyncIterator, Awaitable, Callable

from app.kernel.tasks import end, in_background
from app.rules.installed import is_installed, look
from app.server.process import garbage

WARMING = "graft: warming up"
"""Name of the task that does it."""


@contextlib.asynccontextmanager
async def warming_up(
    has_library: Callable[[str], bool],
    then: Callable[[], Awaitable[None]] | None = None,
    *,
    object_store: bool = False,
) -> AsyncIterator[None]:
    """Warm up inside the `async with` statement, in a worker thread.

    Args:
        has_library: the first question reads all component packages.
        then: what else can be done in the background, until the statement ends.
        object_store: whether packages are in one.
    """

    async def warm_up() -> None:
        await asyncio.to_thread(_warm_up, has_library, object_store)
        if then is not None:
            await then()

    warming = in_background(warm_up(), WARMING)
    try:
        yield
    finally:
        await end(warming)


def _warm_up(has_library: Callable[[str], bool], object_store: bool) -> None:
    try:
        if object_store:
            importlib.import_module("obstore")  # otherwise on the event loop, at its first use
        look()  # what is installed later in another version than runs is known by this
        is_installed("reflex")  # the first question reads the requirements
        has_library("react")
    finally:
        garbage.look()
