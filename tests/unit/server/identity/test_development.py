"""Visitors of the development mode."""

from __future__ import annotations

from typing import Any, cast

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from app.core.context import Core
from app.core.opening import open_core
from app.server.identity.development import COOKIE, Visitors


def client() -> httpx.AsyncClient:
    # The middleware needs no core: it only hands out cookies.
    visitors = Visitors(cast(Core, None))

    async def cookies(request: Request) -> JSONResponse:
        return JSONResponse(dict(request.cookies))

    app: Any = visitors.middleware(Starlette(routes=[Route("/", cookies)]))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test")


@pytest.mark.parametrize("sent", [{}, {"theme": "dark"}])
async def test_the_first_request_of_a_browser_knows_the_cookie_it_gets(
    sent: dict[str, str],
) -> None:
    async with client() as browser:
        browser.cookies.update(sent)
        answer = await browser.get("/")
        assert answer.json() == {**sent, COOKIE: answer.cookies[COOKIE]}


async def test_a_browser_keeps_its_cookie() -> None:
    async with client() as browser:
        first = (await browser.get("/")).json()
        second = await browser.get("/")
        assert second.json() == first
        assert COOKIE not in second.cookies


async def test_the_same_browser_is_the_same_developer(tmp_path: Any) -> None:
    core = open_core(tmp_path)
    visitors = Visitors(core)
    environ = {"HTTP_COOKIE": f"{COOKIE}=one"}
    ada = await visitors.of_socket(environ, "token")
    assert ada == await visitors.of_socket(environ, "another token")
    assert ada.roles == {"developer"}
    assert ada.login is None
    scope = {"type": "http", "headers": [(b"cookie", f"{COOKIE}=one".encode())]}
    found = await visitors.of_request(Request(scope))
    assert found is not None
    assert found.actor == ada
    assert found.scopes == {"apps:read", "apps:deploy"}
    await core.close()
