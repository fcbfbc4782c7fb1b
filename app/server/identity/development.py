"""Who is at the other end of a request or socket, in development mode.

Each browser gets a cookie and is a developer of the demo organisation. The composition root makes
this only for `serve --dev`; nothing of it exists in production mode.
"""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import AsyncIterator, Mapping
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core.accounts import Identity, scopes_of
from app.core.accounts.development import development_actor
from app.core.context import Core
from app.kernel.actor import Actor, Forbidden
from app.node.sessions.logins import Logins
from app.server.identity.cookies import cookie_value, header_of

COOKIE = "graft_visitor"


class Visitors:
    """Knows visitors by their cookie."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._known: dict[str, Actor] = {}

    async def of_socket(self, environ: Mapping[str, Any], token: str) -> Actor:
        """Return who opens a socket.

        Raises:
            Forbidden: there is neither cookie nor client token.
        """
        actor = await self._actor(cookie_value(environ.get("HTTP_COOKIE", ""), COOKIE) or token)
        if actor is None:
            raise Forbidden("this browser accepts no cookies")
        return actor

    async def of_request(self, request: Request) -> Identity | None:
        """Return who sends a request, and what developers may do."""
        actor = await self.of_page(request)
        return Identity(actor, scopes_of(actor.roles)) if actor else None

    async def of_page(self, request: Request) -> Actor | None:
        """Return who loads a page, or None."""
        return await self._actor(cookie_value(header_of(request.scope, b"cookie"), COOKIE))

    async def of_open_page(self, request: Request) -> Actor | None:
        """Return who loads a part of a page, or None."""
        return await self.of_page(request)

    async def _actor(self, visitor: str) -> Actor | None:
        if not visitor:
            return None
        if visitor not in self._known:
            self._known[visitor] = await development_actor(self._core, visitor)
        return self._known[visitor]

    @contextlib.asynccontextmanager
    async def running(self, logins: Logins) -> AsyncIterator[None]:
        """There are no logins to keep in step with."""
        yield

    def middleware(self, app: ASGIApp) -> ASGIApp:
        """Give every new browser its cookie."""

        async def with_cookie(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http" or cookie_value(header_of(scope, b"cookie"), COOKIE):
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


def _with_cookie(scope: Scope, value: str) -> list[tuple[bytes, bytes]]:
    others = [item for item in scope["headers"] if item[0] != b"cookie"]
    sent = [part for part in (header_of(scope, b"cookie"), f"{COOKIE}={value}") if part]
    return [*others, (b"cookie", "; ".join(sent).encode("latin-1"))]
