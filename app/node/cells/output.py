"""Output: what a cell prints, line by line, however much that is."""

from __future__ import annotations

import asyncio
import os
from collections import deque
from dataclasses import dataclass
from typing import Self

_CHUNK = 64 * 1024
# What a line takes in memory beside its bytes.
_LINE_BYTES = 64


@dataclass(frozen=True, slots=True)
class OutputLimits:
    """How much of what a cell prints is kept.

    Attributes:
        bytes_per_second: what is over it is dropped.
        read_per_second: what is over it is not even read: whoever prints waits.
        line_bytes: longer lines are cut.
        waiting_bytes: kept for a reader that does not come; what is over it is dropped.
    """

    bytes_per_second: int = 64 * 1024
    read_per_second: int = 4 * 1024 * 1024
    line_bytes: int = 4 * 1024
    waiting_bytes: int = 256 * 1024


class Output:
    """Lines of what a cell prints; `async for` ends when nothing can come any more.

    Attributes:
        dropped_bytes: what was read and is in no line, because there was too much of it.
    """

    def __init__(self, source: int, limits: OutputLimits) -> None:
        """Take the reading end of a pipe, which is closed in the end."""
        self.dropped_bytes = 0
        self._source = source
        self._limits = limits
        self._lines: deque[bytes] = deque()
        self._waiting_bytes = 0
        self._begun = bytearray()
        self._cutting = False
        self._wanted = asyncio.Event()
        self._closed = False
        self._loop = asyncio.get_running_loop()
        self._second = self._loop.time()
        self._kept = self._read = 0
        self._paused: asyncio.TimerHandle | None = None
        os.set_blocking(source, False)
        self._loop.add_reader(source, self._take)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> str:
        while not self._lines:
            if self._closed:
                raise StopAsyncIteration
            self._wanted.clear()
            await self._wanted.wait()
        line = self._lines.popleft()
        self._waiting_bytes -= _cost(line)
        return line.rstrip(b"\r\n").decode("utf-8", "backslashreplace")

    def finish(self) -> None:
        """Take what is still in the pipe, within the limits, and close it. Nobody prints any more,
        or nobody who should.
        """
        if self._closed:
            return
        while not self._closed and self._paused is None:
            if not self._take():
                break
        self._close()

    def _take(self) -> bool:
        """Read a chunk; returns whether there may be more."""
        now = self._loop.time()
        if now - self._second >= 1:
            self._second, self._kept, self._read = now, 0, 0
        room = min(self._limits.read_per_second - self._read, _CHUNK)
        if room <= 0:
            self._pause(self._second + 1 - now)
            return False
        try:
            data = os.read(self._source, room)
        except BlockingIOError:
            return False
        except OSError:
            data = b""
        if not data:
            self._close()
            return False
        self._read += len(data)
        self._keep(data)
        return True

    def _pause(self, seconds: float) -> None:
        self._loop.remove_reader(self._source)
        self._paused = self._loop.call_later(max(seconds, 0), self._resume)

    def _resume(self) -> None:
        self._paused = None
        self._loop.add_reader(self._source, self._take)

    def _keep(self, data: bytes) -> None:
        # What is over it is not looked at: that would cost the host as much as it cost the cell.
        kept = data[: max(self._limits.bytes_per_second - self._kept, 0)]
        self._kept += len(kept)
        for part in kept.splitlines(keepends=True):
            room = self._limits.line_bytes - len(self._begun)
            self._begun += part[:room]
            self.dropped_bytes += max(len(part) - room, 0)
            if part.endswith((b"\n", b"\r")):
                self._end_line()
        if len(kept) < len(data):
            self.dropped_bytes += len(data) - len(kept)
            self._end_line()

    def _end_line(self) -> None:
        line, self._begun = self._begun, bytearray()
        if self._waiting_bytes + _cost(line) > self._limits.waiting_bytes:
            self.dropped_bytes += len(line)
        elif line:
            self._waiting_bytes += _cost(line)
            self._lines.append(bytes(line))
            self._wanted.set()

    def _close(self) -> None:
        if self._closed:
            return
        self._closed = True
        if self._paused is not None:
            self._paused.cancel()
        self._loop.remove_reader(self._source)
        os.close(self._source)
        self._end_line()
        self._wanted.set()


def _cost(line: bytes | bytearray) -> int:
    return len(line) + _LINE_BYTES
