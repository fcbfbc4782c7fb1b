"""What makes the first app open as quickly as the second: done in the background, once the server
answers.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
from collections.abc import AsyncIterator, Callable


@contextlib.asynccontextmanager
async def warming_up(has_library: Callable[[str], bool]) -> AsyncIterator[None]:
    """Warm up inside the `async with` statement, in a worker thread.

    Args:
        has_library: the first question reads all component packages.
    """
    warming = asyncio.create_task(asyncio.to_thread(_warm_up, has_library))
    try:
        yield
    finally:
        with contextlib.suppress(asyncio.CancelledError):
            await warming


def _warm_up(has_library: Callable[[str], bool]) -> None:
    has_library("react")
    # Reflex and its components are a few hundred thousand objects that live for ever. Left among
    # the others, they make each full collection take 200 ms, and compiling an app causes several.
    gc.freeze()
