"""Every door of a production server, tried by people who may not come in: nobody learns anything.

"Learns nothing" is the same answer for what does not exist as for what is not allowed. Each attempt
is in the audit log, with who and from where. docs/security.md has the table of all doors.
"""

import asyncio
from collections.abc import Iterator
from uuid import uuid4

import pytest

from tests.production.doors.trying import LAUNCHER, Tab, beside
from tests.production.world import Person, World, build_world
from tests.support.servers import Forge, Server, serving
from tests.unit.server.raw_socket import RawSocket


@pytest.fixture(scope="package")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return asyncio.run(build_world(tmp_path_factory.mktemp("doors")))


@pytest.fixture(scope="package")
def server(forge: Forge, world: World) -> Iterator[Server]:
    with serving(forge, world.data, "--allow-unsigned") as running:
        yield running


@pytest.fixture
def member(world: World) -> Person:
    """A member of the organisation that has the apps."""
    return beside(world, lambda core: world.person(core, "Acme", "member"))


@pytest.fixture
def stranger(world: World) -> Person:
    """Somebody of another organisation, who may do there what can be done."""
    return beside(world, lambda core: world.person(core, "Globex", "developer", "admin"))


@pytest.fixture
def tab(server: Server, request: pytest.FixtureRequest) -> Tab:
    """Opens a tab of somebody, at the launcher."""

    def open_tab(person: Person) -> RawSocket:
        socket = server.socket(person.login, uuid4().hex)
        request.addfinalizer(lambda: socket.__exit__(None, None, None))
        socket.send(f"{LAUNCHER}.search", query="")
        socket.update()
        return socket

    return open_tab
