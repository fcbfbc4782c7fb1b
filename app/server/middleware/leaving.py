"""Clients that leave in the middle of what they send."""

from __future__ import annotations

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Receive, Scope, Send


class ClientsLeave:
    """ASGI middleware: that a client left is no error of whoever read what it sent.

    Without it, each is a traceback in the log, and nobody can do anything about it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what comes. There is nobody to whom an answer could go."""
        try:
            await self._app(scope, receive, send)
        except ClientDisconnect:
            return
