"""A whole server is killed at every step of taking a package in and of activating it.

Whatever the step: a server that is started again serves the old state or the new one, which the
digest of what it serves proves; the same step can be done again; and `fsck` finds nothing but
rests that nobody needs, which it removes.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import os
import shutil
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from app.core import accounts, apps
from app.core.context import use
from app.core.fsck.check import fsck as check_core
from app.core.fsck.report import Kind, Report
from app.core.opening import open_core
from app.packages.pack import make_manifest, pack
from app.source.app_source import AppSource
from tests.production.world import COUNTER, Person, World, sources
from tests.support.servers import PATIENCE, Forge, Server, serving

UPLOAD = [
    "receiving",
    "unpacked",
    "checked",
    "dry run",
    "tried",
    "before put",
    "half put",
    "after put",
    "before commit",
    "after commit",
    "told",
]
PROMOTE = ["before commit", "after commit", "told", "loading", "loaded", "switched"]
COMMIT = ["before commit", "after commit"]
# From here on the change is made, whoever was told.
MADE = {"after commit", "told", "loading", "loaded", "switched"}
HOUR = 3600


@dataclass(frozen=True)
class Installation:
    """A data folder with version 1 of the counter promoted and version 2 taken in.

    Attributes:
        modules: number of a version -> digest of the module that the dry run made.
        third: the package of version 3, which is not there yet.
    """

    data: Path
    operator: Person
    member: Person
    modules: dict[int, str]
    third: bytes


def version(folder: Path, number: int) -> AppSource:
    """The counter with another text on its page."""
    text = f'def heading():\n    return "version {number}"\n'
    return sources(folder, COUNTER, {"labels.py": text})


def package(folder: Path, number: int) -> bytes:
    source = version(folder, number)
    return pack(source, manifest=make_manifest(source))


def program(server: Server, person: Person) -> httpx.Client:
    return server.http(authorization=f"Bearer {person.token}")


async def people(data: Path) -> tuple[Person, Person]:
    world = World(data)
    core = open_core(data)
    with use(core):
        world.organisations["Acme"] = (await accounts.create_organisation(core, "Acme")).id
        operator = await world.person(core, "Acme", "operator")
        member = await world.person(core, "Acme", "member")
    await core.close()
    return operator, member


async def look(data: Path) -> dict[int, str]:
    """Number of a version -> digest of its module, as a fresh look at the data folder finds it."""
    core = open_core(data)
    try:
        versions = await apps.versions(core, COUNTER)
        return {each.number: each.module_digest for each in versions}
    finally:
        await core.close()


async def promote(here: Installation, number: int) -> None:
    """Promote a version while no server runs."""
    core = open_core(here.data)
    await apps.promote(core, COUNTER, number, base_revision=None)
    await core.close()


@pytest.fixture(scope="module")
def template(forge: Forge, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """Made by a real server, through its API."""
    folder = tmp_path_factory.mktemp("crashes")
    data = folder / "data"
    operator, member = asyncio.run(people(data))
    with serving(forge, data, "--allow-unsigned") as server, program(server, operator) as api:
        at = f"/api/v1/apps/{COUNTER}"
        assert api.post("/api/v1/apps", content=package(folder, 1)).status_code == 201
        assert api.put(f"{at}/grants", json={"capabilities": ["broadcast"]}).status_code == 200
        assert api.put(f"{at}/visibility", json={"organisations": None}).status_code == 200
        assert api.post(f"{at}/promote", json={"number": 1}).status_code == 200
        assert api.post("/api/v1/apps", content=package(folder, 2)).status_code == 201
        assert server.stop() == 0
    modules = asyncio.run(look(data))
    return Installation(data, operator, member, modules, package(folder, 3))


@pytest.fixture
def installation(template: Installation, tmp_path: Path) -> Installation:
    """A copy of one's own."""
    data = tmp_path / "data"
    shutil.copytree(template.data, data)
    return Installation(data, template.operator, template.member, template.modules, template.third)


@contextlib.contextmanager
def doomed(forge: Forge, here: Installation, point: str) -> Iterator[Server]:
    """A server that dies at a point, inside the `with` statement."""
    with serving(forge, here.data, "--allow-unsigned", point=point) as server:
        with contextlib.suppress(httpx.TransportError):
            yield server
        assert server.command.status() == -signal.SIGKILL, server.logged()


@contextlib.contextmanager
def again(forge: Forge, here: Installation) -> Iterator[Server]:
    """The server that is started after the crash."""
    with serving(forge, here.data, "--allow-unsigned") as server:
        try:
            yield server
        finally:
            print(server.logged())  # shown when the test fails
        assert "Traceback" not in server.logged(), server.logged()


def served(server: Server, person: Person) -> str:
    """Open the app; return the digest of the module that the browser gets, or the notice's kind."""
    with server.socket(person.login, uuid4().hex) as page:
        shown = page.open("/apps/acme-counter")
    if shown["type"] == "notice":
        print(shown)  # shown when the test fails
        return str(shown["kind"])
    with server.http(person.login) as browser:
        answer = browser.get(shown["module"])
    assert answer.status_code == 200
    digest = hashlib.sha256(answer.content).hexdigest()
    assert Path(shown["module"]).stem == digest
    return digest


async def fsck(data: Path, *, repair: bool) -> Report:
    """What the command of this name does (tests/unit/cli), without a process for it."""
    core = open_core(data)
    try:
        return await check_core(core, repair)
    finally:
        await core.close()


def left_for_fsck(here: Installation) -> None:
    """Check that `fsck` removes all that the crash left; it spares what was written just now."""
    long_ago = time.time() - 2 * HOUR
    for path in (here.data / "code").rglob("*"):
        os.utime(path, (long_ago, long_ago))
    report = asyncio.run(fsck(here.data, repair=True))
    assert report.is_sound, report
    assert {found.kind for found in report.findings} <= {Kind.ORPHAN, Kind.LEFTOVER}, report
    assert asyncio.run(fsck(here.data, repair=False)).findings == ()


@pytest.mark.parametrize("point", UPLOAD)
def test_a_server_killed_while_it_takes_a_package_in(
    forge: Forge, installation: Installation, point: str
) -> None:
    here = installation
    with doomed(forge, here, point) as server, program(server, here.operator) as api:
        api.post("/api/v1/apps", content=here.third)
    modules = asyncio.run(look(here.data))
    assert set(modules) == ({1, 2, 3} if point in MADE else {1, 2})
    with again(forge, here) as server, program(server, here.operator) as api:
        assert served(server, here.member) == here.modules[1]
        repeated = api.post("/api/v1/apps", content=here.third)
        assert repeated.status_code == (200 if point in MADE else 201), repeated.text
        at = f"/api/v1/apps/{COUNTER}/promote"
        assert api.post(at, json={"number": 3}).status_code == 200
        modules = asyncio.run(look(here.data))
        shown = partial(served, server, here.member)
        _until(lambda: shown() == modules[3])
        assert modules[3] not in (modules[1], modules[2])
    left_for_fsck(here)


@pytest.mark.parametrize("point", PROMOTE)
def test_a_server_killed_while_it_promotes_a_version(
    forge: Forge, installation: Installation, point: str
) -> None:
    here = installation
    at = f"/api/v1/apps/{COUNTER}/promote"
    opened = point in ("loading", "loaded", "switched")
    # What loads the version for an open page must not die for the page's own opening.
    with (
        doomed(forge, here, _when_opened(point)) as server,
        program(server, here.operator) as api,
        contextlib.ExitStack() as stack,
    ):
        if opened:
            page = stack.enter_context(server.socket(here.member.login, uuid4().hex))
            page.open("/apps/acme-counter")
        api.post(at, json={"number": 2})
    with again(forge, here) as server, program(server, here.operator) as api:
        assert served(server, here.member) == here.modules[2 if point in MADE else 1]
        assert api.post(at, json={"number": 2}).status_code == 200
        _until(lambda: served(server, here.member) == here.modules[2])
    left_for_fsck(here)


@pytest.mark.parametrize("point", COMMIT)
@pytest.mark.parametrize("step", ["rollback", "disable", "delete"])
def test_a_server_killed_while_it_takes_a_version_away(
    forge: Forge, installation: Installation, step: str, point: str
) -> None:
    here = installation
    asyncio.run(promote(here, 2))
    at = f"/api/v1/apps/{COUNTER}"
    method, path = ("DELETE", at) if step == "delete" else ("POST", f"{at}/{step}")
    with doomed(forge, here, point) as server, program(server, here.operator) as api:
        api.request(method, path, json={})
    expected = here.modules[2]
    if point in MADE:
        gone = {"disable": "disabled", "delete": "not-found"}
        expected = gone.get(step, here.modules[1])
    with again(forge, here) as server:
        assert served(server, here.member) == expected
    left_for_fsck(here)


def _when_opened(point: str) -> str:
    """The point's name as `points.py` has it: for loads, the second one of the process."""
    return f"second {point}" if point in ("loading", "loaded") else point


def _until(condition: Any) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "it never came"


def test_every_point_is_one_where_a_server_dies() -> None:
    from tests.support import points

    used = {*UPLOAD, *COMMIT, *map(_when_opened, PROMOTE)}
    assert used == set(points.POINTS), json.dumps(sorted(used ^ set(points.POINTS)))
