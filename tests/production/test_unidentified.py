"""Sockets at a production server that never say who they are."""

import asyncio
import json
from collections.abc import Iterator
from uuid import uuid4

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.production.doors.trying import LAUNCHER, beside
from tests.production.world import Person, World, build_world
from tests.support.servers import Forge, Server, serving

PATIENCE = 120


@pytest.fixture
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return asyncio.run(build_world(tmp_path_factory.mktemp("strangers")))


@pytest.fixture
def server(forge: Forge, world: World) -> Iterator[Server]:
    environment = {"GRAFT_SOCKET_SECONDS": "1"}
    with serving(forge, world.data, environment=environment) as running:
        yield running


def stranger(server: Server) -> ClientConnection:
    address = server.address.replace("http", "ws", 1)
    return connect(f"{address}/_event/?EIO=4&transport=websocket&token=x", open_timeout=PATIENCE)


def closed(socket: ClientConnection) -> list[str]:
    """Wait until the server closes a socket; return what it sent before."""
    sent = []
    try:
        while True:
            text = socket.recv(timeout=PATIENCE)
            assert isinstance(text, str)
            sent.append(text[:2])
    except ConnectionClosed:
        return sent


def test_who_says_nothing_or_is_refused_is_closed_and_who_signed_in_stays(
    server: Server, world: World
) -> None:
    person: Person = beside(world, lambda core: world.person(core, "Acme", "member"))
    with server.socket(person.login, uuid4().hex) as known:
        with stranger(server) as silent, stranger(server) as refused:
            refused.send("40/_event,")
            assert closed(refused)[-1] == "44"
            assert "44" not in closed(silent)
        known.send(f"{LAUNCHER}.search", query="still here")
        assert known.value("launcher_state", "query") == "still here"
        known._socket.send("41/_event,")  # it leaves, and keeps its connection
        closed(known._socket)
    logged = [json.loads(line) for line in server.logged().splitlines()]
    assert not [line for line in logged if line["level"] == "error"]
