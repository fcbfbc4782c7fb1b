"""Bytes that code of an app and its server hand to each other in pieces: streams, by name."""

from __future__ import annotations

import itertools
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable

MOST = 64
"""Streams that a cell may have open."""

Ask = Callable[[str, bool], Awaitable[bytes]]
"""Returns the next chunk of a stream of the other end, b"" at its end; True to end it before."""


class Streams:
    """One end: streams of its own by name, and those of the other end.

    Args:
        ask: asks the other end.
    """

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._numbers = itertools.count(1)
        self._mine: dict[str, AsyncIterator[bytes]] = {}

    def give(self, stream: AsyncIterator[bytes]) -> str:
        """Let the other end read a stream; return its name.

        Raises:
            ValueError: too many are open.
        """
        if len(self._mine) >= MOST:
            raise ValueError(f"more than {MOST} streams are open; close those that are read")
        name = str(next(self._numbers))
        self._mine[name] = stream
        return name

    async def next(self, name: str, *, end: bool) -> bytes:
        """Return the next chunk of a stream of this end, b"" at its end."""
        stream = self._mine.get(name)
        chunk = b""
        while stream is not None and not end and not chunk:
            try:
                chunk = bytes(await anext(stream))
            except StopAsyncIteration:
                end = True
            except BaseException:
                self._mine.pop(name, None)
                raise
        if end:
            self._mine.pop(name, None)
            if isinstance(stream, AsyncGenerator):
                await stream.aclose()
        return chunk

    async def read(self, name: str) -> AsyncGenerator[bytes, None]:
        """Yield the chunks of a stream of the other end."""
        over = False
        try:
            while chunk := await self._ask(name, False):
                yield chunk
            over = True
        finally:
            if not over:
                await self._ask(name, True)
