"""Development mode answers to its own names only.

A page at any name can have that name lead to this machine, and its requests then come from its own
origin, which neither browsers nor `SameOrigin` refuse. In development mode every visitor is a
developer, so the page would be one. A name that leads nowhere else is the remedy: numbers cannot be
made to lead elsewhere, `localhost` is this machine by definition, and others are named by whoever
starts the server.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from app.server.health import problem

VARIABLE = "GRAFT_DEV_HOSTS"
"""Environment variable: further names of a server in development mode, separated by commas. One
that begins with a dot stands for all names that end so."""


def host_of(scope: Scope) -> str:
    """Return the name that a request was sent to, without its port; "" if it says none."""
    return name_in(Headers(scope=scope).get("host", ""))


def is_loopback(host: str) -> bool:
    """Tell whether a name is that of the machine itself, wherever one looks it up."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    address = _address(host)
    return address is not None and address.is_loopback


def named_hosts(bound: str, environ: Mapping[str, str]) -> frozenset[str]:
    """Return the names that a server was told to answer to.

    Args:
        bound: the interface that it listens on, as it was given.
        environ: may name more (`GRAFT_DEV_HOSTS`).
    """
    named = (bound, *environ.get(VARIABLE, "").split(","))
    return frozenset(name_in(name) for name in named if name.strip())


class OwnHosts:
    """ASGI middleware that refuses requests and sockets for other names.

    Args:
        app: the application.
        named: names besides those of the machine itself, see `named_hosts`.
    """

    def __init__(self, app: ASGIApp, named: Iterable[str] = ()) -> None:
        self._app = app
        self._named = frozenset(named)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what comes for one of the names, and from a page at one of them."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        other = self._other_name(Headers(scope=scope))
        if other is None:
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008, "reason": "other host"})
        else:
            text = (
                f"In development mode this server answers as localhost only, not as {other!r}. If"
                f" that is its name, start it with {VARIABLE}={other}."
            )
            await problem(403, "Not this server", text)(scope, receive, send)

    def _other_name(self, headers: Headers) -> str | None:
        """Return the first name that is not ours, of those that a browser sends; None: there is
        none.
        """
        # An origin without a name, "null", is for `SameOrigin`.
        origin = headers.get("origin", "").partition("://")[2]
        names = [name_in(headers.get("host", "")), *([name_in(origin)] if origin else [])]
        return next((name[:100] for name in names if not self._is_ours(name)), None)

    def _is_ours(self, name: str) -> bool:
        if name in self._named or is_loopback(name) or _address(name) is not None:
            return True
        return any(own.startswith(".") and name.endswith(own) for own in self._named)


def name_in(host: str) -> str:
    """Return the name in `name:port`, as it is compared: in small letters, without a last dot."""
    host = host.strip().lower()
    if host.startswith("["):
        return host[1:].partition("]")[0]
    name = host if host.count(":") > 1 else host.partition(":")[0]
    return name.removesuffix(".")


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
