"""What strangers send to a production server leaves a few lines in its log, however much it is."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.sync.client import connect

from app.server.identity.cookies import SESSION_COOKIE
from app.server.process.log_flood import EACH
from tests.production.doors.trying import beside
from tests.production.world import Person, World, build_world
from tests.support.servers import Forge, Server, serving

TIMES = EACH + 10
PATIENCE = 120
FORM = "application/x-www-form-urlencoded"
FRAMES = (
    *("", "x", "9", "2probe", "4", "4x", "42/_event,[", "42/_event,null", "42/_event,{}"),
    *("42/_event,5", "43/_event,1[]", "451-/_event,[]", "44", "49", "40/_event,{", "40/other,"),
    *('42/_event,["zzz"]', '42/_event,["event"]', '42/_event,["ping",1,2]', "b4"),
    "42/_event," + "[" * 5_000,
)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return asyncio.run(build_world(tmp_path_factory.mktemp("floods")))


@pytest.fixture(scope="module")
def person(world: World) -> Person:
    return beside(world, lambda core: world.person(core, "Acme", "member"))


@pytest.fixture
def server(forge: Forge, world: World, person: Person, tmp_path: Path) -> Iterator[Server]:
    with serving(forge, world.data, log=tmp_path / "log") as running:
        yield running


def lines(server: Server) -> list[dict[str, Any]]:
    """Return what was logged above `info`; each line must be one, in the one format."""
    found = [json.loads(line) for line in server.logged().splitlines()]
    return [line for line in found if line["level"] in ("warning", "error", "critical")]


def quiet(server: Server, levels: frozenset[str] = frozenset({"warning"})) -> None:
    """Make sure that the server answers, and that its log has a few lines and no traceback."""
    with server.http() as browser:
        assert browser.get("/healthz").status_code == 200
    found = lines(server)
    assert [line for line in found if line["level"] not in levels] == []
    assert [line["exception"] for line in found if "exception" in line] == []
    assert len(found) <= 3 * EACH


def sent(server: Server, data: bytes) -> bytes:
    """Send bytes on a connection of their own; return what came back until the server closed it,
    or b"" if this is not waited for.
    """
    port = urlsplit(server.address).port
    with socket.create_connection(("127.0.0.1", port or 0), timeout=PATIENCE) as line:
        line.sendall(data)
        return line.recv(200)


def left(server: Server, data: bytes) -> None:
    """Send the beginning of a request, and go away."""
    port = urlsplit(server.address).port
    with socket.create_connection(("127.0.0.1", port or 0), timeout=PATIENCE) as line:
        line.sendall(data)
        line.shutdown(socket.SHUT_WR)
        while line.recv(1000):
            pass


def frames(server: Server, login: str, *texts: str | bytes) -> None:
    """Open a socket, connect if there is a login, send frames, and wait for the end."""
    address = server.address.replace("http", "ws", 1)
    where = f"{address}/_event/?EIO=4&transport=websocket&token={uuid4().hex}"
    headers = {"Cookie": f"{SESSION_COOKIE}={login}"} if login else {}
    with connect(where, additional_headers=headers, open_timeout=PATIENCE) as line:
        try:
            if login:
                line.send("40/_event,")
                while not str(line.recv(timeout=PATIENCE)).startswith("40"):
                    pass
            for text in texts:
                line.send(text)
            while True:
                line.recv(timeout=PATIENCE)
        except ConnectionClosed:
            return


@pytest.mark.parametrize("known", [False, True], ids=["strangers", "people"])
def test_bad_frames_end_the_socket_and_leave_a_few_lines(
    known: bool, server: Server, person: Person
) -> None:
    for text in FRAMES:
        frames(server, person.login if known else "", text, text)
    for _ in range(TIMES):
        frames(server, "", "x")
    frames(server, "", b"\x00")
    quiet(server)
    told = [line for line in lines(server) if line["event"] == "a socket is closed"]
    assert len(told) == EACH
    assert {line["address"] for line in told} == {"127.0.0.1"}


def request(path: str, kind: str, body: bytes, length: int, login: str = "") -> bytes:
    cookie = f"cookie: {SESSION_COOKIE}={login}\r\n" if login else ""
    return (
        f"POST {path} HTTP/1.1\r\nhost: localhost\r\n{cookie}content-type: {kind}\r\n"
        f"content-length: {length}\r\n\r\n"
    ).encode() + body


def test_forms_that_are_left_in_the_middle_leave_nothing(server: Server, person: Person) -> None:
    for path in ("/auth/login", "/setup/x", "/invite/x", "/password/x", "/account/tokens"):
        left(server, request(path, FORM, b"email=a", 5_000, person.login))
    for path in ("/api/v1/tokens", "/api/v1/apps"):
        left(server, request(path, "application/json", b"{", 5_000, person.login))
    left(server, request("/_upload", "multipart/form-data; boundary=x", b"--x", 5_000))
    left(server, request("/auth/login", FORM, b"", 5).replace(b"content-length: 5", b"x: 5"))
    quiet(server)
    assert lines(server) == []


HANDSHAKES: dict[str, Callable[[bytes], bytes]] = {
    "no key": lambda whole: whole.replace(b"Sec-WebSocket-Key", b"x-key"),
    "a bad key": lambda whole: whole.replace(b"dGhlIHNhbXBsZSBub25jZQ==", b"zz"),
    "an old version": lambda whole: whole.replace(b"Version: 13", b"Version: 7"),
    "another path": lambda whole: whole.replace(b"/_event/", b"/login"),
    "another transport": lambda whole: whole.replace(b"transport=websocket", b"transport=zzz"),
    "an old protocol": lambda whole: whole.replace(b"EIO=4", b"EIO=3"),
    "a session that is not there": lambda whole: whole.replace(b"EIO=4", b"EIO=4&sid=zzz"),
    "bad extensions": lambda whole: whole.replace(b"\r\n\r\n", b"\r\nSec-WebSocket-Extensions: ;;"
                                                  b"\r\n\r\n"),
    "another upgrade": lambda whole: whole.replace(b"Upgrade: websocket", b"Upgrade: h2c"),
    "no http": lambda whole: b"\x16\x03\x01" + whole,
}  # fmt: skip
HANDSHAKE = (
    b"GET /_event/?EIO=4&transport=websocket&token=x HTTP/1.1\r\nHost: localhost\r\n"
    b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    b"Sec-WebSocket-Version: 13\r\n\r\n"
)


def test_bad_handshakes_leave_a_few_lines(server: Server) -> None:
    for spoil in HANDSHAKES.values():
        for _ in range(TIMES):
            assert sent(server, spoil(HANDSHAKE)).startswith(b"HTTP/1.1 ")
    # Engine.IO writes an error for the first of each kind.
    quiet(server, frozenset({"warning", "error"}))


def test_cookies_tokens_and_bodies_that_make_no_sense_leave_a_few_lines(
    server: Server, person: Person
) -> None:
    odd = (b"cookie: graft_session=\xff\xfe", b"cookie: ;;;=", b"authorization: Bearer \xff")
    for header in (*odd, b"authorization: x", b"range: bytes=9-1,z", b"accept: ;;q=z"):
        for path in (
            b"/",
            b"/login",
            b"/api/v1/apps",
            b"/files/%00/a",
            b"/assets/%ff",
            b"/%2e%2e/",
        ):
            for _ in range(3):
                whole = b"GET " + path + b" HTTP/1.1\r\nhost: a\r\n" + header + b"\r\n\r\n"
                assert sent(server, whole).startswith(b"HTTP/1.1 ")
    for body in (b"{\xff", b"[" * 50_000, b"{}", b"5", b"null"):
        with server.http(authorization=f"Bearer {person.token}") as program:
            for path in ("/api/v1/tokens", "/api/v1/users/invitations", "/api/v1/apps"):
                answer = program.post(path, content=body)
                assert 400 <= answer.status_code < 500
    quiet(server)


@pytest.mark.parametrize("body", [b"--x\r\nzzz", b"--x--\r\n", b"", b"\xff" * 100])
def test_files_that_are_none_leave_a_few_lines(body: bytes, server: Server, person: Person) -> None:
    token = uuid4().hex
    with server.socket(person.login, token), server.http(person.login) as browser:
        for kind in ("multipart/form-data; boundary=x", "multipart/form-data", "text/plain", "x"):
            headers = {
                "content-type": kind,
                "origin": server.address,
                "reflex-client-token": token,
                "reflex-event-handler": "reflex___state____state.hydrate",
            }
            answer = browser.post("/_upload", content=body, headers=headers)
            assert 400 <= answer.status_code < 500, answer.text
    quiet(server)


def test_a_socket_in_which_no_page_can_be_leaves_nothing(server: Server) -> None:
    for path in ("/", "/login", "/api/v1/apps", "/_graft/x"):
        with (
            pytest.raises(InvalidHandshake),
            connect(f"{server.address[:0]}ws://localhost:{urlsplit(server.address).port}{path}"),
        ):
            pass
    assert lines(server) == []
