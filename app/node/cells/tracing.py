"""Tracing: where the threads of a cell are, whatever they do."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from contextlib import suppress

_CHUNK = 64 * 1024
_MOST_BYTES = 64 * 1024
# A trace is written at once; when nothing more comes for so long, that was it.
_QUIET_SECONDS = 0.02


class Tracing:
    """The reading end of the pipe that a cell writes traces to, when asked and when it crashes."""

    def __init__(self, source: int) -> None:
        """Take the pipe, which is closed in the end."""
        self._source = source
        self._closed = False
        self._asking = asyncio.Lock()
        os.set_blocking(source, False)

    async def ask(self, signal_it: Callable[[], None], seconds: float) -> str:
        """Have a trace written and return it; "" when none comes within `seconds`."""
        async with self._asking:
            self._read()  # whatever the cell wrote by itself
            if self._closed:
                return ""
            signal_it()
            found = bytearray()
            while await self._readable(_QUIET_SECONDS if found else seconds):
                data = self._read()
                found += data
                if not data or len(found) >= _MOST_BYTES:
                    break
            return _text(found)

    def finish(self) -> str:
        """Return what is left, such as the trace of a crash, and close the pipe."""
        if self._closed:
            return ""
        left = self._read()
        if not self._closed:
            self._close()
        return _text(left)

    async def _readable(self, seconds: float) -> bool:
        if self._closed:
            return False
        loop = asyncio.get_running_loop()
        came = asyncio.Event()
        loop.add_reader(self._source, came.set)
        try:
            async with asyncio.timeout(seconds):
                await came.wait()
        except TimeoutError:
            return False
        finally:
            if not self._closed:
                loop.remove_reader(self._source)
        return not self._closed

    def _read(self) -> bytes:
        found = bytearray()
        while not self._closed and len(found) < _MOST_BYTES:
            try:
                data = os.read(self._source, _CHUNK)
            except BlockingIOError:
                break
            except OSError:
                data = b""
            if not data:
                self._close()
            found += data
        return bytes(found[:_MOST_BYTES])

    def _close(self) -> None:
        self._closed = True
        with suppress(RuntimeError):  # no loop runs any more
            asyncio.get_running_loop().remove_reader(self._source)
        os.close(self._source)


def _text(data: bytes | bytearray) -> str:
    return data.decode("utf-8", "backslashreplace").replace("\0", "\\0")
