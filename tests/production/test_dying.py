"""Versions that end the server while it loads them: it does not die of the same one again."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from app.core import accounts, apps
from app.core.apps import State, Version
from app.core.context import use
from app.core.opening import open_core
from tests.production.world import COUNTER, Person, World, install, sources
from tests.support.servers import Forge, Server, serving

EXIT = 3
AT = f"/api/v1/apps/{COUNTER}"
PAGE = "/apps/acme-counter"
HEADING = 'def heading():\n    return "one"\n'
# A dry run may read the file, too, so that the test decides who dies.
DIES = f"import os\nif os.path.exists({{mark!r}}):\n    os._exit({EXIT})\n{HEADING}"
DIES_IN_THE_SERVER = f"import os\nif 'GRAFT_HERE' in os.environ:\n    os._exit({EXIT})\n{HEADING}"


@dataclass(frozen=True)
class Installation:
    """A data folder with two versions of the counter, the first of which is promoted."""

    data: Path
    operator: Person
    mark: Path


async def made(folder: Path, second: str) -> Installation:
    world, mark = World(folder / "data"), folder / "mark"
    core = open_core(world.data)
    with use(core):
        world.organisations["Acme"] = (await accounts.create_organisation(core, "Acme")).id
        operator = await world.person(core, "Acme", "operator")
        await install(core, sources(folder, COUNTER, {"labels.py": HEADING}))
        code = second.replace("{mark!r}", repr(str(mark)))
        await install(core, sources(folder, COUNTER, {"labels.py": code}), promote=False)
    await core.close()
    return Installation(world.data, operator, mark)


async def versions(data: Path) -> dict[int, Version]:
    core = open_core(data)
    try:
        return {version.number: version for version in await apps.versions(core, COUNTER)}
    finally:
        await core.close()


def program(server: Server, person: Person) -> httpx.Client:
    return server.http(authorization=f"Bearer {person.token}")


def opened(server: Server, person: Person) -> str:
    """Open the app; return what is shown: the number of a version, or the kind of a notice."""
    with server.socket(person.login, uuid4().hex) as page:
        shown = page.open(PAGE)
    return str(shown.get("kind") or shown["number"])


def dies_of(server: Server, person: Person) -> None:
    """Promote version 2, which the server does not live through."""
    with program(server, person) as api, contextlib.suppress(httpx.TransportError):
        api.post(f"{AT}/promote", json={"number": 2})
    assert server.command.status() == EXIT, server.logged()


@pytest.mark.parametrize("loaded", [False, True])
def test_what_dies_apart_too_is_refused_and_the_version_before_is_served(
    forge: Forge, tmp_path: Path, loaded: bool
) -> None:
    here = asyncio.run(made(tmp_path, DIES))
    here.mark.touch()
    with serving(forge, here.data, "--allow-unsigned") as server:
        if loaded:
            assert opened(server, here.operator) == "1"
        dies_of(server, here.operator)

    with serving(forge, here.data, "--allow-unsigned") as server:
        with program(server, here.operator) as api:
            told = api.post(f"{AT}/promote", json={"number": 2})
            assert told.status_code == 409
            assert "the server ended while it was loaded" in told.json()["detail"]
        assert opened(server, here.operator) == "1"
    second = asyncio.run(versions(here.data))[2]
    assert second.state is State.FAILED
    assert f"ends the process: os._exit({EXIT})" in second.problems[0]["message"]
    assert (second.problems[0]["file"], second.problems[0]["line"]) == ("labels.py", 3)


def test_what_lives_apart_is_loaded_again_and_is_none_the_worse(
    forge: Forge, tmp_path: Path
) -> None:
    here = asyncio.run(made(tmp_path, DIES))
    here.mark.touch()
    with serving(forge, here.data, "--allow-unsigned") as server:
        dies_of(server, here.operator)
    here.mark.unlink()  # it was the machine

    with serving(forge, here.data, "--allow-unsigned") as server:
        with program(server, here.operator) as api:
            assert api.post(f"{AT}/promote", json={"number": 2}).status_code == 200
        assert opened(server, here.operator) == "2"
        assert server.stop() == 0
    assert asyncio.run(versions(here.data))[2].state is State.READY
    assert list((here.data / "loading").iterdir()) == []


def test_what_ends_the_server_only_is_left_alone_for_a_while(forge: Forge, tmp_path: Path) -> None:
    here = asyncio.run(made(tmp_path, DIES_IN_THE_SERVER))
    environment = {"GRAFT_HERE": "1"}
    for _ in range(2):
        with serving(forge, here.data, "--allow-unsigned", environment=environment) as server:
            dies_of(server, here.operator)

    with serving(forge, here.data, "--allow-unsigned", environment=environment) as server:
        with program(server, here.operator) as api:
            told = api.post(f"{AT}/promote", json={"number": 2})
            assert told.status_code == 503
            assert "the server ended 2 times" in told.json()["detail"]
            assert opened(server, here.operator) == "failed"
            assert api.post(f"{AT}/rollback", json={}).status_code == 200
        assert opened(server, here.operator) == "1"
    assert asyncio.run(versions(here.data))[2].state is State.READY
