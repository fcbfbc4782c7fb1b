"""`/metrics`: what Prometheus scrapes.

In production mode it needs an API token with the scope `metrics:read`, or the login of an operator.
Coming from this machine is not enough: behind a reverse proxy everybody does.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import anyio.to_thread
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from app.core.accounts import Identity
from app.core.accounts import Scope as TokenScope
from app.node.observe.metrics import Metrics
from app.server.health import problem

IdentifyRequest = Callable[[Request], Awaitable[Identity | None]]


def metrics_routes(
    metrics: Metrics,
    identify: IdentifyRequest,
    refused: Callable[[Identity], Awaitable[object]],
    *,
    is_open: bool,
) -> list[BaseRoute]:
    """Return the route.

    Args:
        metrics: of this node.
        identify: says who sends a request, and what they may do.
        refused: told of whoever may not read them.
        is_open: whether everybody may read them (development mode).
    """

    async def answer(request: Request) -> Response:
        if not is_open:
            found = await identify(request)
            refusal = _refusal(found)
            if found is not None and refusal is not None:
                await refused(found)
            if refusal is not None:
                return refusal
        metrics.look()
        text = await anyio.to_thread.run_sync(metrics.text)
        return Response(text, media_type=CONTENT_TYPE_LATEST, headers={"cache-control": "no-store"})

    return [Route("/metrics", answer)]


def _refusal(identity: Identity | None) -> Response | None:
    if identity is None:
        return problem(
            401,
            "Authentication required",
            "Send an API token with the scope metrics:read: Authorization: Bearer <token>.",
            headers={"www-authenticate": "Bearer"},
        )
    if TokenScope.METRICS_READ not in identity.scopes:
        return problem(403, "Not allowed", "This needs the scope metrics:read.")
    return None
