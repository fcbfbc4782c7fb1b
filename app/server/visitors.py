"""Who is at the other end of a request or socket.

Development mode only: each browser gets a cookie and is a developer of the demo organisation. In
production mode nobody is anybody, so nothing of hosted apps is served.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core.accounts import development_actor
from app.core.actor import Actor, Forbidden
from app.core.context import Core

COOKIE = "graft_visitor"


class Visitors:
    """Knows visitors by their cookie."""

    def __init__(self, core: Core, *, development: bool) -> None:
        self._core = core
        self._development = development
        self._known: dict[str, Actor] = {}

    async def of_socket(self, environ: Mapping[str, Any], token: str) -> Actor:
        """Return who opens a socket.

        Raises:
            Forbidden: nobody is signed in.
        """
        actor = await self._actor(_cookie(environ.get("HTTP_COOKIE", "")) or token)
        if actor is None:
            raise Forbidden("sign in first")
        return actor

    async def of_request(self, request: Request) -> Actor | None:
        """Return who sends a request, or None."""
        return await self._actor(request.cookies.get(COOKIE) or "")

    async def _actor(self, visitor: str) -> Actor | None:
        if not self._development or not visitor:
            return None
        if visitor not in self._known:
            self._known[visitor] = await development_actor(self._core, visitor)
        return self._known[visitor]

    def middleware(self, app: ASGIApp) -> ASGIApp:
        """Give every new browser its cookie, in development mode."""
        if not self._development:
            return app

        async def with_cookie(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http" or _cookie(_header(scope, b"cookie")):
                await app(scope, receive, send)
                return
            value = secrets.token_urlsafe(18)
            # A first request may already ask for a static app: it is known by the new cookie, too.
            scope = {**scope, "headers": _with_cookie(scope, value)}

            async def send_with_cookie(message: Message) -> None:
                if message["type"] == "http.response.start":
                    MutableHeaders(scope=message).append(
                        "set-cookie", f"{COOKIE}={value}; Path=/; HttpOnly; SameSite=Lax"
                    )
                await send(message)

            await app(scope, receive, send_with_cookie)

        return with_cookie


def _header(scope: Scope, name: bytes) -> str:
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == name), "")


def _with_cookie(scope: Scope, value: str) -> list[tuple[bytes, bytes]]:
    others = [item for item in scope["headers"] if item[0] != b"cookie"]
    sent = [part for part in (_header(scope, b"cookie"), f"{COOKIE}={value}") if part]
    return [*others, (b"cookie", "; ".join(sent).encode("latin-1"))]


def _cookie(header: str) -> str:
    try:
        found = SimpleCookie(header).get(COOKIE)
    except CookieError:
        return ""
    return found.value if found else ""
