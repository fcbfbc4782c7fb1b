"""A production site without a front end: accounts, gate, files; one page at every other address."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
from argon2 import PasswordHasher
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from app.core import accounts
from app.core.accounts import Confirmations, Passwords
from app.core.context import Core, use
from app.core.opening import open_core
from app.server.identity.origins import Origins
from app.server.identity.production import Identities
from app.server.identity.setup_link import write_setup_link
from app.server.middleware.headers import SameOrigin, SecurityHeaders
from app.server.routes.account import account_routes
from app.server.routes.auth import auth_routes
from app.server.routes.files import file_routes
from app.server.routes.forms import Pages
from app.server.routes.login_handover import LoginHandover

ADDRESS = "https://graft.test"
ONE = Origins()
EMAIL, PASSWORD = "ada@example.com", "violet river stone"
ADA = {
    "organisation": "Acme",
    "name": "Ada Lovelace",
    "email": EMAIL,
    "password": PASSWORD,
    "password_again": PASSWORD,
}


@dataclass
class Clock:
    """A clock that a test moves."""

    now: datetime = field(default_factory=lambda: datetime(2026, 1, 1, 12, tzinfo=UTC))

    def __call__(self) -> datetime:
        return self.now

    def passes(self, **time: float) -> None:
        self.now += timedelta(**time)


@dataclass
class Site:
    """The site, and browsers that visit it."""

    core: Core
    data: Path
    clock: Clock
    app: object
    identities: Identities

    def browser(self, address: str = ADDRESS, ip: str = "192.0.2.1") -> httpx.AsyncClient:
        """Return a browser with its own cookies, that follows no redirect."""
        transport = httpx.ASGITransport(app=self.app, client=(ip, 1))  # type: ignore[arg-type]
        return httpx.AsyncClient(transport=transport, base_url=address)

    async def set_up(self) -> httpx.AsyncClient:
        """Return the browser of Ada, who set the site up."""
        link = await accounts.new_set_up_link(self.core)
        assert link is not None
        write_setup_link(self.data, "link")
        ada = self.browser()
        answer = await ada.post(f"/setup/{link.secret}", data=ADA)
        assert answer.status_code == 303, answer.text
        return ada

    async def sign_in(self, **fields: str) -> tuple[httpx.AsyncClient, httpx.Response]:
        """Return a new browser, and the answer to signing in with it."""
        browser = self.browser()
        data = {"email": EMAIL, "password": PASSWORD, **fields}
        return browser, await browser.post("/auth/login", data=data)


@asynccontextmanager
async def running_site(folder: Path, origins: Origins = ONE) -> AsyncIterator[Site]:
    """Run a site on an empty data folder."""
    clock = Clock()
    core = open_core(folder, clock=clock)
    passwords = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    identities, pages = Identities(core, origins), Pages(origins.apps)

    async def page(request: Request) -> Response:
        actor = await identities.of_page(request)
        return PlainTextResponse(f"page of {actor.user.name if actor else 'nobody'}")

    routes = [
        *auth_routes(core, passwords, identities, pages, folder),
        *account_routes(core, passwords, Confirmations(core, passwords), identities, pages),
        *LoginHandover(core, identities, origins, pages).routes(),
        *file_routes(core, identities.of_page),
        Route("/{path:path}", page, methods=["GET", "POST"]),
    ]
    inner = identities.middleware(Starlette(routes=routes))
    with use(core):
        yield Site(core, folder, clock, SecurityHeaders(SameOrigin(inner)), identities)
    await core.close()


def shown(response: httpx.Response) -> str:
    """Return what a page says, without its markup."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.text))
