"""A server with an origin of apps' own: what comes to it is for apps only."""

import asyncio
import json
from collections.abc import Iterator
from uuid import uuid4

import pytest

from app.core import accounts
from app.core.context import Core
from app.server.identity.cookies import APPS_COOKIE
from tests.production.doors.test_core_events import ADMIN_EVENTS
from tests.production.doors.trying import (
    CONFIRM,
    COUNT,
    HOST,
    HYDRATE,
    LAUNCHER,
    STATE,
    beside,
    refusals,
)
from tests.production.world import PASSWORD, Person, World, build_world
from tests.support.servers import Forge, Server, serving
from tests.unit.server.raw_socket import RawSocket

ON_LOAD = f"{STATE}.reflex___state____on_load_internal_state.on_load_internal"
AT_APPS = {"X-Forwarded-Host": "apps.test"}
NAMES = {"GRAFT_URL": "http://graft.test", "GRAFT_APPS_ORIGIN": "http://apps.test"}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return asyncio.run(build_world(tmp_path_factory.mktemp("origins")))


@pytest.fixture(scope="module")
def server(forge: Forge, world: World) -> Iterator[Server]:
    with serving(forge, world.data, "--allow-unsigned", environment=NAMES) as running:
        yield running


@pytest.fixture
def operator(world: World) -> Person:
    return beside(world, lambda core: world.person(core, "Acme", "operator"))


def cookie_of(world: World, person: Person) -> str:
    """Return the cookie that a browser of somebody has on the origin of apps."""

    async def seal(core: Core) -> str:
        found = await accounts.identity_of_login(core, person.login)
        assert found is not None
        return f"{APPS_COOKIE}={core.secrets.seal(found.login or '', APPS_COOKIE)}"

    return beside(world, seal)


def test_an_app_works_and_nothing_of_the_core_does(
    server: Server, world: World, operator: Person
) -> None:
    cookie = cookie_of(world, operator)
    with RawSocket(server.address, uuid4().hex, Cookie=cookie, **AT_APPS) as socket:
        socket.send(f"{HOST}.open", _at="/apps/acme-counter")
        assert "Acme / Counter" in json.dumps(socket.update())
        events = dict(ADMIN_EVENTS.values())
        events[f"{LAUNCHER}.search"] = {"query": ""}
        events[f"{CONFIRM}.confirm"] = {"form": {"password": PASSWORD}}
        for name, payload in events.items():
            socket.send(name, _at="/admin/users", **payload)
        # Nothing answers them: no state of these pages is in what comes before this answer.
        socket.send(f"{COUNT}.increment", _at="/apps/acme-counter")
        told: set[str] = set()
        while COUNT not in told:
            told |= socket.update()["delta"].keys()
    assert not [name for name in told if "app___web___" in name]
    assert {action for action, _ in refusals(world, operator)} == {"socket.event"}


def test_the_address_of_an_admin_page_tells_nothing_there(
    server: Server, world: World, operator: Person
) -> None:
    def told(socket: RawSocket) -> str:
        """Return what the server says to whoever goes to such a page, and then to an app."""
        for path in ("/admin/users", "/"):
            socket.send(ON_LOAD, _at=path)
        answers = ""
        for event in (f"{HOST}.open", f"{COUNT}.increment"):
            socket.send(event, _at="/apps/acme-counter")
            part = ""
            while "acme___counter" not in part:
                part = json.dumps(socket.update())
                answers += part
        return answers

    with server.socket(operator.login, uuid4().hex) as core:
        core.send(ON_LOAD, _at="/admin/users")
        while "example.com" not in json.dumps(core.update()):
            pass
    cookie = cookie_of(world, operator)
    with RawSocket(server.address, uuid4().hex, Cookie=cookie, **AT_APPS) as socket:
        answers = told(socket)
    assert "example.com" not in answers
    assert "app___web___" not in answers


def test_a_tab_there_is_not_the_tab_of_a_page_of_the_core(
    server: Server, world: World, operator: Person
) -> None:
    """Client tokens are seen by others, and cookies are of one origin."""
    token, cookie = uuid4().hex, cookie_of(world, operator)
    with server.socket(operator.login, token) as core:
        core.send(f"{LAUNCHER}.search", query="mine")
        assert core.value("launcher_state", "query") == "mine"
    with RawSocket(server.address, token, Cookie=cookie, **AT_APPS) as socket:
        socket.send(HYDRATE)
        assert "mine" not in json.dumps(socket.update())
