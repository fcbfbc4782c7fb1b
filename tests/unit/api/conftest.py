"""The API of a production node, as programs use it: with tokens."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Mount

from app.api.application import PREFIX, create_api
from app.core import accounts
from app.core.accounts import Confirmations, Passwords
from app.kernel.actor import Actor
from app.platform.permissions import Requester
from app.server.process.run import _config, _Server
from app.server.process.stopping import Stopping
from app.server.wire.connections import Bounds
from tests.unit.platform.conftest import Server, dry_runs, runner, runner_folder, server

__all__ = ["dry_runs", "runner", "runner_folder", "server"]


@dataclass
class Api:
    """The API, and tokens for it.

    Attributes:
        node: the node behind it.
        app: the ASGI application.
        stopping: what tells it that the server stops.
    """

    node: Server
    app: FastAPI
    stopping: Stopping

    async def token(self, actor: Actor, *scopes: str) -> str:
        """Return the secret of a new API token of somebody; by default with all they may do."""
        wanted = scopes or accounts.scopes_of(actor.roles)
        made = await accounts.create_token(self.node.core, actor, "test", wanted, 30)
        return made.secret

    def client(self, token: str) -> httpx.AsyncClient:
        """Return a program with a token."""
        transport = httpx.ASGITransport(app=self.app)
        headers = {"authorization": f"Bearer {token}"}
        return httpx.AsyncClient(transport=transport, base_url="http://t", headers=headers)


class Behind:
    """Stands for a part of the server of whichever test runs, which `find` returns."""

    def __init__(self, find: Callable[[], Any]) -> None:
        self._find = find

    def __getattr__(self, name: str) -> Any:
        return getattr(self._find(), name)


@dataclass
class Made:
    """The one API of all tests, since making it takes longer than most of them.

    Attributes:
        app: the ASGI application.
        server, stopping, confirmations: of the test that runs.
    """

    app: FastAPI
    server: Server | None = None
    stopping: Stopping | None = None
    confirmations: Confirmations | None = None


@pytest.fixture(scope="session")
def made() -> Made:
    """The API, over whatever the test that runs puts behind it."""

    def now() -> Server:
        assert made.server is not None
        return made.server

    async def identify(request: Request) -> Requester | None:
        secret = request.headers.get("authorization", "").removeprefix("Bearer ")
        found = await accounts.identity_of_token(now().core, secret)
        return Requester(found.actor, found.scopes) if found else None

    platform: Any = Behind(lambda: now().platform)
    platform.people = Behind(lambda: now().platform.people)  # which is asked for at once
    stopping: Any = Behind(lambda: made.stopping)
    confirmations: Any = Behind(lambda: made.confirmations)
    made = Made(create_api(platform, identify, lambda: stopping.wait(), confirmations))
    return made


@pytest.fixture
def api(server: Server, made: Made) -> Api:
    """The API of the node; it knows tokens only."""
    made.server, made.stopping = server, Stopping()
    made.confirmations = Confirmations(server.core, Passwords())
    return Api(server, made.app, made.stopping)


@pytest.fixture
async def http(api: Api) -> AsyncIterator[httpx.AsyncClient]:
    """A program with a token of the operator that may do everything."""
    async with api.client(await api.token(api.node.operator.actor)) as client:
        yield client


class Running(_Server):
    """uvicorn as `serve` runs it, on the event loop of the test."""

    def __init__(self, api: Api) -> None:
        site = Starlette(routes=[Mount(PREFIX, api.app)])
        super().__init__(_config(site, Bounds()), lambda: None, api.stopping.begin)
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


@asynccontextmanager
async def listening(api: Api) -> AsyncIterator[tuple[str, Running]]:
    """Run the API on a port, where a server has it; yields address and server, stops at the end."""
    running = Running(api)
    with closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        serving: asyncio.Task[Any] = asyncio.create_task(running.serve(sockets=[listener]))
        await running.ready.wait()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}", running
        finally:
            running.should_exit = True
            await serving
