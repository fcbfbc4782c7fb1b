"""How large a request may be."""

from __future__ import annotations

from collections.abc import Collection

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY = 1024 * 1024


class BodyLimit:
    """ASGI middleware that reads at most so much of a request's body.

    Starlette has one that answers in plain text; here, as everywhere in the API, it is a problem in
    the one format.

    Args:
        app: the application, whose own error handling answers.
        limit: bytes.
        but: paths of routes that have a limit of their own.
    """

    def __init__(self, app: ASGIApp, limit: int = MAX_BODY, but: Collection[str] = ()) -> None:
        self._app = app
        self._limit = limit
        self._but = but

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, its body only up to the limit."""
        if scope["type"] != "http" or self._is_free(scope):
            await self._app(scope, receive, send)
            return
        announced = Headers(scope=scope).get("content-length", "")
        left = self._limit

        async def limited() -> Message:
            nonlocal left
            if announced.isdecimal() and int(announced[:20]) > self._limit:
                raise _too_large(self._limit)
            message = await receive()
            left -= len(message.get("body", b""))
            if left < 0:
                raise _too_large(self._limit)
            return message

        await self._app(scope, limited, send)

    def _is_free(self, scope: Scope) -> bool:
        path: str = scope["path"].removeprefix(scope.get("root_path", ""))
        return path in self._but


def _too_large(limit: int) -> HTTPException:
    return HTTPException(413, f"The request's body is too large: at most {limit:,} bytes")
