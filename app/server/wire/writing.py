"""Ending connections on which nobody takes what is written."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import Callable

STEP = 1024
"""Bytes by which something has to go on."""

LINGER_SECONDS = 5.0
"""How long a connection that is over may take to end: who is refused shall read why."""

_AT_ONCE = struct.pack("ii", 1, 0)


class Writing:
    """Whether what was written is taken at the other end.

    Args:
        transport: writes it.
        patience: seconds in which it has to go on.
        end: ends the connection.
    """

    def __init__(
        self, transport: asyncio.Transport, patience: float, end: Callable[[], None]
    ) -> None:
        self._transport = transport
        self._patience = patience
        self._end = end
        self._closing_since: float | None = None
        self._waits_since: float | None = None
        self._left = 0

    def pause(self, now: float) -> None:
        """The transport has more than it should keep."""
        self._waits_since, self._left = now, self._transport.get_write_buffer_size()

    def resume(self) -> None:
        """It has less again."""
        self._waits_since = None

    def look(self, now: float) -> None:
        """End the connection when nothing goes on."""
        if self._transport.is_closing():
            # It is closed when the rest is sent, and that may be never.
            if self._closing_since is None:
                self._closing_since = now
            elif now - self._closing_since > LINGER_SECONDS:
                self._end()
            return
        if self._waits_since is None or now - self._waits_since <= self._patience:
            return
        left = self._transport.get_write_buffer_size()
        if left > self._left - STEP:
            self._end()
        else:
            self._waits_since, self._left = now, left


def cut(transport: asyncio.Transport) -> None:
    """Close a connection and forget what is not sent, in the system's memory, too."""
    connection = transport.get_extra_info("socket")
    if connection is not None:
        with contextlib.suppress(OSError):  # it is closed already
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
    transport.abort()
