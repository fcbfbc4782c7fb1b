"""Visitors of the development mode."""

from typing import Any, cast

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from app.core.context import Core
from app.server.visitors import COOKIE, Visitors


def client(*, development: bool) -> httpx.AsyncClient:
    # The middleware needs no core: it only hands out cookies.
    visitors = Visitors(cast(Core, None), development=development)

    async def cookies(request: Request) -> JSONResponse:
        return JSONResponse(dict(request.cookies))

    app: Any = visitors.middleware(Starlette(routes=[Route("/", cookies)]))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test")


@pytest.mark.parametrize("sent", [{}, {"theme": "dark"}])
async def test_the_first_request_of_a_browser_knows_the_cookie_it_gets(
    sent: dict[str, str],
) -> None:
    async with client(development=True) as browser:
        browser.cookies.update(sent)
        answer = await browser.get("/")
        assert answer.json() == {**sent, COOKIE: answer.cookies[COOKIE]}


async def test_a_browser_keeps_its_cookie() -> None:
    async with client(development=True) as browser:
        first = (await browser.get("/")).json()
        second = await browser.get("/")
        assert second.json() == first
        assert COOKIE not in second.cookies


async def test_production_mode_gives_no_cookie() -> None:
    async with client(development=False) as browser:
        assert (await browser.get("/")).json() == {}
