"""One end of a wire: sends frames, and hands over those that arrive, in order.

`Wire` is the end of a socket. `memory_pair` makes two ends in one process, for tests.
"""

from __future__ import annotations

import asyncio
import contextvars
import os
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol, cast

from app.cell.serving.frames import BadFrame, Decoder, Frame

Took = Callable[[Frame], None]
Lost = Callable[[str], None]
"""Is told why."""


class End(Protocol):
    """What both kinds of wire can do."""

    def send(self, *frames: Frame) -> None:
        """Send frames; after the end of the wire nothing happens."""
        ...

    def close(self) -> None:
        """End the wire."""
        ...


class Wire(asyncio.Protocol):
    """One end of a stream socket.

    Args:
        took: called with each frame.
        lost: called once, when nothing can come any more.
    """

    def __init__(self, took: Took, lost: Lost) -> None:
        self._took = took
        self._lost = lost
        self._decoder = Decoder()
        self._transport: asyncio.Transport | None = None
        self._descriptor = -1
        self._why = ""

    @property
    def waiting(self) -> int:
        """Bytes that the other end has not taken."""
        return self._transport.get_write_buffer_size() if self._transport is not None else 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See `asyncio.Protocol`."""
        self._descriptor = transport.get_extra_info("socket").fileno()
        self._transport = cast(asyncio.Transport, transport)  # that of a stream socket

    def data_received(self, data: bytes) -> None:
        """See `asyncio.Protocol`."""
        try:
            for frame in self._decoder.feed(data):
                self._took(frame)
        except BadFrame as error:
            self._why = str(error)
            self.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """See `asyncio.Protocol`."""
        self._transport = None
        self._lost(self._why or (str(exc) if exc is not None else ""))

    def send(self, *frames: Frame) -> None:
        """See `End`. Several frames are one write."""
        if self._transport is None or self._transport.is_closing():
            return
        data = b"".join(frame.encoded() for frame in frames)
        sent = 0
        if not self._transport.get_write_buffer_size():
            # At once: uvloop writes at the end of a round, and an event may compute before that.
            with suppress(OSError):
                sent = os.write(self._descriptor, data)
        if sent < len(data):
            self._transport.write(data[sent:])

    def close(self) -> None:
        """See `End`."""
        if self._transport is not None:
            self._transport.abort()


class _InMemory:
    """One of two ends that hand bytes to each other, as a socket would: later, in order, and with
    no context variable of whoever sent them.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._context = contextvars.copy_context()
        self._decoder = Decoder()
        self._other: _InMemory | None = None
        self._took: Took = lambda frame: None
        self._lost: Lost = lambda why: None

    def connect(self, other: _InMemory, took: Took, lost: Lost) -> None:
        self._other, self._took, self._lost = other, took, lost

    def send(self, *frames: Frame) -> None:
        if self._other is not None:
            data = b"".join(frame.encoded() for frame in frames)
            context = self._context.copy()
            self._loop.call_soon(self._other._arrived, data, context=context)

    def close(self) -> None:
        for end in (self, self._other):
            if end is not None and end._other is not None:
                end._other = None
                self._loop.call_soon(end._lost, "", context=self._context.copy())

    def _arrived(self, data: bytes) -> None:
        if self._other is not None:
            for frame in self._decoder.feed(data):
                self._took(frame)


def memory_pair(first: tuple[Took, Lost], second: tuple[Took, Lost]) -> tuple[End, End]:
    """Return the two ends of a wire within this process."""
    one, two = _InMemory(), _InMemory()
    one.connect(two, *first)
    two.connect(one, *second)
    return one, two
