"""Sockets of which nobody has proved yet who they are: for how long, and how many.

Whoever can reach the server can open a socket; who it is comes with its first packet. One that
does not send it, or is refused and stays, costs memory for as long as it likes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.bridge.sockets.frames import is_frame
from app.bridge.sockets.hosts import UNIDENTIFIED
from app.core.limits import whole_number
from app.server.wire.connections import address_of_client, place_of

log = structlog.get_logger("graft")

_OVER: Message = {"type": "websocket.disconnect", "code": 1008}
SECONDS, PER_ADDRESS = "GRAFT_SOCKET_SECONDS", "GRAFT_SOCKETS_PER_ADDRESS"


@dataclass(frozen=True, slots=True)
class SocketLimits:
    """What is allowed to unidentified sockets.

    Attributes:
        seconds: after this time they are closed.
        per_address: so many at once from one network address; of more, the oldest are closed. Pages
            of a whole office may come back at the same moment, and are unidentified only for that.
    """

    seconds: int = 20
    per_address: int = 2_000

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> SocketLimits:
        """Read GRAFT_SOCKET_SECONDS and GRAFT_SOCKETS_PER_ADDRESS, each optional.

        Raises:
            Invalid: one of them is not a whole number above 0.
        """
        return cls(
            whole_number(environ, SECONDS, cls().seconds),
            whole_number(environ, PER_ADDRESS, cls().per_address),
        )


class UnidentifiedSockets:
    """ASGI middleware that closes unidentified sockets in time.

    Args:
        app: handles the sockets; the bridge tells what becomes of each (`UNIDENTIFIED` in its
            scope).
        limits: what is allowed.
    """

    def __init__(self, app: ASGIApp, limits: SocketLimits) -> None:
        self._app = app
        self._limits = limits
        self._here: dict[str, dict[UnidentifiedSocket, None]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what comes; a socket whose time is up seems to have been left."""
        if scope["type"] != "websocket":
            await self._app(scope, receive, send)
            return
        socket = UnidentifiedSocket(self, address_of_client(scope), self._limits.seconds)
        socket.unknown()
        try:
            await self._app({**scope, UNIDENTIFIED: socket}, socket.in_time(receive), send)
        finally:
            socket.gone = True
            self.remove(socket)

    def add(self, socket: UnidentifiedSocket) -> None:
        """Note a socket; if there are too many of its address, the oldest gives way."""
        others = self._here.setdefault(socket.place, {})
        others[socket] = None
        if len(others) > self._limits.per_address:
            oldest = next(iter(others))
            self.remove(oldest)
            oldest.leave()

    def remove(self, socket: UnidentifiedSocket) -> None:
        """Forget a socket that is identified now, or gone."""
        others = self._here.get(socket.place, {})
        others.pop(socket, None)
        if not others:
            self._here.pop(socket.place, None)


class UnidentifiedSocket:
    """A socket; it stays for as long as it is known who is at the other end.

    Attributes:
        address: where it comes from.
        place: what of it counts, see `place_of`.
        gone: whether it is closed.
    """

    def __init__(self, sockets: UnidentifiedSockets, address: str, seconds: float) -> None:
        self.address = address
        self.place = place_of(address)
        self.gone = False
        self._sockets = sockets
        self._seconds = seconds
        self._until: float | None = None
        self._waiting: asyncio.Timeout | None = None

    def known(self) -> None:
        """It proved who it is."""
        self._sockets.remove(self)
        self._stay_until(None)

    def unknown(self) -> None:
        """It has not proved who it is yet, or what it proved has ended."""
        if self.gone:
            return
        self._sockets.add(self)
        self._stay_until(asyncio.get_running_loop().time() + self._seconds)

    def broke(self, why: str) -> None:
        """It sent what no page sends."""
        log.warning("a socket is closed", why=why, address=self.address)
        self.leave()

    def leave(self) -> None:
        """Close it now."""
        self._stay_until(asyncio.get_running_loop().time())

    def in_time(self, receive: Receive) -> Receive:
        """Return `receive` as long as the socket may stay, then its end."""

        async def receive_in_time() -> Message:
            try:
                async with asyncio.timeout_at(self._until) as self._waiting:
                    message = await receive()
            except TimeoutError:
                return _OVER
            finally:
                self._waiting = None
            if not is_frame(message):
                self.broke("it is no frame of Engine.IO")
                return _OVER
            return message

        return receive_in_time

    def _stay_until(self, until: float | None) -> None:
        self._until = until
        if self._waiting is not None and not self._waiting.expired():
            self._waiting.reschedule(until)
