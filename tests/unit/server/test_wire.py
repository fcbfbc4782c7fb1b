"""What one connection may send and how long it may take, at uvicorn in this process.

Nothing waits for time: a test says how late it is.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import uvicorn
from starlette.types import Message, Receive, Scope, Send
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode

from app.server import connections, run
from app.server.connections import Bounds
from app.server.wire import LINGER_SECONDS, MOST_FRAMES, MOST_WAITING, HttpWire, SocketWire

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
        body, more = b"", True
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


@pytest.fixture
def bounds() -> Bounds:
    return Bounds(header_bytes=8192, headers=20)


@pytest.fixture
async def site(bounds: Bounds, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Site]:
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


# What is allowed goes on as before


async def test_requests_are_answered_one_after_the_other_on_one_connection(site: Site) -> None:
    async with line(site) as client:
        for path in (b"/a", b"/b"):
            await client.send(b"GET " + path + b" HTTP/1.1\r\nhost: a\r\n\r\n")
            assert b"200 OK" in await client.head()
            assert await client.reader.readexactly(4) == b"done"
        await client.send((GET + b"\r\n") * 3)  # without waiting
        for _ in range(3):
            assert b"200 OK" in await client.head()
            await client.reader.readexactly(4)
    assert [scope["path"] for scope, _ in site.requests] == ["/a", "/b", "/", "/", "/"]


async def test_a_body_may_be_large_in_pieces_and_in_chunks(site: Site) -> None:
    async with line(site) as client:
        await client.send(POST + b"content-length: 400000\r\n\r\n")
        for _ in range(4):
            await client.send(b"x" * 100_000)
        await client.head()
        await client.reader.readexactly(4)
        await client.send(POST + b"transfer-encoding: chunked\r\n\r\n")
        await client.send(b"1\r\nx\r\n" * 50_000 + b"0\r\n\r\n")
        await client.head()
    assert [body and len(body) for _, body in site.requests] == [400_000, 50_000]


# Size and number


@pytest.mark.parametrize(
    "parts",
    [
        (GET + b"x: " + b"a" * 9_000 + b"\r\n\r\n",),
        (GET + b"x: ", *[b"a" * 1_000] * 12),
        (GET + b"x: ", b"a" * 500_000),
        (b"GET /" + b"a" * 9_000 + b" HTTP/1.1\r\nhost: a\r\n\r\n",),
        (b"GET /", *[b"a" * 1_000] * 12),
        (GET + b"x" * 9_000,),
        (GET + b"".join(b"x-%d: a\r\n" % number for number in range(30)) + b"\r\n",),
        (POST + b"transfer-encoding: chunked\r\n\r\n1;", *[b"a" * 1_000] * 12),
        (POST + b"transfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\nx: ", *[b"a" * 1_000] * 12),
    ],
    ids=[
        *("one header", "a header in parts", "a large header", "an address", "an address in parts"),
        *("a name", "many headers", "beside a chunk", "after the chunks"),
    ],
)
async def test_headers_have_a_size_and_a_number(site: Site, parts: tuple[bytes, ...]) -> None:
    assert await refused(site, *parts) == b"431"
    async with line(site) as client:
        await client.send(GET + b"\r\n")
        assert b"200 OK" in await client.head()


async def test_what_follows_the_chunks_is_no_header_of_the_request(site: Site) -> None:
    async with line(site) as client:
        await client.send(
            POST + b"transfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\nhost: b\r\n\r\n"
        )
        assert b"200 OK" in await client.head()
    ((scope, body),) = site.requests
    assert body == b"a"
    assert [value for name, value in scope["headers"] if name == b"host"] == [b"a"]


async def test_what_is_no_request_is_told_so(site: Site) -> None:
    assert await refused(site, b"\x16\x03\x01\r\n\r\n") == b"400"


async def test_who_is_refused_and_goes_on_sending_can_read_why(site: Site) -> None:
    async with line(site) as client:
        await client.send(GET + b"x: ")
        for _ in range(300):
            await client.send(b"a" * 100_000)
        client.writer.write_eof()
        assert b"431" in await client.answer()


# Time


async def test_who_says_nothing_is_closed(site: Site) -> None:
    async with line(site) as client:
        site.look(19)
        site.look(21)
        assert await client.answer() == b""


async def test_half_a_request_is_told_that_it_takes_too_long(site: Site) -> None:
    async with line(site) as client:
        await client.send(b"GET / HT")
        await site.until(lambda: any(w._has_begun for w in site.taken._all))  # type: ignore[attr-defined]
        site.look(19)
        site.look(21)
        assert b"408" in await client.head()


async def test_half_a_request_on_a_kept_connection_too(site: Site) -> None:
    async with line(site) as client:
        await client.send(GET + b"\r\n")
        await client.head()
        await client.reader.readexactly(4)
        await client.send(b"GET / HT")
        await site.until(lambda: any(w._has_begun for w in site.taken._all))  # type: ignore[attr-defined]
        site.look(21)
        assert b"408" in await client.head()


async def test_a_body_that_does_not_go_on_ends_and_the_application_is_told(site: Site) -> None:
    async with line(site) as client:
        await client.send(POST + b"content-length: 5000\r\n\r\n" + b"x" * 1_024)
        wire = await body_begun(site)
        wire.look(site_time(29))
        wire.look(site_time(31))  # it went on by enough
        wire.look(site_time(60))
        wire.look(site_time(62))
        assert b"408" in await client.head()
    await asyncio.wait_for(site.ended.wait(), PATIENCE)
    assert [body for _, body in site.requests] == [None]


async def test_nobody_is_hurried_whom_the_application_lets_wait(site: Site) -> None:
    async with line(site) as client:
        await client.send(POST + b"expect: 100-continue\r\ncontent-length: 4\r\n\r\n")
        wire = await body_begun(site)
        assert b"100 Continue" in await client.head()
        wire.cycle.waiting_for_100_continue = True  # as if the application did not read yet
        wire.look(site_time(100))
        wire.cycle.waiting_for_100_continue = False
        wire.flow.pause_reading()
        wire.look(site_time(100))
        wire.flow.resume_reading()
        await client.send(b"body")
        assert b"200 OK" in await client.head()


def site_time(later: float) -> float:
    return asyncio.get_running_loop().time() + later


async def body_begun(site: Site) -> HttpWire:
    await site.until(lambda: any(w.cycle is not None for w in site.taken._all))  # type: ignore[attr-defined]
    (wire,) = site.taken._all
    assert isinstance(wire, HttpWire)
    return wire


# Answers that nobody takes


async def test_who_takes_no_answer_is_closed_and_the_application_ends(site: Site) -> None:
    async with line(site) as client:
        client.writer.transport.pause_reading()  # type: ignore[attr-defined]
        await client.send(b"GET /large HTTP/1.1\r\nhost: a\r\n\r\n")
        wire = await body_begun(site)
        await site.until(lambda: wire.flow.write_paused)
        wire.look(site_time(29))
        assert not site.ended.is_set()
        wire.look(site_time(31))
        await asyncio.wait_for(site.ended.wait(), PATIENCE)
        await site.until(lambda: not site.taken._all)


async def test_nothing_is_written_to_who_left_with_requests_that_wait(site: Site) -> None:
    async with line(site) as client:
        client.writer.transport.pause_reading()  # type: ignore[attr-defined]
        await client.send(b"GET /large HTTP/1.1\r\nhost: a\r\n\r\n" + (GET + b"\r\n") * 3)
        wire = await body_begun(site)
        await site.until(lambda: wire.flow.write_paused and len(wire.pipeline) == 3)
        answered = wire._answered
        assert answered is not None
        assert answered is not wire.cycle
        client.writer.transport.abort()  # type: ignore[attr-defined]
        await asyncio.wait_for(site.ended.wait(), PATIENCE)
        assert answered.disconnected


async def test_who_takes_an_answer_slowly_gets_all_of_it(site: Site) -> None:
    async with line(site) as client:
        client.writer.transport.pause_reading()  # type: ignore[attr-defined]
        await client.send(b"GET /large HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")
        wire = await body_begun(site)
        await site.until(lambda: wire.flow.write_paused)
        before = wire.transport.get_write_buffer_size()
        client.writer.transport.resume_reading()  # type: ignore[attr-defined]
        await site.until(lambda: wire.transport.get_write_buffer_size() < before - 1024)
        wire.look(site_time(31))
        assert len(await client.answer()) > LARGE


async def test_a_connection_that_is_over_ends_also_if_nobody_reads_the_rest(site: Site) -> None:
    async with line(site) as client:
        client.writer.transport.pause_reading()  # type: ignore[attr-defined]
        await client.send(b"GET /large HTTP/1.1\r\nhost: a\r\n\r\n")
        wire = await body_begun(site)
        await site.until(lambda: wire.flow.write_paused)
        wire.transport.close()
        wire.look(site_time(0))
        assert site.taken._all
        wire.look(site_time(LINGER_SECONDS + 1))
        await site.until(lambda: not site.taken._all)


async def test_a_socket_that_takes_nothing_is_closed(site: Site) -> None:
    async with connect(f"ws://127.0.0.1:{site.port}/", max_size=None, compression=None) as client:
        client.transport.pause_reading()
        await client.send("large")
        (wire,) = site.taken._all
        assert isinstance(wire, SocketWire)
        await site.until(lambda: not wire.writable.is_set())
        wire.look(site_time(29))
        wire.look(site_time(31))
        await asyncio.wait_for(site.ended.wait(), PATIENCE)
        assert not site.taken._all
        client.transport.abort()


async def test_a_message_of_a_socket_comes_in_so_many_frames(site: Site) -> None:
    async with connect(f"ws://127.0.0.1:{site.port}/", close_timeout=0) as client:
        await client.send(["a"] * (MOST_FRAMES // 2))
        assert (await site.socket_said.get())["text"] == "a" * (MOST_FRAMES // 2)
        frames = [Frame(Opcode.TEXT, b"", False)] + [Frame(Opcode.CONT, b"", False)] * MOST_FRAMES
        for frame in frames:
            client.transport.write(frame.serialize(mask=True))
        with pytest.raises(ConnectionClosed):
            await asyncio.wait_for(client.recv(), PATIENCE)
    await asyncio.wait_for(site.ended.wait(), PATIENCE)


# Room


@pytest.mark.parametrize("bounds", [Bounds(connections=2)])
async def test_without_room_only_the_sign_of_life_is_answered(site: Site) -> None:
    async with line(site) as first, line(site) as second:
        for client in (first, second):
            await client.send(POST + b"content-length: 4\r\n\r\n")  # and nothing more
        await site.until(lambda: not site.taken._idle)
        assert await refused(site, GET + b"\r\n") == b"503"
        assert (
            await refused(site, GET + b"upgrade: websocket\r\nconnection: upgrade\r\n\r\n")
            == b"503"
        )
        alive = b"GET /healthz HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n"
        assert await refused(site, alive) == b"200"
        await first.send(b"body")
        assert b"200 OK" in await first.head()
    await site.until(lambda: not site.taken._all)
    assert await refused(site, GET + b"connection: close\r\n\r\n") == b"200"


@pytest.mark.parametrize("bounds", [Bounds(connections=2)])
async def test_who_says_nothing_gives_way_to_who_does(site: Site) -> None:
    async with line(site) as silent, line(site):
        assert await refused(site, GET + b"connection: close\r\n\r\n") == b"200"
        assert await silent.answer() == b""


async def test_of_requests_that_do_not_wait_for_answers_only_some_are_taken(site: Site) -> None:
    async with line(site) as client:
        await client.send((GET + b"\r\n") * (MOST_WAITING * 2))
        assert b"200 OK" not in await client.answer()
    await site.until(lambda: not site.taken._all)
    assert len(site.requests) <= 1


async def test_a_socket_is_counted_once_and_until_it_is_closed(site: Site) -> None:
    async with connect(f"ws://127.0.0.1:{site.port}/"):
        assert [type(one) for one in site.taken._all] == [SocketWire]
        assert not site.taken._idle
    await site.until(lambda: not site.taken._all)
