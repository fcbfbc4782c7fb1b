"""When a message to a browser has left the process."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from functools import partial
from typing import Any, cast

import engineio
import pytest
import uvicorn
from websockets.sync.client import connect

from app.bridge.sockets.leaving import until_written
from app.server.wire.connections import Bounds, Connections
from app.server.wire.websocket import SocketWire

PATIENCE = 60  # seconds; only a failing test waits that long


@pytest.fixture
def gate() -> threading.Event:
    """Keeps the event loop of the server busy until it is set."""
    return threading.Event()


@pytest.fixture
def address(gate: threading.Event) -> Iterator[str]:
    """Of a server that answers a message twice, and is busy between the two."""
    sockets = engineio.AsyncServer(async_mode="asgi")

    @sockets.on("message")  # type: ignore[untyped-decorator]  # engineio has no types
    async def answer(sid: str, data: str) -> None:
        await sockets.send(sid, "before")
        await until_written()
        gate.wait(PATIENCE)
        await sockets.send(sid, "after")

    wire = partial(SocketWire, connections=Connections(Bounds(), "127.0.0.1"))
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        config = uvicorn.Config(
            engineio.ASGIApp(sockets),
            loop="uvloop",
            ws=cast(Any, wire),
            lifespan="off",
            log_config=None,
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=partial(server.run, sockets=[bound]))
        bound.listen()
        thread.start()
        yield f"ws://127.0.0.1:{bound.getsockname()[1]}/engine.io/?EIO=4&transport=websocket"
        gate.set()
        server.should_exit = True
        thread.join(PATIENCE)


def test_a_message_is_written_before_the_event_loop_is_kept_busy(
    address: str, gate: threading.Event
) -> None:
    with connect(address, close_timeout=1) as client:
        client.recv()
        client.send("4hello")
        assert client.recv(timeout=PATIENCE / 2) == "4before"
        gate.set()
        assert client.recv(timeout=PATIENCE / 2) == "4after"
