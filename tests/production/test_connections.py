"""Connections at a production server: what they may send, how long they may take, and how many."""

from __future__ import annotations

import asyncio
import contextlib
import select
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.production.doors.trying import beside
from tests.production.world import Person, World, build_world
from tests.support.servers import Forge, Server, serving

PATIENCE = 60
BOUNDS = {
    "GRAFT_REQUEST_SECONDS": "1",
    "GRAFT_BODY_SECONDS": "1",
    "GRAFT_ANSWER_SECONDS": "1",
    "GRAFT_SOCKET_SECONDS": "60",
    "GRAFT_CONNECTIONS": "40",
    "GRAFT_CONNECTIONS_PER_ADDRESS": "10",
    "GRAFT_TRUSTED_PROXIES": "127.0.0.9",
}
PROXY, OTHER = "127.0.0.9", "127.0.0.7"
GET = b"GET /login HTTP/1.1\r\nHost: localhost\r\n"
SOCKET = (
    b"GET /_event/?EIO=4&transport=websocket&token=x HTTP/1.1\r\nHost: localhost\r\n"
    b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    b"Sec-WebSocket-Version: 13\r\n"
)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return asyncio.run(build_world(tmp_path_factory.mktemp("connections")))


@pytest.fixture
def server(forge: Forge, world: World, tmp_path: Path) -> Iterator[Server]:
    with serving(forge, world.data, environment=BOUNDS, log=tmp_path / "log") as running:
        yield running


def line(server: Server, origin: str = "127.0.0.1") -> socket.socket:
    """Connect from an address of this machine."""
    made = socket.socket()
    made.settimeout(PATIENCE)
    made.bind((origin, 0))
    made.connect(("127.0.0.1", urlsplit(server.address).port))
    return made


def answer(connection: socket.socket) -> bytes:
    """Return what comes until the server ends the connection."""
    found = b""
    with contextlib.suppress(ConnectionError):
        while part := connection.recv(65536):
            found += part
    return found


def status(server: Server, whole: bytes, origin: str = "127.0.0.1") -> bytes:
    """Send a request on a connection of its own; return the status of the answer."""
    with line(server, origin) as connection:
        connection.sendall(whole + b"Connection: close\r\n\r\n")
        return answer(connection)[9:12]


def test_a_header_of_60_mb_is_refused_and_others_are_answered_meanwhile(server: Server) -> None:
    with line(server) as large:
        large.sendall(GET + b"X: ")
        for _ in range(60):
            with contextlib.suppress(ConnectionError):
                large.sendall(b"a" * 1_000_000)
            assert status(server, b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n") == b"200"
        large.shutdown(socket.SHUT_WR)
        assert answer(large).startswith(b"HTTP/1.1 431")
    assert status(server, GET) == b"200"


def test_who_says_nothing_or_half_of_it_is_closed(server: Server) -> None:
    form = b"POST /auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n"
    form += b"Content-Type: application/x-www-form-urlencoded\r\n\r\nemail"
    with line(server) as silent, line(server) as half, line(server) as half_a_body:
        half.sendall(GET)
        half_a_body.sendall(form)
        assert answer(silent) == b""
        assert answer(half).startswith(b"HTTP/1.1 408")
        assert answer(half_a_body).startswith(b"HTTP/1.1 408")


def test_one_address_keeps_nobody_else_out(server: Server) -> None:
    with ExitStack() as stack:
        sockets = [stack.enter_context(line(server, OTHER)) for _ in range(10)]
        for one in sockets:
            one.sendall(SOCKET + b"\r\n")
            assert one.recv(12) == b"HTTP/1.1 101"
        assert status(server, GET, OTHER) == b"503"
        assert status(server, b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n", OTHER) == b"200"
        assert status(server, GET) == b"200"
    while status(server, GET, OTHER) != b"200":
        pass  # the server has not heard yet that they are closed


def test_behind_a_proxy_each_address_has_its_own_number(server: Server) -> None:
    ada, ben = b"X-Forwarded-For: 192.0.2.1\r\n", b"X-Forwarded-For: 192.0.2.2\r\n"
    with ExitStack() as stack:
        for _ in range(10):
            one = stack.enter_context(line(server, PROXY))
            one.sendall(SOCKET + ada + b"\r\n")
            assert one.recv(12) == b"HTTP/1.1 101"
        assert status(server, GET + ada, PROXY) == b"429"
        assert status(server, GET + ben, PROXY) == b"200"
        assert status(server, GET, PROXY) == b"200"
        # Only a proxy is believed.
        assert status(server, GET + ada) == b"200"


def test_a_full_server_still_says_that_it_lives(server: Server) -> None:
    with ExitStack() as stack:
        for number in range(40):
            one = stack.enter_context(line(server, f"127.0.1.{number // 8}"))
            one.sendall(SOCKET + b"\r\n")
            assert one.recv(12) == b"HTTP/1.1 101"
        assert status(server, GET) == b"503"
        assert status(server, b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n") == b"200"


def test_who_takes_no_answers_is_closed(server: Server, world: World) -> None:
    operator: Person = beside(world, lambda core: world.person(core, "Acme", "operator"))
    ask = b"GET /api/v1/openapi.json HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer "
    ask += operator.token.encode() + b"\r\n\r\n"
    with line(server) as connection:
        connection.sendall(ask * 90)  # the answers are more than the system keeps
        ends = select.poll()
        ends.register(connection, select.POLLHUP | select.POLLERR)
        assert ends.poll(PATIENCE * 1000)
    assert status(server, GET) == b"200"
    assert "exception" not in server.logged()
