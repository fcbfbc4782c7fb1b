"""Sockets of which nobody has proved who they are."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.bridge.sockets.hosts import UNIDENTIFIED, UnidentifiedSocket
from app.kernel.errors import Invalid
from app.server.middleware.unidentified import SocketLimits, UnidentifiedSockets

NEVER = 10_000


class Socket:
    """One socket, seen by the application: what it received, and its stranger."""

    def __init__(self) -> None:
        self.sent: asyncio.Queue[Message] = asyncio.Queue()
        self.received: asyncio.Queue[Message] = asyncio.Queue()
        self.stranger: UnidentifiedSocket | None = None

    async def says(self, kind: str) -> UnidentifiedSocket:
        """Send a packet, and wait until the application has it."""
        await self.sent.put({"type": kind, "text": "3"})
        assert (await self.received.get())["type"] == kind
        assert self.stranger is not None
        return self.stranger

    async def closed(self) -> bool:
        """Wait until the application believes that it is closed."""
        return (await self.received.get())["type"] == "websocket.disconnect"


class Sockets:
    """Opens sockets at an application behind the middleware."""

    def __init__(self, **limits: int) -> None:
        self.middleware: ASGIApp = UnidentifiedSockets(self._app, SocketLimits(**limits))
        self._opened: list[Socket] = []

    async def _app(self, scope: Scope, receive: Receive, send: Send) -> None:
        socket: Socket = scope["socket"]
        socket.stranger = scope[UNIDENTIFIED]
        while (message := await receive())["type"] != "websocket.disconnect":
            await socket.received.put(message)
        await socket.received.put(message)

    @asynccontextmanager
    async def open(self, address: str = "192.0.2.1") -> AsyncIterator[Socket]:
        socket = Socket()
        scope = {"type": "websocket", "client": (address, 1), "socket": socket}
        async with asyncio.TaskGroup() as tasks, asyncio.timeout(120):
            tasks.create_task(self.middleware(scope, socket.sent.get, _send))  # type: ignore[arg-type]
            await socket.says("websocket.connect")
            yield socket
            await socket.sent.put({"type": "websocket.disconnect"})


async def _send(message: Message) -> None: ...


async def test_a_stranger_is_closed_when_its_time_is_up() -> None:
    async with Sockets(seconds=0).open() as socket:
        assert await socket.closed()


async def test_whoever_is_known_stays_and_goes_when_that_ends() -> None:
    async with Sockets(seconds=NEVER).open() as socket:
        stranger = await socket.says("websocket.receive")
        stranger.known()
        await socket.says("websocket.receive")
        stranger._seconds = 0  # type: ignore[attr-defined]
        stranger.unknown()
        assert await socket.closed()


async def test_a_time_that_is_up_afterwards_harms_nobody_who_is_known() -> None:
    sockets = Sockets(seconds=NEVER)
    async with sockets.open() as socket:
        stranger = await socket.says("websocket.receive")
        stranger._until = asyncio.get_running_loop().time()  # type: ignore[attr-defined]
        stranger.known()
        for _ in range(2):  # with the time that it had, and with the one that it has now
            await socket.says("websocket.receive")


async def test_whoever_sends_what_is_no_frame_is_closed_also_if_they_are_known() -> None:
    for message in ({"text": "x"}, {"bytes": b"4"}, {"text": ""}):
        async with Sockets(seconds=NEVER).open() as socket:
            (await socket.says("websocket.receive")).known()
            await socket.sent.put({"type": "websocket.receive", **message})
            assert await socket.closed()


async def test_whoever_is_told_to_have_broken_a_rule_is_closed() -> None:
    async with Sockets(seconds=NEVER).open() as socket:
        stranger = await socket.says("websocket.receive")
        stranger.known()
        stranger.broke("no page sends that")
        assert await socket.closed()


async def test_of_too_many_of_one_address_the_oldest_gives_way() -> None:
    sockets = Sockets(seconds=NEVER, per_address=2)
    async with sockets.open() as known, sockets.open("192.0.2.2") as elsewhere:
        (await known.says("websocket.receive")).known()
        async with sockets.open() as first, sockets.open() as second, sockets.open() as third:
            assert await first.closed()
            for socket in (known, elsewhere, second, third):
                await socket.says("websocket.receive")


async def test_whoever_has_a_network_of_ipv6_has_one_address() -> None:
    sockets = Sockets(seconds=NEVER, per_address=1)
    async with sockets.open("2001:db8::1") as first, sockets.open("2001:db8::2") as second:
        assert await first.closed()
        await second.says("websocket.receive")


async def test_nothing_is_kept_of_sockets_that_are_gone() -> None:
    sockets = Sockets(seconds=NEVER)
    async with sockets.open() as left, sockets.open() as other:
        (await left.says("websocket.receive")).known()
        strangers = [await left.says("websocket.receive"), await other.says("websocket.receive")]
    for stranger in strangers:
        stranger.unknown()  # told late
    assert sockets.middleware._here == {}  # type: ignore[attr-defined]


def test_the_defaults_and_the_environment() -> None:
    assert SocketLimits.from_environment({}) == SocketLimits(20, 2_000)
    environ = {"GRAFT_SOCKET_SECONDS": "5", "GRAFT_SOCKETS_PER_ADDRESS": " 7 "}
    assert SocketLimits.from_environment(environ) == SocketLimits(5, 7)


@pytest.mark.parametrize("value", ["0", "-1", "soon", "9" * 9])
def test_what_is_no_number_is_refused_by_name(value: str) -> None:
    wrong: Mapping[str, Any] = {"GRAFT_SOCKET_SECONDS": value}
    with pytest.raises(Invalid, match="GRAFT_SOCKET_SECONDS"):
        SocketLimits.from_environment(wrong)
