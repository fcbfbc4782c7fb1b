"""Who is at the other end of a request or socket, in production mode.

There is one way in: the cookie of a login, or an API token. Whoever has neither sees the login
page and nothing else.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import hashlib
from collections.abc import AsyncIterator, Mapping
from typing import Any, Protocol, TypeVar

import structlog
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from app.core import accounts, audit
from app.core.accounts import Identity
from app.core.beside import EVERYTHING
from app.core.context import Core
from app.core.secret_box import Unreadable
from app.kernel.actor import Actor
from app.kernel.errors import SignedOut
from app.kernel.tasks import repeatedly
from app.node.sessions.logins import Logins
from app.server.identity.cookies import APPS_COOKIE, SESSION_COOKIE, cookie_value, header_of
from app.server.identity.origins import HAND_OVER, Origins, ask
from app.server.identity.redirects import login_url
from app.server.wire.connections import address_of_client

log = structlog.get_logger("graft")

LOOK_SECONDS = 60.0
"""How often it is checked whether the logins of open pages still hold. Changes made on this server,
or by a command beside it, are told at once; this is for logins that get too old."""

# What answers for itself: the login pages, what they and every page load, and routes that ask who
# sends the request. Everything else needs a login.
_OPEN = (
    *("/login", "/auth", "/setup", "/invite", "/password", "/favicon.svg", "/assets"),
    *("/healthz", "/readyz", "/metrics", "/_health", "/ping", "/api"),
    *("/_event", "/_upload", "/_graft", "/files", HAND_OVER),
)
_CACHED = "graft.identity"
_REMEMBERED = 5_000

T = TypeVar("T")


class Identify(Protocol):
    """Tells who somebody is: `Identities` in production mode, `Visitors` in development mode."""

    async def of_request(self, request: Request) -> Identity | None:
        """Return who sends a request, and what they may do; None if they do not prove it."""
        ...

    async def of_page(self, request: Request) -> Actor | None:
        """Return who loads a page or a part of one, or None."""
        ...

    async def of_open_page(self, request: Request) -> Actor | None:
        """Return who loads a part of an app's page, as `of_page` does, but without asking the
        database again for a login that has a page open: it proved itself when its socket opened.
        """
        ...

    async def of_socket(self, environ: Mapping[str, Any], token: str) -> Actor:
        """Return who opens a socket.

        Raises:
            Forbidden: nobody is signed in.
        """
        ...

    def middleware(self, app: ASGIApp) -> ASGIApp:
        """Return `app` with what must come before it."""
        ...

    def running(self, logins: Logins) -> contextlib.AbstractAsyncContextManager[None]:
        """Keep the open pages of this node in step with their logins."""
        ...


class Identities:
    """Knows people by the cookie of their login and programs by their API token."""

    def __init__(self, core: Core, origins: Origins | None = None) -> None:
        self._core = core
        self._origins = origins or Origins()
        # Logins that ended lately: a socket may be asking the database at that very moment.
        self._ended: dict[str, None] = {}
        # Digests of secrets that opened a socket -> their logins.
        self._proved: dict[str, str] = {}
        self._logins: Logins | None = None

    async def of_request(self, request: Request) -> Identity | None:
        """See `Identify`. An API token that is sent counts alone, also when it is wrong."""
        if _CACHED not in request.scope:
            request.scope[_CACHED] = await self._identity(request.scope)
        found: Identity | None = request.scope[_CACHED]
        return found

    async def of_page(self, request: Request) -> Actor | None:
        """See `Identify`. A program needs the scope to read apps."""
        found = await self.of_request(request)
        return found.actor if found and accounts.Scope.APPS_READ in found.scopes else None

    async def of_open_page(self, request: Request) -> Actor | None:
        """See `Identify`. After a promote, all open pages load the new version at once."""
        cookies = header_of(request.scope, b"cookie")
        if self._origins.is_apps(request.scope):
            login = self._handed_over(cookie_value(cookies, APPS_COOKIE)) or ""
        else:
            login = self._proved.get(_digest(cookie_value(cookies, SESSION_COOKIE)), "")
        if self._logins is None or not login or header_of(request.scope, b"authorization"):
            return await self.of_page(request)
        actor = self._logins.actor(login)
        if actor is None or accounts.Scope.APPS_READ not in accounts.scopes_of(actor.roles):
            return await self.of_page(request)
        return actor

    async def of_socket(self, environ: Mapping[str, Any], token: str) -> Actor:
        """See `Identify`. Sockets are for browsers: there are no sockets by API token."""
        cookies = environ.get("HTTP_COOKIE", "")
        on_apps = self._origins.is_of_apps(
            environ.get("HTTP_HOST", ""), environ.get("HTTP_X_FORWARDED_HOST", "")
        )
        found = await self._by_cookie(cookies, on_apps=on_apps)
        if found is None or found.login in self._ended:
            await audit.refused(self._core, "socket.connect")
            raise SignedOut("you are no longer signed in: reload the page")
        if found.login is not None and not on_apps:
            _put(self._proved, _digest(cookie_value(cookies, SESSION_COOKIE)), found.login)
        return found.actor

    def handed_over(self, login: str) -> str:
        """Return the cookie of the origin of apps that names a login."""
        return self._core.secrets.seal(login, APPS_COOKIE)

    def middleware(self, app: ASGIApp) -> ASGIApp:
        """Send whoever is not signed in to the login page."""

        async def gate(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] not in ("http", "websocket"):
                await app(scope, receive, send)
                return
            with audit.coming_from(address_of_client(scope)):
                refusal = await self._answer(scope) if scope["type"] == "http" else None
                await (refusal or app)(scope, receive, send)

        return gate

    @contextlib.asynccontextmanager
    async def running(self, logins: Logins) -> AsyncIterator[None]:
        """See `Identify`."""

        async def changed(payload: dict[str, Any]) -> None:
            ended = payload["logins"]
            self._remember(ended)
            await logins.end(ended, "left" if payload.get("left") else "ended")
            for user_id in payload["users"]:
                await self._look(logins, logins.of_user(user_id), frozenset())

        self._logins = logins

        async def look(payload: dict[str, Any]) -> None:
            await self._look(logins, logins.open(), frozenset())

        stops = (
            self._core.bus.subscribe(accounts.TOPIC, changed),
            self._core.bus.subscribe(EVERYTHING, look),
        )

        async def look_again() -> None:
            await asyncio.sleep(LOOK_SECONDS)
            await self._look(logins, logins.open(), logins.take_used())

        try:
            async with repeatedly(look_again, "checking the logins of open pages"):
                yield
        finally:
            for stop in stops:
                stop()

    async def _look(self, logins: Logins, ids: frozenset[str], used: frozenset[str]) -> None:
        if not ids:
            return
        held = await accounts.actors_of(self._core, ids, used)
        logins.update(held)
        await logins.end(ids - held.keys(), "over")

    async def _identity(self, scope: Scope) -> Identity | None:
        authorization = header_of(scope, b"authorization")
        on_apps = self._origins.is_apps(scope)
        if authorization and not on_apps:
            kind, _, secret = authorization.partition(" ")
            is_token = kind.lower() == "bearer"
            found = (
                await accounts.identity_of_token(self._core, secret.strip()) if is_token else None
            )
            if found is None:
                await audit.refused(self._core, "token.use")
            return found
        return await self._by_cookie(header_of(scope, b"cookie"), on_apps=on_apps)

    async def _by_cookie(self, cookies: str, *, on_apps: bool) -> Identity | None:
        """Return who has the cookie of the origin that is asked: each has one of its own."""
        if not on_apps:
            secret = cookie_value(cookies, SESSION_COOKIE)
            return await accounts.identity_of_login(self._core, secret) if secret else None
        login = self._handed_over(cookie_value(cookies, APPS_COOKIE))
        found = await accounts.identity_of_login_id(self._core, login) if login else None
        if found is None:
            return None
        actor = dataclasses.replace(found.actor, on_apps=True)
        only = found.scopes & {accounts.Scope.APPS_READ}
        return dataclasses.replace(found, actor=actor, scopes=only)

    def _handed_over(self, sealed: str) -> str | None:
        """Return the login that a cookie of the origin of apps names."""
        try:
            return self._core.secrets.open(sealed, APPS_COOKIE) if sealed else None
        except Unreadable:
            return None

    async def _answer(self, scope: Scope) -> Response | None:
        """Return what is said in place of what was asked for, if it is not here, or not for
        whoever asks.
        """
        origin = self._origins.elsewhere(scope)
        return await self._refusal(scope) if origin is None else _led_to(origin, scope)

    async def _refusal(self, scope: Scope) -> Response | None:
        path: str = scope["path"]
        if scope["method"] not in ("GET", "HEAD") or is_open(path):
            return None
        if await self.of_request(Request(scope)) is not None:
            return None
        no_store = {"cache-control": "no-store"}
        name = path.rpartition("/")[2]
        if "." in name and "text/html" not in header_of(scope, b"accept"):
            return PlainTextResponse("Sign in first.", 401, headers=no_store)
        sent, query = _sent(scope)
        if self._origins.is_apps(scope):
            return ask(self._origins, Request(scope), f"{sent}?{query}" if query else sent)
        return RedirectResponse(login_url(sent, query), 303, headers=no_store)

    def _remember(self, logins: list[str]) -> None:
        for login in logins:
            _put(self._ended, login, None)


def _led_to(origin: str, scope: Scope) -> Response:
    """Return the answer for what is on another origin; changes are not led there."""
    if scope["method"] not in ("GET", "HEAD"):
        return PlainTextResponse("This is on another origin.", 404)
    sent, query = _sent(scope)
    address = f"{origin}{sent}?{query}" if query else f"{origin}{sent}"
    return RedirectResponse(address, 303, headers={"cache-control": "no-store"})


def _sent(scope: Scope) -> tuple[str, str]:
    """Return path and query as they were sent: a decoded path may have a question mark of its
    own.
    """
    path = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1")
    return path, scope["query_string"].decode("latin-1")


def _put(table: dict[str, T], key: str, value: T) -> None:
    """Remember a few thousand of them, the newest."""
    table.pop(key, None)
    table[key] = value
    if len(table) > _REMEMBERED:
        del table[next(iter(table))]


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def is_open(path: str) -> bool:
    """Tell whether a path answers for itself, with or without a login."""
    return any(path == prefix or path.startswith(f"{prefix}/") for prefix in _OPEN)
