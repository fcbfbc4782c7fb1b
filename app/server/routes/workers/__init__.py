"""Service workers: only static apps have them, each only for its own pages, and none outlives that
its app is switched off, or that its user signs out.

A worker answers for the server, also when the server would not give that answer any more, and
browsers keep it until it is replaced. Found out in Chromium 150: a script that is not
found (404) leaves the worker as it is, and `Clear-Site-Data: "storage"` ends all workers of the
origin and takes the stored data of every app with them. So the server puts a few lines before the
script of each worker, which let it say the first word about every page, and hands out a worker that
ends itself where there is none. That is also what a module (`{type: "module"}`) gets, because
browsers ask for it without a cookie. It never widens a worker's reach (`Service-Worker-Allowed`).
"""

from __future__ import annotations

from pathlib import Path

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_HERE = Path(__file__).parent
_GUARD = (_HERE / "guard.js").read_bytes()
_GONE = (_HERE / "gone.js").read_bytes()
_JAVASCRIPT = "text/javascript; charset=utf-8"
_HEADERS = {"cache-control": "no-store"}


def is_worker(headers: Headers) -> bool:
    """Tell whether a browser asks for the script of a service worker; no page can send this."""
    return headers.get("service-worker") == "script"


def guarded(script: bytes) -> Response:
    """Return the script of an app's worker, as it may be registered."""
    return Response(_GUARD + script, media_type=_JAVASCRIPT, headers=_HEADERS)


class Workers:
    """ASGI middleware that answers requests for scripts of service workers.

    Args:
        app: has the scripts of static apps.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what comes; in place of a worker that is not there goes one that ends itself."""
        if scope["type"] != "http" or not is_worker(Headers(scope=scope)):
            await self._app(scope, receive, send)
            return
        if not scope["path"].startswith("/apps/"):
            text = "Only static apps have service workers."
            await Response(text, 403, media_type="text/plain")(scope, receive, send)
            return
        is_there = True

        async def send_if_there(message: Message) -> None:
            nonlocal is_there
            if message["type"] == "http.response.start":
                kind = Headers(raw=message["headers"]).get("content-type", "")
                is_there = message["status"] == 200 and "javascript" in kind
            if is_there:
                await send(message)

        await self._app(scope, receive, send_if_there)
        if not is_there:
            gone = Response(_GONE, media_type=_JAVASCRIPT, headers=_HEADERS)
            await gone(scope, receive, send)
