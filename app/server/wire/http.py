"""uvicorn's protocol of HTTP with bounds: what one connection may send, and how long it may take.

uvicorn hands each byte to a parser that keeps a header until it is complete, however long it is and
however long that takes, and keeps what is to be sent until somebody takes it. What is taken for
granted of uvicorn's inside is in this module and `app.server.wire.websocket` only, with a test for
each in tests/unit/server/wire/test_http.py and test_websocket.py.
"""

from __future__ import annotations

import asyncio
from typing import Any, cast

from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)

from app.server.wire.connections import Connections
from app.server.wire.turns import Turns
from app.server.wire.writing import LINGER_SECONDS, STEP, Writing, cut

MOST_WAITING = 100
"""So many requests may be sent without waiting for answers."""

PIECE = 16 * 1024
"""Bytes that are parsed at once: some thousands of the smallest chunks."""

_TEXTS = {
    408: "The request took too long.",
    431: "The headers of the request are too large, or too many.",
    503: "There are too many connections. Try again later.",
}


class _Refused(Exception):
    """Ends the parser; httptools turns it into an error of its own."""


class HttpWire(HttpToolsProtocol):
    """One connection until it becomes a socket, if it does.

    Args:
        connections: all of the server.
        arguments: those of uvicorn.
    """

    def __init__(self, *, connections: Connections, **arguments: Any) -> None:
        super().__init__(**arguments)
        self._all = connections
        self._bounds = connections.bounds
        self._writing: Writing
        self._turns: Turns
        self._has_room = True
        self._answered: RequestResponseCycle | None = None
        self._refused: int | None = None
        self._refused_at = 0.0
        # Since when the next request is waited for, and whether anything of it is here.
        self._waits_since = 0.0
        self._has_begun = False
        self._in_body = False
        self._unparsed = 0  # bytes since the parser gave something out
        self._went_on_at = 0.0  # the body, by `STEP`
        self._went_on_by = 0

    @property
    def peer(self) -> str:
        """See `Connection`."""
        return self.client[0] if self.client else ""

    def drop(self) -> None:
        """See `Connection`."""
        self._leave_application()
        cut(self.transport)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """See `asyncio.Protocol`."""
        super().connection_made(transport)
        self._writing = Writing(transport, self._bounds.answer_seconds, self.drop)
        self._turns = Turns(transport, self._take, PIECE, lambda: self.flow.read_paused)
        self.flow = FlowControl(cast(asyncio.Transport, self._turns))
        self._waits_since = self.loop.time()
        self._has_room = self._all.add(self)
        if not self._has_room:
            self.app = _without_room(self.app)

    def connection_lost(self, exc: Exception | None) -> None:
        """See `asyncio.Protocol`."""
        self._leave_application()
        super().connection_lost(exc)
        self._all.remove(self)

    def data_received(self, data: bytes) -> None:
        """See `asyncio.Protocol`."""
        self._turns.give(data)

    def _take(self, data: bytes) -> None:
        if self._refused is not None:
            return  # it reads the answer when it has sent everything
        if not self._has_begun and self._is_waiting():
            self._has_begun, self._waits_since = True, self.loop.time()
        self._unparsed += len(data)
        super().data_received(data)
        # Of what the parser keeps, the headers, the ends of chunks and what follows the last one.
        if self._unparsed > self._bounds.header_bytes and self._refused is None:
            self._refuse(431)

    def on_message_begin(self) -> None:
        """See httptools."""
        super().on_message_begin()
        self._in_body = False

    def on_header(self, name: bytes, value: bytes) -> None:
        """See httptools."""
        if len(self.headers) >= self._bounds.headers:
            self._refused = 431
            raise _Refused
        if not self._in_body:
            # What comes after the body would get among the headers of a request that runs.
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """See httptools."""
        size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        if size > self._bounds.header_bytes:
            self._refused = 431
            raise _Refused
        self._in_body, self._unparsed = True, 0
        self._went_on_at, self._went_on_by = self.loop.time(), 0
        self._all.busy(self)
        super().on_headers_complete()
        if len(self.pipeline) > MOST_WAITING:
            self.drop()
            raise _Refused

    def on_body(self, body: bytes) -> None:
        """See httptools."""
        self._unparsed = 0
        self._went_on_by += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """See httptools."""
        self._unparsed = 0
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """See uvicorn."""
        super().on_response_complete()
        if self.pipeline:
            # uvicorn would read more of them after each answer than it answers.
            self.flow.pause_reading()
        if self._is_waiting():
            self._has_begun, self._waits_since = False, self.loop.time()
            self._all.idle(self)

    def handle_websocket_upgrade(self) -> None:
        """See uvicorn."""
        if not self._has_room:
            self._refuse(503)
            return
        self._all.remove(self)
        self._turns.stop()
        super().handle_websocket_upgrade()

    def send_400_response(self, msg: str) -> None:
        """See uvicorn; called when the parser ends with an error, ours among them."""
        status, self._refused = self._refused or 400, None
        self._refuse(status, msg)

    def pause_writing(self) -> None:
        """See `asyncio.Protocol`."""
        super().pause_writing()
        self._writing.pause(self.loop.time())

    def resume_writing(self) -> None:
        """See `asyncio.Protocol`."""
        super().resume_writing()
        self._writing.resume()

    def look(self, now: float) -> None:
        """See `Connection`."""
        self._writing.look(now)
        if self.transport.is_closing():
            return
        if self._refused is not None:
            if now - self._refused_at > LINGER_SECONDS:
                self.drop()
        elif self._is_waiting():
            if now - self._waits_since > self._bounds.request_seconds:
                # Who sent nothing reads nothing, either.
                self._refuse(408) if self._has_begun else self.transport.close()
        elif self._waits_for_body():
            self._look_at_body(now)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._answered = cycle
        super()._start_asgi_task(cycle, app)

    def _leave_application(self) -> None:
        """Let what the application still writes go nowhere; a closed transport would raise.

        uvicorn does this for the request that came last, and there may be others before it.
        """
        if self._answered is not None:
            self._answered.disconnected = True
            self._answered.message_event.set()

    def _is_waiting(self) -> bool:
        """Tell whether no request is here as a whole."""
        return (self.cycle is None or self.cycle.response_complete) and not self.pipeline

    def _waits_for_body(self) -> bool:
        cycle = self.cycle
        return (
            cycle.more_body
            and not cycle.response_started
            and not cycle.waiting_for_100_continue
            and not self.flow.read_paused
        )

    def _look_at_body(self, now: float) -> None:
        if self._went_on_by >= STEP:
            self._went_on_at, self._went_on_by = now, 0
        elif now - self._went_on_at > self._bounds.body_seconds:
            self._refuse(408)

    def _refuse(self, status: int, text: str = "") -> None:
        """Say why, and take nothing any more; the connection ends when the other end closes it."""
        content = _TEXTS.get(status, text).encode()
        lines = [STATUS_LINE[status]]
        lines += [b"%s: %s\r\n" % header for header in self.server_state.default_headers]
        lines += [
            b"content-type: text/plain; charset=utf-8\r\n",
            b"content-length: %d\r\nconnection: close\r\n\r\n" % len(content),
            content,
        ]
        self._refused, self._refused_at = status, self.loop.time()
        if self.transport.is_closing():
            return
        # A request whose body is none may be with the application already.
        self._leave_application()
        self._unset_keepalive_if_required()
        self.transport.write(b"".join(lines))
        self.transport.write_eof()


def _without_room(app: Any) -> ASGIApp:
    """Answer 503 to everything but `/healthz`."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/healthz":
            await app(scope, receive, send)
            return
        content = _TEXTS[503].encode()
        headers = [
            (b"content-type", b"text/plain; charset=utf-8"),
            (b"content-length", b"%d" % len(content)),
            (b"retry-after", b"10"),
            (b"connection", b"close"),
        ]
        await send({"type": "http.response.start", "status": 503, "headers": headers})
        await send({"type": "http.response.body", "body": content})

    return answer
