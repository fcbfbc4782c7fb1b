"""Nobody's bytes hold up the event loop: of what came on a connection, a little is read at a time.

Parsers call back for each frame of a socket and each chunk of a body, and those can be a few bytes
long. The event loop reads some megabytes of a connection before others have their turn, which are
hundreds of thousands of callbacks.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import perf_counter

SECONDS = 0.005
"""So long a connection is read before others have their turn."""


class Turns:
    """Gives a parser what came, in turn with everything else that the event loop does.

    Stands for its transport where uvicorn pauses and resumes reading.

    Args:
        transport: what is read from.
        take: parses.
        piece: so many bytes are parsed before it is looked how long it took.
        is_held: tells whether the protocol wants no more at this moment. When that changes, it
            calls `pause_reading` or `resume_reading`.
    """

    def __init__(
        self,
        transport: asyncio.Transport,
        take: Callable[[bytes], None],
        piece: int,
        is_held: Callable[[], bool],
    ) -> None:
        self._transport = transport
        self._take = take
        self._piece = piece
        self._is_held = is_held
        self._left = bytearray()
        self._next: asyncio.Handle | None = None
        self._is_paused = False  # by us
        self._is_stopped = False

    def give(self, data: bytes) -> None:
        """Parse what came, now or in a moment."""
        if not self._is_stopped:
            self._left += data
            if self._next is None:
                self._go_on()

    def pause_reading(self) -> None:
        """The protocol wants nothing more."""
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        """The protocol wants more: first what came already."""
        if self._transport.is_closing():
            return
        if self._is_held():
            # uvicorn resumes reading by itself, too, and knows one of the reasons only.
            self._pause()
        elif self._left or self._next is not None:
            self._later()
        else:
            self._resume()

    def stop(self) -> None:
        """Parse no more, and leave the transport to others."""
        self._is_stopped = True
        self._left.clear()
        if self._next is not None:
            self._next.cancel()
        if self._is_paused and not self._transport.is_closing():
            self._resume()

    def _go_on(self) -> None:
        self._next = None
        until, is_over = perf_counter() + SECONDS, False
        while self._left and not is_over and self._may_go_on():
            piece = bytes(self._left[: self._piece])
            del self._left[: self._piece]
            self._take(piece)
            is_over = perf_counter() >= until
        if not self._may_go_on():
            if self._left:
                self._pause()
            return
        if self._left or is_over:
            # Also when all of it was read: the event loop would read the next of it at once.
            self._later()
        elif self._is_paused:
            self._resume()

    def _may_go_on(self) -> bool:
        if self._transport.is_closing():
            self.stop()
        return not self._is_stopped and not self._is_held()

    def _later(self) -> None:
        self._pause()
        if self._next is None:
            self._next = asyncio.get_running_loop().call_soon(self._go_on)

    def _pause(self) -> None:
        self._transport.pause_reading()
        self._is_paused = True

    def _resume(self) -> None:
        self._is_paused = False
        self._transport.resume_reading()
