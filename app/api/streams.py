"""Answers that go on: one JSON object a line, until the reader goes or the server stops."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from typing import Any

import anyio
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

MEDIA_TYPE = "application/x-ndjson"

BEAT_SECONDS = 15.0
"""How often it is asked whether the reader may still read. If nothing else was sent in that time,
an empty line is: proxies close connections that are quiet."""

LAST_LINES = 1_000
LAST_SECONDS = 0.05
"""What was written before the server stops is still sent: lines, and how long one may take."""

Line = Mapping[str, Any]


class LineStream(StreamingResponse):
    """Sends lines as they come; the last one, unless the reader goes first, says why it ends.

    Nothing is read ahead: who reads slowly makes `lines` wait, which bounds what it keeps.

    Args:
        lines: JSON objects; closed at the end, however it comes.
        allowed: asked every `BEAT_SECONDS` whether the reader may still read.
        stopping: returns when the server stops.
    """

    def __init__(
        self,
        lines: AsyncGenerator[Line, None],
        allowed: Callable[[], Awaitable[bool]],
        stopping: Callable[[], Awaitable[object]],
    ) -> None:
        self._chunks = _chunks(lines, allowed, stopping)
        headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
        super().__init__(self._chunks, media_type=MEDIA_TYPE, headers=headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the lines."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            # Whoever went while a line was on its way left the generator where it was.
            with anyio.CancelScope(shield=True):
                await self._chunks.aclose()


async def _chunks(
    lines: AsyncGenerator[Line, None],
    allowed: Callable[[], Awaitable[bool]],
    stopping: Callable[[], Awaitable[object]],
) -> AsyncGenerator[bytes, None]:
    loop = asyncio.get_running_loop()
    stop = asyncio.ensure_future(stopping())
    upcoming = asyncio.ensure_future(anext(lines))
    asked = loop.time()
    try:
        while True:
            await asyncio.wait(
                {upcoming, stop}, timeout=BEAT_SECONDS, return_when="FIRST_COMPLETED"
            )
            if stop.done():
                break
            if loop.time() - asked >= BEAT_SECONDS:
                asked = loop.time()
                if not await allowed():
                    yield _end("you may no longer read it")
                    return
            if not upcoming.done():
                yield b"\n"
                continue
            line = upcoming.result()
            upcoming = asyncio.ensure_future(anext(lines))
            yield _encoded(line)
        for _ in range(LAST_LINES):
            await asyncio.wait({upcoming}, timeout=LAST_SECONDS)
            if not upcoming.done():
                break
            line = upcoming.result()
            upcoming = asyncio.ensure_future(anext(lines))
            yield _encoded(line)
        yield _end("the server is stopping")
    finally:
        stop.cancel()
        upcoming.cancel()
        with anyio.CancelScope(shield=True):
            # A generator that runs cannot be closed: what it waits for must end first.
            await asyncio.wait({upcoming})
            await lines.aclose()


def _encoded(line: Line) -> bytes:
    return json.dumps(dict(line), ensure_ascii=False, default=str).encode() + b"\n"


def _end(why: str) -> bytes:
    return _encoded({"event": "stream ends", "level": "warning", "why": why})
