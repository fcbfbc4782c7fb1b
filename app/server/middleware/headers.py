"""Headers that every response gets, and the refusal of requests from other origins."""

from collections.abc import Mapping

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.frontend import csp
from app.server.health import problem
from app.server.identity.own_hosts import host_of, is_loopback
from app.server.routes.forms import Pages

_UNREADABLE = frozenset(map(chr, (*range(32), *range(127, 160), 0x2028, 0x2029)))
TLS_SECONDS = 31_536_000
_APART = frozenset({"", "account", "admin", "dev", "invite", "login", "password", "setup"})
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def security_headers() -> Mapping[str, str]:
    """Name -> value; a response that brings one of them itself keeps its own."""
    return {
        "content-security-policy": csp.policy(),
        "cross-origin-opener-policy": "same-origin",
        "permissions-policy": "camera=(self), geolocation=(self), microphone=(self), usb=()",
        "referrer-policy": "same-origin",
        "x-content-type-options": "nosniff",
    }


def apart_headers() -> Mapping[str, str]:
    """Name -> value, for pages on which people change what others may do, in place of the same in
    `security_headers`: no page shows them in a frame, and none that opens them in a window, not
    even one of the same origin, gets hold of it.
    """
    return {
        "content-security-policy": csp.policy(framed=False),
        "cross-origin-opener-policy": "noopener-allow-popups",
        "x-frame-options": "DENY",
    }


class SecurityHeaders:
    """ASGI middleware that adds `security_headers` to every HTTP response.

    Over TLS, which a trusted proxy may end, browsers are told to come by TLS only from then on.

    Args:
        app: the application.
        tls_seconds: for how long they are; 0 lets them forget it.
    """

    def __init__(self, app: ASGIApp, tls_seconds: int = TLS_SECONDS) -> None:
        self._app = app
        self._headers = tuple(security_headers().items())
        self._tls = f"max-age={tls_seconds}"
        self._apart = tuple({**security_headers(), **apart_headers()}.items())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what comes; adds to the headers of what goes out."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        # Not for this machine: other programs answer on its other ports, and without TLS.
        over_tls = scope["scheme"] == "https" and not is_loopback(host_of(scope))
        added = self._apart if _is_apart(scope["path"]) else self._headers

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if over_tls:
                    headers.setdefault("strict-transport-security", self._tls)
                for name, value in added:
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_with_headers)


def _is_apart(path: str) -> bool:
    return path.lstrip("/").partition("/")[0] in _APART


class ReadableAddresses:
    """ASGI middleware that refuses addresses with line breaks or other control characters.

    Nobody has such an address. Routers disagree on what a line break ends, and logs break at it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on requests whose address can be shown."""
        if scope["type"] == "http" and not _UNREADABLE.isdisjoint(scope["path"]):
            text = "The address contains control characters."
            await problem(400, "Not acceptable", text)(scope, receive, send)
        else:
            await self._app(scope, receive, send)


class SameOrigin:
    """ASGI middleware that refuses sockets and changes asked for by another site's page.

    Browsers send cookies with such requests, so the session alone does not tell who asks. A proxy
    must hand on the Host header or set X-Forwarded-Host, which no page of another site can set.
    Reflex's own check knows "any origin" or a fixed list; rxconfig.py turns it off.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._pages = Pages()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on requests of this origin and of programs, which send no Origin."""
        if scope["type"] == "lifespan" or _may_pass(scope):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008, "reason": "other origin"})
        else:
            await self._refusal(scope)(scope, receive, send)

    def _refusal(self, scope: Scope) -> Response:
        if _is_for_a_person(scope):
            text = (
                "Another site asked for a change in your name. Nothing was changed. If it was a"
                " page of this site, tell its operator: the proxy must hand on the Host header."
            )
            return self._pages.message("This request came from another site", text, 403)
        return problem(403, "Not allowed", "Requests from other origins are refused.")


def _is_for_a_person(scope: Scope) -> bool:
    """Tell whether a browser shows the answer as a page."""
    is_api = scope["path"].startswith("/api/")
    return not is_api and "text/html" in Headers(scope=scope).get("accept", "")


def _may_pass(scope: Scope) -> bool:
    if scope["type"] == "http" and scope["method"] in _SAFE_METHODS:
        return True
    headers = Headers(scope=scope)
    # Browsers say so themselves, and no page can change it; programs do not send it.
    if headers.get("sec-fetch-site") in ("cross-site", "same-site"):
        return False
    origin = headers.get("origin")
    if origin is None:
        return True
    here = {headers.get("host"), headers.get("x-forwarded-host")}
    return origin.partition("://")[2] in here - {None, ""}
