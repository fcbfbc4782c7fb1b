"""Documents of apps whose pages load from other servers: the page of the front end, with a policy
that names these servers, and no other.

Its root element names them, too, so that the page knows what its document is for
(app/browser/document/document.js).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from html import escape

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.frontend.csp import policy
from app.kernel.origins import sources

_ROOT = b"<html"
# Compressed it could not be changed, and what a browser has of another policy is of no use.
_LEFT_OUT = frozenset({b"accept-encoding", b"if-modified-since", b"if-none-match", b"range"})


def policy_headers(origins: Iterable[str]) -> dict[str, str]:
    """Return the headers of a document that loads from these origins.

    They are told the origin of the page that loads from them, and no more of its address: many
    serve nobody who does not say that.
    """
    return {
        "content-security-policy": policy(more=sources(origins)),
        "referrer-policy": "strict-origin-when-cross-origin",
    }


class AppDocument(Response):
    """Answers with a page, made for some origins.

    Args:
        page: answers with the page as it is.
        origins: what it may load from.
    """

    def __init__(self, page: ASGIApp, origins: Iterable[str]) -> None:
        super().__init__()
        self._page = page
        self._origins = sorted(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request for a page."""
        kept = [(name, value) for name, value in scope["headers"] if name not in _LEFT_OUT]
        start: Message = {}
        body = b""

        async def change(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start":
                start = message
                return
            body += message.get("body", b"")
            if not message.get("more_body", False):
                await self._send(start, body, send)

        await self._page({**scope, "headers": kept}, receive, change)

    async def _send(self, start: Message, body: bytes, send: Send) -> None:
        if Headers(raw=start["headers"]).get("content-type", "").startswith("text/html"):
            named = escape(json.dumps(self._origins))
            body = body.replace(_ROOT, f'<html data-graft-origins="{named}"'.encode(), 1)
            headers = MutableHeaders(scope=start)
            headers.update(policy_headers(self._origins))
            headers["cache-control"] = "no-store"
            for name in ("etag", "last-modified"):
                del headers[name]
            if body:  # as an answer to HEAD has none
                headers["content-length"] = str(len(body))
            for cookie in self.headers.getlist("set-cookie"):
                headers.append("set-cookie", cookie)
        await send(start)
        await send({"type": "http.response.body", "body": body})
