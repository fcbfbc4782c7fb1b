"""Who may read `/metrics`."""

from __future__ import annotations

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request

from app.core.accounts import Identity, Role, scopes_of
from app.core.accounts import Scope as TokenScope
from app.kernel.actor import Actor, Organisation, User
from app.node.observe.metrics import Metrics
from app.server.routes.metrics import metrics_routes

ACTOR = Actor(User("u1", "Ada", "ada@x.example"), Organisation("o1", "Demo"))


async def get(identity: Identity | None, *, is_open: bool = False) -> httpx.Response:
    async def identify(request: Request) -> Identity | None:
        return identity

    async def refused(who: Identity) -> None:
        assert who is identity

    metrics = Metrics(lambda: (), lambda: 5)
    transport = httpx.ASGITransport(
        app=Starlette(routes=metrics_routes(metrics, identify, refused, is_open=is_open))
    )
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        return await client.get("/metrics")


async def test_coming_from_this_machine_is_not_enough() -> None:
    answer = await get(None)
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert answer.headers["content-type"] == "application/problem+json"
    assert "metrics:read" in answer.json()["detail"]


@pytest.mark.parametrize("scope", [s for s in TokenScope if s != TokenScope.METRICS_READ])
async def test_other_scopes_do_not_help(scope: TokenScope) -> None:
    assert (await get(Identity(ACTOR, frozenset({scope}), token="t"))).status_code == 403


async def test_the_scope_opens_them() -> None:
    answer = await get(Identity(ACTOR, frozenset({TokenScope.METRICS_READ}), token="t"))
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=")
    assert "graft_sessions 5.0" in answer.text
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(("role", "status"), [(Role.OPERATOR, 200), (Role.ADMIN, 403)])
async def test_only_operators_see_the_whole_server(role: Role, status: int) -> None:
    identity = Identity(ACTOR, scopes_of([role]), login="l")
    assert (await get(identity)).status_code == status


async def test_in_development_they_are_open() -> None:
    assert (await get(None, is_open=True)).status_code == 200
