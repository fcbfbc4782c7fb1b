"""What one connection may send and how long it may take, at uvicorn in this process.

Nothing waits for time: a test says how late it is.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from app.server.wire.connections import Bounds
from app.server.wire.http import MOST_WAITING, PIECE, HttpWire
from app.server.wire.writing import LINGER_SECONDS
from tests.unit.server.wiring import (
    GET,
    LARGE,
    PATIENCE,
    POST,
    Site,
    line,
    refused,
    site_time,
    wired_site,
)


@pytest.fixture
def bounds() -> Bounds:
    return Bounds(header_bytes=8192, headers=20)


@pytest.fixture
async def site(bounds: Bounds, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Site]:
    async with wired_site(bounds, monkeypatch) as made:
        yield made


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


async def test_a_body_that_is_none_is_told_so_and_not_answered_as_well(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    bad = b"POST /unread HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n-1\r\n"
    async with line(site) as client:
        await client.send(bad)
        answer = await client.answer()
        await asyncio.wait_for(site.ended.wait(), PATIENCE)
    assert answer.startswith(b"HTTP/1.1 400")
    assert answer.count(b"HTTP/1.1") == 1
    assert not [record for record in caplog.records if record.exc_info]


async def test_of_the_smallest_chunks_others_have_their_turn_in_between(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with line(site) as client:
        await client.send(POST + b"transfer-encoding: chunked\r\n\r\n")
        (wire,) = site.taken._all
        assert isinstance(wire, HttpWire)
        await site.until(lambda: wire.cycle is not None and wire._turns._next is None)
        monkeypatch.setattr("app.server.wire.turns.SECONDS", 0)
        wire.data_received(b"1\r\nx\r\n" * PIECE)
        assert 0 < len(wire.cycle.body) <= PIECE // 6 + 1
        await client.send(b"0\r\n\r\n")
        assert b"200 OK" in await client.head()
    assert [body and len(body) for _, body in site.requests] == [PIECE]


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


async def test_of_requests_that_do_not_wait_the_rest_is_not_even_parsed(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[None] = []
    parsed = HttpWire.on_message_begin
    monkeypatch.setattr(HttpWire, "on_message_begin", lambda it: (begun.append(None), parsed(it)))
    async with line(site) as client:
        await client.send((GET + b"\r\n") * (MOST_WAITING * 2))
        await client.answer()
    assert len(begun) <= MOST_WAITING + 2
