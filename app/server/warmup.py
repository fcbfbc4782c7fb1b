"""What makes the first app open as quickly as the second: done in the background, once the server
answers.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import importlib
from collections.abc import AsyncIterator, Awaitable, Callable

from app.runtime.imports import is_installed

WARMING = "graft: warming up"
"""Name of the task that does it."""

LOOKS_FOR_GARBAGE = (10_000, 2, 10)
"""After so many more objects Python looks for garbage among them; after two such looks among those
that were left each time, which keeps a look short; after ten of those, if a quarter is new, among
all."""


@contextlib.asynccontextmanager
async def warming_up(
    has_library: Callable[[str], bool],
    then: Callable[[], Awaitable[None]] | None = None,
    *,
    production: bool = False,
) -> AsyncIterator[None]:
    """Warm up inside the `async with` statement, in a worker thread.

    Args:
        has_library: the first question reads all component packages.
        then: what else can be done in the background, until the statement ends.
        production: whether apps come from the code store.
    """

    async def warm_up() -> None:
        await asyncio.to_thread(_warm_up, has_library, production)
        if then is not None:
            await then()

    warming = asyncio.create_task(warm_up(), name=WARMING)
    try:
        yield
    finally:
        warming.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await warming


def _warm_up(has_library: Callable[[str], bool], production: bool) -> None:
    if production:
        importlib.import_module("obstore")  # otherwise imported on the event loop, at its first use
    is_installed("reflex")  # the first question reads the requirements
    has_library("react")
    # Reflex and its components are a few hundred thousand objects that live for ever. Left among
    # the others, they make each full collection take 200 ms, and compiling an app causes several.
    gc.freeze()
    # Python looks for garbage after 700 objects. Compiling an app makes a hundred thousand that
    # stay, and each look finds them again.
    gc.set_threshold(*LOOKS_FOR_GARBAGE)
