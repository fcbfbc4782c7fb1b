"""uvicorn's protocol of sockets with bounds, see `app.server.wire.http`.

What is taken for granted of uvicorn's inside has a test in
tests/unit/server/wire/test_websocket.py.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import CloseCode

from app.server.wire.connections import Connections
from app.server.wire.turns import Turns
from app.server.wire.writing import Writing, cut

MOST_FRAMES = 1_000
"""In so many frames a message of a socket may come."""

PIECE = 4 * 1024
"""Bytes that are parsed at once: some hundreds of the smallest frames."""

_NO_HANDSHAKE = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


class SocketWire(WebSocketsSansIOProtocol):
    """One socket.

    Args:
        connections: all of the server.
        arguments: those of uvicorn.
    """

    def __init__(self, *, connections: Connections, **arguments: Any) -> None:
        super().__init__(**arguments)
        self._all = connections
        self._writing: Writing
        self._turns: Turns

    @property
    def peer(self) -> str:
        """See `Connection`."""
        return self.client[0] if self.client else ""

    def drop(self) -> None:
        """See `Connection`."""
        self.disconnected = True
        cut(self.transport)

    def look(self, now: float) -> None:
        """See `Connection`."""
        self._writing.look(now)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See `asyncio.Protocol`."""
        super().connection_made(transport)
        self._writing = Writing(self.transport, self._all.bounds.answer_seconds, self.drop)
        self._turns = Turns(self.transport, self._take, PIECE, self._is_held)
        self._all.add(self)
        self._all.busy(self)  # `UnidentifiedSockets` sees to those that nobody knows

    def connection_lost(self, exc: Exception | None) -> None:
        """See `asyncio.Protocol`."""
        super().connection_lost(exc)
        self._all.remove(self)

    def data_received(self, data: bytes) -> None:
        """See `asyncio.Protocol`."""
        if self.handshake_initiated:
            self._turns.give(data)
            return
        super().data_received(data)
        # uvicorn has handed over all of the handshake.
        if not self.handshake_initiated:
            self._refuse_handshake()

    async def receive(self) -> Any:
        """See uvicorn."""
        message = await super().receive()
        self._turns.resume_reading()
        return message

    async def send(self, message: Any) -> None:
        """See uvicorn."""
        await super().send(message)
        self._turns.resume_reading()

    def send_receive_event_to_app(self) -> None:
        """See uvicorn, which writes a traceback for a text that is none."""
        if self.curr_msg_data_type == "text" and not self.close_sent:
            data = b"".join(self.frames)
            self.frames = [data]
            try:
                data.decode()
            except UnicodeDecodeError:
                self.frames = []
                self.conn.send_close(CloseCode.INVALID_DATA)
                self.handle_parser_exception()
                return
        super().send_receive_event_to_app()

    def handle_cont(self, event: Any) -> None:
        """See uvicorn. Empty frames count for nothing in the size of a message."""
        if len(self.frames) >= MOST_FRAMES:
            self.drop()
            return
        super().handle_cont(event)

    def pause_writing(self) -> None:
        """See `asyncio.Protocol`."""
        super().pause_writing()
        self._writing.pause(self.loop.time())
        # Pongs are written without asking whether there is room.
        self._turns.pause_reading()

    def resume_writing(self) -> None:
        """See `asyncio.Protocol`."""
        super().resume_writing()
        self._writing.resume()
        self._turns.resume_reading()

    def _take(self, data: bytes) -> None:
        super().data_received(data)

    def _is_held(self) -> bool:
        return self.read_paused or not self.writable.is_set()

    def _refuse_handshake(self) -> None:
        """Answer one that is none to the library, which says so to nobody or to us only."""
        said = b"".join(self.conn.data_to_send()) or _NO_HANDSHAKE
        self.close_sent = True
        self.transport.write(said)
        self.transport.close()
