"""What makes the first app open as quickly as the second: done in the background, once the server
answers.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
from collections.abc import AsyncIterator, Awaitable, Callable


@contextlib.asynccontextmanager
async def warming_up(
    has_library: Callable[[str], bool], then: Callable[[], Awaitable[None]] | None = None
) -> AsyncIterator[None]:
    """Warm up inside the `async with` statement, in a worker thread.

    Args:
        has_library: the first question reads all component packages.
        then: what else can be done in the background, until the statement ends.
    """

    async def warm_up() -> None:
        await asyncio.to_thread(_warm_up, has_library)
        if then is not None:
            await then()

    warming = asyncio.create_task(warm_up())
    try:
        yield
    finally:
        warming.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await warming


def _warm_up(has_library: Callable[[str], bool]) -> None:
    has_library("react")
    # Reflex and its components are a few hundred thousand objects that live for ever. Left among
    # the others, they make each full collection take 200 ms, and compiling an app causes several.
    gc.freeze()
