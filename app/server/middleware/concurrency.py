"""How much of a server one address has at once, also behind a reverse proxy.

`Connections` counts what is connected, and behind a proxy that is the proxy. Here it is known for
whom a trusted proxy asks.
"""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from app.server.health import problem
from app.server.identity.cookies import header_of
from app.server.wire.connections import Proxies, address_of_client, place_of


class ConcurrencyLimit:
    """ASGI middleware that lets one address have so many requests and sockets at once.

    Args:
        app: the application.
        per_address: so many.
        proxies: addresses of reverse proxies. One that does not say for whom it asks may ask for
            everybody, and has no limit.
    """

    def __init__(self, app: ASGIApp, per_address: int, proxies: str) -> None:
        self._app = app
        self._per_address = per_address
        self._proxies = Proxies(proxies)
        self._here: dict[str, int] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what comes, unless too much of the address is here already."""
        address = address_of_client(scope) if scope["type"] != "lifespan" else ""
        if not address or self._is_anybody(address, scope) or scope["path"] == "/healthz":
            await self._app(scope, receive, send)
            return
        place = place_of(address)
        if self._here.get(place, 0) >= self._per_address:
            await self._refuse(scope, receive, send)
            return
        self._here[place] = self._here.get(place, 0) + 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._here[place] -= 1
            if not self._here[place]:
                del self._here[place]

    def _is_anybody(self, address: str, scope: Scope) -> bool:
        """Tell whether a proxy asks and does not say for whom."""
        if self._proxies.always_trust:
            return not header_of(scope, b"x-forwarded-for")
        return address in self._proxies

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1013, "reason": "too many"})
            return
        text = "Too many requests from your network address are in progress."
        answer = problem(429, "Too many requests", text)
        answer.headers["retry-after"] = "10"
        await answer(scope, receive, send)
