"""What a socket may send and how long it may take, at uvicorn in this process.

Nothing waits for time: a test says how late it is.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.frames import CloseCode, Frame, Opcode

from app.server.wire.connections import Bounds
from app.server.wire.websocket import MOST_FRAMES, PIECE, SocketWire
from tests.unit.server.wiring import GET, PATIENCE, Site, line, refused, site_time, wired_site

UPGRADE = (
    b"connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n"
    b"sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)


@pytest.fixture
async def site(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Site]:
    async with wired_site(Bounds(), monkeypatch) as made:
        yield made


async def test_a_socket_is_counted_once_and_until_it_is_closed(site: Site) -> None:
    async with connect(f"ws://127.0.0.1:{site.port}/"):
        assert [type(one) for one in site.taken._all] == [SocketWire]
        assert not site.taken._idle
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


@pytest.mark.parametrize(
    "handshake",
    [
        b"POST / HTTP/1.1\r\nhost: a\r\n" + UPGRADE + b"content-length: 2\r\n\r\nab",
        b"POST / HTTP/1.1\r\nhost: a\r\n" + UPGRADE + b"transfer-encoding: chunked\r\n\r\n",
        GET + UPGRADE + b"cookie: " + b"a" * 9_000 + b"\r\n\r\n",
        b"GET /" + b"a" * 9_000 + b" HTTP/1.1\r\nhost: a\r\n" + UPGRADE + b"\r\n",
    ],
    ids=["another method", "chunks", "a long header", "a long address"],
)
async def test_a_handshake_that_is_none_is_refused_and_over(site: Site, handshake: bytes) -> None:
    """The library answers these to nobody, and the connection would stay for ever."""
    assert (await refused(site, handshake))[:1] == b"4"
    await site.until(lambda: not site.taken._all)


@pytest.mark.parametrize("frames", [[b"\xff"], [b"a", b"\xff"], [b"\xc3", b""]])
async def test_a_text_that_is_none_ends_the_socket_and_leaves_no_traceback(
    site: Site, frames: list[bytes], caplog: pytest.LogCaptureFixture
) -> None:
    async with connect(f"ws://127.0.0.1:{site.port}/") as client:
        for number, data in enumerate(frames):
            opcode = Opcode.CONT if number else Opcode.TEXT
            frame = Frame(opcode, data, number == len(frames) - 1)
            client.transport.write(frame.serialize(mask=True))
        with pytest.raises(ConnectionClosed) as closed:
            await asyncio.wait_for(client.recv(), PATIENCE)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == CloseCode.INVALID_DATA
    await asyncio.wait_for(site.ended.wait(), PATIENCE)
    assert site.socket_said.empty()
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


async def test_of_the_smallest_frames_others_have_their_turn_in_between(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.server.wire.turns.SECONDS", 0)
    async with line(site) as other, connect(f"ws://127.0.0.1:{site.port}/") as client:
        parsed: list[int] = []
        (wire,) = [one for one in site.taken._all if isinstance(one, SocketWire)]
        wire._turns._take = lambda data: parsed.append(len(data))
        ping = Frame(Opcode.PING, b"").serialize(mask=True)
        wire.data_received(ping * PIECE)
        assert parsed == [PIECE]
        await other.send(GET + b"connection: close\r\n\r\n")
        assert b"200 OK" in await other.head()
        await site.until(lambda: sum(parsed) == len(ping) * PIECE)
        client.transport.abort()


async def test_who_takes_no_pongs_is_not_read(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    answered: list[None] = []
    monkeypatch.setattr(SocketWire, "handle_ping", lambda wire: answered.append(None))
    async with connect(f"ws://127.0.0.1:{site.port}/") as client:
        (wire,) = site.taken._all
        assert isinstance(wire, SocketWire)
        wire.pause_writing()
        wire.data_received(Frame(Opcode.PING, b"a").serialize(mask=True))
        await client.ping()
        assert not answered
        wire.resume_writing()
        await site.until(lambda: len(answered) == 2)
