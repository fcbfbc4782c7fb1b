"""uvicorn in this process with the bounds of `app.server.wire.http`, and clients that send
bytes.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import uvicorn
from starlette.types import Message, Receive, Scope, Send

from app.server.process import run
from app.server.wire import connections
from app.server.wire.connections import Bounds

PATIENCE = 20
LARGE = 16 * 1024 * 1024  # more than the system keeps of a connection that nobody reads
GET = b"GET / HTTP/1.1\r\nhost: a\r\n"
POST = b"POST / HTTP/1.1\r\nhost: a\r\n"


class Site:
    """A server and an application that notes what it hears.

    Attributes:
        requests: scope and body of each request that was complete; None for a body that was not.
        ended: set when an answer, or a socket, is over for the application.
    """

    def __init__(self) -> None:
        self.requests: list[tuple[Scope, bytes | None]] = []
        self.ended = asyncio.Event()
        self.socket_said: asyncio.Queue[Message] = asyncio.Queue()
        self.port = 0
        self.config: Any = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
        elif scope["type"] == "websocket":
            await self._socket(receive, send)
        else:
            await self._request(scope, receive, send)

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        body, more = b"", scope["path"] != "/unread"
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                self.requests.append((scope, None))
                self.ended.set()
                return
            body += message["body"]
            more = message["more_body"]
        self.requests.append((scope, body))
        size = LARGE if scope["path"] == "/large" else 4
        head = [(b"content-length", b"%d" % size)]
        await send({"type": "http.response.start", "status": 200, "headers": head})
        if size == LARGE:
            await send({"type": "http.response.body", "body": b"x" * (size - 4), "more_body": True})
        await send({"type": "http.response.body", "body": b"done"})
        self.ended.set()

    async def _socket(self, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        while (message := await receive())["type"] != "websocket.disconnect":
            await self.socket_said.put(message)
            if message.get("text") == "large":
                with contextlib.suppress(Exception):
                    await send({"type": "websocket.send", "bytes": b"x" * LARGE})
                    await send({"type": "websocket.send", "bytes": b"x"})
        self.ended.set()

    @property
    def taken(self) -> connections.Connections:
        """The connections of the server."""
        found: connections.Connections = self.config.http_protocol_class.keywords["connections"]
        return found

    def look(self, later: float) -> None:
        """Let so many seconds be over for all connections."""
        now = asyncio.get_running_loop().time() + later
        for one in list(self.taken._all):
            one.look(now)

    async def until(self, true: Callable[[], bool]) -> None:
        """Wait until the event loop made something true."""
        async with asyncio.timeout(PATIENCE):
            while not true():  # noqa: ASYNC110 - the loop itself does it, and tells nobody
                await asyncio.sleep(0)


class Server(uvicorn.Server):
    """uvicorn without signals."""

    @contextlib.contextmanager
    def capture_signals(self) -> Any:
        yield


@contextlib.asynccontextmanager
async def wired_site(bounds: Bounds, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Site]:
    """A running site. Nothing looks whether the time of a connection is up; a test does."""
    monkeypatch.setattr(connections, "LOOK_SECONDS", 10_000)
    made = Site()
    made.config = run._config(made, bounds)
    with run.bind("127.0.0.1", 0) as listener:
        listener.listen()
        made.port = listener.getsockname()[1]
        server = Server(made.config)
        serving = asyncio.create_task(server.serve([listener]))
        await made.until(lambda: server.started)
        yield made
        server.should_exit = True
        await serving


class Line:
    """A connection of a client."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        with contextlib.suppress(ConnectionError):
            await self.writer.drain()

    async def answer(self) -> bytes:
        """Return all that comes until the server ends the connection; `status` begins it."""
        async with asyncio.timeout(PATIENCE):
            with contextlib.suppress(ConnectionError):
                return await self.reader.read()
        return b""

    async def head(self) -> bytes:
        """Return the status line and headers of an answer."""
        async with asyncio.timeout(PATIENCE):
            return await self.reader.readuntil(b"\r\n\r\n")


@contextlib.asynccontextmanager
async def line(site: Site) -> AsyncIterator[Line]:
    reader, writer = await asyncio.open_connection("127.0.0.1", site.port, limit=2**25)
    before = len(site.taken._all)
    try:
        await site.until(lambda: len(site.taken._all) >= max(before, 1))
        yield Line(reader, writer)
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


async def refused(site: Site, *parts: bytes) -> bytes:
    """Send parts, each when the one before was read; return the status of the answer."""
    async with line(site) as client:
        for part in parts:
            await client.send(part)
            await asyncio.sleep(0)
        return (await client.answer())[9:12]


def site_time(later: float) -> float:
    return asyncio.get_running_loop().time() + later
