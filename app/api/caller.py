"""Who sends a request to the API, and what every route takes from its address."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, HTTPException, Path, Query, Request, Security
from fastapi.security import HTTPBearer

from app.core.accounts import Confirmations
from app.platform.permissions import Requester

Identify = Callable[[Request], Awaitable[Requester | None]]

_TOKEN = HTTPBearer(
    auto_error=False,
    scheme_name="token",
    description="An API token: `Authorization: Bearer graft_…`. The login of a browser does, too.",
)


async def requester(request: Request, _: Annotated[object, Security(_TOKEN)] = None) -> Requester:
    """Return who sends a request.

    Raises:
        HTTPException: 401, nobody in particular.
    """
    identify: Identify = request.app.state.identify
    who = await identify(request)
    if who is None:
        raise HTTPException(401, "Sign in, or send a token", {"www-authenticate": "Bearer"})
    return who


async def note_unconfirmed(request: Request) -> None:
    """Write into the audit log that a browser asked for a change without a confirmation."""
    identify: Identify = request.app.state.identify
    confirmations: Confirmations = request.app.state.confirmations
    who = await identify(request)
    if who is not None:
        await confirmations.missing(who.actor, f"{request.method} {request.url.path}")


async def still(request: Request) -> Requester | None:
    """Return who sent a request that goes on for long, as if they sent it again now."""
    kept = ("type", "method", "path", "query_string", "headers", "client", "scheme", "server")
    identify: Identify = request.app.state.identify
    return await identify(
        Request({key: request.scope[key] for key in kept if key in request.scope})
    )


Who = Annotated[Requester, Depends(requester)]
Part = Annotated[str, Path(pattern=r"^[a-z][a-z0-9]*(_[a-z0-9]+)*$", max_length=60)]
AppId = Annotated[str, Query(pattern=r"^[a-z][a-z0-9_]*/[a-z][a-z0-9_]*$", max_length=130)]
Id = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
QueryId = Annotated[str, Query(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
Limit = Annotated[int, Query(ge=1, le=500)]
