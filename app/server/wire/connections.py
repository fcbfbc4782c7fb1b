"""How many connections a server takes, and from whom.

Whoever can reach the server can open connections, and each costs memory and a file. What nobody is
answered on gives way to what comes: a browser that finds a connection closed opens another. When
nothing can give way, what comes gets 503 and nothing else, but for `/healthz`, so that whoever
watches the server does not take it for dead and restart it.
"""

from __future__ import annotations

import asyncio
import ipaddress
import resource
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Protocol

from starlette.types import Scope
from uvicorn.middleware.proxy_headers import _TrustedHosts

from app.core.limits import whole_number

LOOK_SECONDS = 1.0
"""How often it is looked whether the time of a connection is up."""

RESERVE = 50
"""So many connections are taken on top, to say that there are too many."""

_FILES_FOR_OTHERS = 256  # database, packages, apps
_AT_ONCE = 500  # connections that are looked at before others have their turn


@dataclass(frozen=True, slots=True)
class Bounds:
    """What is allowed to connections.

    Attributes:
        header_bytes: size of a request's first line and headers.
        headers: their number.
        request_seconds: time until they are complete; counted from the beginning of the connection,
            and on one that is kept from their first byte.
        body_seconds: in such a time a body has to go on, by a kilobyte.
        answer_seconds: in such a time an answer has to be taken, a kilobyte of it.
        connections: how many there may be in all.
        per_address: how many from one address, or from one network of IPv6.
    """

    header_bytes: int = 64 * 1024
    headers: int = 100
    request_seconds: int = 20
    body_seconds: int = 30
    answer_seconds: int = 30
    connections: int = 10_000
    per_address: int = 2_000

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Bounds:
        """Read GRAFT_HEADER_KB and the like, each optional; see docs/operations.md.

        Raises:
            Invalid: one of them is not a whole number above 0.
        """
        kilobytes = whole_number(environ, "GRAFT_HEADER_KB", cls().header_bytes // 1024)
        return cls(
            header_bytes=kilobytes * 1024,
            headers=whole_number(environ, "GRAFT_HEADERS", cls().headers),
            request_seconds=whole_number(environ, "GRAFT_REQUEST_SECONDS", cls().request_seconds),
            body_seconds=whole_number(environ, "GRAFT_BODY_SECONDS", cls().body_seconds),
            answer_seconds=whole_number(environ, "GRAFT_ANSWER_SECONDS", cls().answer_seconds),
            connections=whole_number(environ, "GRAFT_CONNECTIONS", cls().connections),
            per_address=whole_number(environ, "GRAFT_CONNECTIONS_PER_ADDRESS", cls().per_address),
        )


Proxies = _TrustedHosts
"""Addresses and networks of reverse proxies, made of what GRAFT_TRUSTED_PROXIES says; uvicorn's."""


class Connection(Protocol):
    """One connection, as far as it is counted."""

    @property
    def peer(self) -> str:
        """The network address at the other end, "" if there is none."""
        ...

    def look(self, now: float) -> None:
        """See whether its time is up; `now` is the event loop's."""
        ...

    def drop(self) -> None:
        """End it, whatever is in it."""
        ...


class Connections:
    """All connections of a server.

    Args:
        bounds: what is allowed to them.
        proxies: addresses of reverse proxies, as GRAFT_TRUSTED_PROXIES has them. Behind each may be
            everybody, so only the number in all counts; `ConcurrencyLimit` counts those behind it.
    """

    def __init__(self, bounds: Bounds, proxies: str) -> None:
        self.bounds = bounds
        self._proxies = Proxies(proxies)
        self._all: dict[Connection, str] = {}
        self._by_place: dict[str, dict[Connection, None]] = {}
        self._idle: dict[Connection, None] = {}
        self._idle_by_place: dict[str, dict[Connection, None]] = {}
        self._crowd: dict[Connection, None] = {}
        self._looking: asyncio.TimerHandle | None = None

    def add(self, connection: Connection) -> bool:
        """Count a connection that was opened; return whether there is room for it.

        If there is none, it may be told so.
        """
        place = "" if connection.peer in self._proxies else place_of(connection.peer)
        has_room = self._make_room(place)
        self._all[connection] = place if has_room else ""
        if has_room:
            self._by_place.setdefault(place, {})[connection] = None
            self.idle(connection)
        else:
            self._crowd[connection] = None
            if len(self._crowd) > RESERVE:
                self._drop_oldest(self._crowd)
        if self._looking is None:
            self._looking = asyncio.get_running_loop().call_later(LOOK_SECONDS, self._look)
        return has_room

    def remove(self, connection: Connection) -> None:
        """Forget a connection that is closed; it may be forgotten already."""
        place = self._all.pop(connection, "")
        self._crowd.pop(connection, None)
        self._take_out(self._by_place, place, connection)
        self._idle.pop(connection, None)
        self._take_out(self._idle_by_place, place, connection)

    def busy(self, connection: Connection) -> None:
        """Somebody is answered on it."""
        self._idle.pop(connection, None)
        self._take_out(self._idle_by_place, self._all.get(connection, ""), connection)

    def idle(self, connection: Connection) -> None:
        """Nobody is answered on it: it may give way to others."""
        if connection in self._all and connection not in self._crowd:
            self._idle[connection] = None
            self._idle_by_place.setdefault(self._all[connection], {})[connection] = None

    def _make_room(self, place: str) -> bool:
        if place and len(self._by_place.get(place, ())) >= self.bounds.per_address:
            return self._drop_oldest(self._idle_by_place.get(place, {}))
        if len(self._all) - len(self._crowd) >= self.bounds.connections:
            return self._drop_oldest(self._idle)
        return True

    def _drop_oldest(self, some: Mapping[Connection, None]) -> bool:
        oldest = next(iter(some), None)
        if oldest is None:
            return False
        self.remove(oldest)
        oldest.drop()
        return True

    def _look(self) -> None:
        self._looking = None
        self._look_at(list(self._all))

    def _look_at(self, waiting: list[Connection]) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        for connection in waiting[:_AT_ONCE]:
            connection.look(now)
        if waiting[_AT_ONCE:]:
            loop.call_soon(self._look_at, waiting[_AT_ONCE:])
        elif self._all:
            self._looking = loop.call_later(LOOK_SECONDS, self._look)

    @staticmethod
    def _take_out(
        table: dict[str, dict[Connection, None]], place: str, connection: Connection
    ) -> None:
        found = table.get(place, {})
        found.pop(connection, None)
        if not found:
            table.pop(place, None)


def place_of(address: str) -> str:
    """Return what counts as one address: of IPv6 the network, whose owner has all of them."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address[:60]
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((int(parsed) >> 64 << 64, 64)))


def as_the_system_allows(bounds: Bounds) -> Bounds:
    """Let this process open as many files as it may; return bounds that fit into that."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        soft = hard
    if soft == resource.RLIM_INFINITY:
        return bounds
    most = max(min(bounds.connections, soft - _FILES_FOR_OTHERS - RESERVE), 16)
    return replace(bounds, connections=most)


def address_of_client(scope: Scope) -> str:
    """Return the network address that a request comes from; uvicorn has asked trusted proxies."""
    client = scope.get("client")
    return str(client[0]) if client else ""
