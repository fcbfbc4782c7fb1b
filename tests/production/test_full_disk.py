"""The disk gets full while a real server runs, and has room again later.

A file system of a few megabytes really is full; where this process may mount none, and beside it
everywhere, the server may not make files larger, which is how a quota looks to it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import resource
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic
from uuid import uuid4

import httpx
import pytest

from app.core import apps
from app.core.context import Core
from app.core.opening import open_core
from app.packages.pack import make_manifest, pack
from tests.production.doors.trying import COUNT, LAUNCHER
from tests.production.world import BOARD, COUNTER, Person, World, build_world, sources
from tests.support.servers import PATIENCE, Forge, Server, serving

MEGABYTES = 24


def _may_mount() -> bool:
    """Tell whether this process may mount file systems; tried once, when tests are collected."""
    if os.geteuid() != 0 or not shutil.which("mount"):
        return False
    with tempfile.TemporaryDirectory() as folder:
        command = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder]
        if subprocess.run(command, check=False, capture_output=True).returncode != 0:
            return False
        subprocess.run(["umount", folder], check=True)
    return True


KINDS = ["file size", "file system"] if _may_mount() else ["file size"]


class Disk:
    """The disk of a server: `fill` and `empty` it."""

    def __init__(self, folder: Path, kind: str) -> None:
        self.folder = folder
        self.kind = kind
        self._filling = folder / "filling"
        self.server: Server | None = None

    def fill(self) -> None:
        if self.kind == "file size":
            assert self.server is not None
            pid = self.server.command.pid
            _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (1, hard))
            return
        with self._filling.open("wb", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(bytes(64 * 1024))

    def empty(self) -> None:
        if self.kind == "file size":
            assert self.server is not None
            pid = self.server.command.pid
            _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard, hard))
            return
        self._filling.unlink()


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A data folder as it is before anything goes wrong."""
    return asyncio.run(build_world(tmp_path_factory.mktemp("full")))


@pytest.fixture(params=KINDS)
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Disk]:
    folder = tmp_path / "disk"
    folder.mkdir()
    if request.param == "file size":
        yield Disk(folder, request.param)
        return
    command = ["mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m", "tmpfs", str(folder)]
    subprocess.run(command, check=True)
    try:
        yield Disk(folder, request.param)
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.fixture
def world(disk: Disk, prepared: World) -> World:
    data = disk.folder / "data"
    shutil.copytree(prepared.data, data)
    return World(data, prepared.organisations, prepared.file)


@pytest.fixture
def people(world: World) -> dict[str, Person]:
    """An operator and a member, who are signed in before the disk is full."""

    async def make() -> dict[str, Person]:
        core = open_core(world.data)
        made = World(world.data, world.organisations)
        made._people = iter(range(1_000, 2_000))
        found = {role: await made.person(core, "Acme", role) for role in ("operator", "member")}
        await core.close()
        return found

    return asyncio.run(make())


@pytest.fixture
def server(forge: Forge, disk: Disk, world: World, people: dict[str, Person]) -> Iterator[Server]:
    # Its dry runs and logs have room: what is full is the disk of its data.
    with serving(forge, world.data, "--allow-unsigned", logs=disk.folder.parent) as running:
        disk.server = running
        yield running


def package(folder: Path, text: str) -> bytes:
    """The next version of the counter."""
    changes = {"labels.py": f'def heading():\n    return "{text}"\n'}
    source = sources(folder, COUNTER, changes)
    return pack(source, manifest=make_manifest(source))


def upload(server: Server, token: str, archive: bytes) -> httpx.Response:
    with server.http(authorization=f"Bearer {token}") as program:
        return program.post("/api/v1/apps", content=archive)


def state(data: Path) -> tuple[object, ...]:
    """What is installed, as a fresh look at the data folder finds it."""

    async def look() -> tuple[object, ...]:
        core = open_core(data)
        try:
            app = await apps.get(core, COUNTER)
            versions = await apps.versions(core, COUNTER)
            return app, tuple(versions), await contents(core)
        finally:
            await core.close()

    return asyncio.run(look())


async def contents(core: Core) -> tuple[str, ...]:
    """What is in the code store; reading checks that each is whole."""
    digests = [content.digest async for content in core.code.all()]
    for digest in digests:
        await core.code.get(digest)
    return tuple(sorted(digests))


def sound(data: Path) -> bool:
    with contextlib.closing(sqlite3.connect(data / "graft.sqlite3")) as database:
        (answer,) = database.execute("PRAGMA integrity_check").fetchone()
        return bool(answer == "ok")


def ready(server: Server) -> dict[str, str]:
    """What /readyz says once it asks the parts again."""
    with server.http() as program:
        answer = program.get("/readyz").json()
        parts: dict[str, str] = answer["parts"]
        return parts


def until(condition: Callable[[], bool]) -> None:
    """Wait for a condition by asking again; only a failing test waits to the end."""
    end = monotonic() + PATIENCE
    while not condition():
        assert monotonic() < end, "it never came"


def test_a_full_disk_is_told_harms_nothing_and_passes(
    disk: Disk, server: Server, world: World, people: dict[str, Person], tmp_path: Path
) -> None:
    operator, member = people["operator"], people["member"]
    second, third = package(tmp_path, "second"), package(tmp_path, "third")
    assert upload(server, operator.token, second).status_code == 201
    with server.socket(member.login, uuid4().hex) as page:
        module = page.open("/apps/acme-counter")["module"]
        before = state(world.data)
        disk.fill()
        until(lambda: ready(server)["disk"] == "full")

        # Uploads are refused with the reason, and leave nothing.
        refused = upload(server, operator.token, third)
        assert refused.status_code == 507, refused.text
        assert "disk" in refused.json()["detail"]
        assert not list((world.data / "intake").iterdir())

        # What was open goes on, and so does what only reads.
        page.send(f"{COUNT}.increment", _at="/apps/acme-counter")
        assert page.value("counter_state", "count") == 1
        with server.socket(member.login, uuid4().hex) as another:
            assert another.open("/apps/acme-counter")["type"] == "show"
        with server.http(member.login) as browser:
            assert browser.get(module).status_code == 200
        with server.http() as program:
            assert program.get("/healthz").status_code == 200
            assert program.get("/readyz").status_code == 503

        # Nothing half.
        assert state(world.data)[1:] == before[1:]

        disk.empty()
        until(lambda: set(ready(server).values()) == {"ok"})
        assert upload(server, operator.token, third).status_code == 201
        page.send(f"{COUNT}.increment", _at="/apps/acme-counter")
        assert page.value("counter_state", "count") == 2
    assert server.stop() == 0
    assert sound(world.data)


def test_changes_are_refused_or_whole_while_the_disk_is_full(
    disk: Disk, server: Server, world: World, people: dict[str, Person]
) -> None:
    operator = people["operator"]
    with server.http(authorization=f"Bearer {operator.token}") as program:
        disk.fill()
        done = 0
        for number in range(200):
            wanted = "disable" if number % 2 == 0 else "enable"
            answer = program.post(f"/api/v1/apps/{COUNTER}/{wanted}", json={})
            assert answer.status_code in (200, 503, 507), answer.text
            if answer.status_code != 200:
                assert answer.headers["content-type"] == "application/problem+json"
                break
            done += 1
        # The write-ahead log of SQLite may have had some room left.
        assert answer.status_code != 200
        assert program.get(f"/api/v1/apps/{COUNTER}").json()["enabled"] == (done % 2 == 0)
        disk.empty()
        again = program.post(f"/api/v1/apps/{COUNTER}/{wanted}", json={})
        assert again.status_code == 200, again.text
        assert again.json()["enabled"] == (wanted == "enable")
    server.kill()
    assert sound(world.data)


def test_signing_in_is_refused_with_a_reason_and_possible_again(
    disk: Disk, server: Server, world: World, people: dict[str, Person]
) -> None:
    with server.http(origin=server.address) as browser:
        disk.fill()
        form = {"email": "person-1000@example.com", "password": "violet river stone"}
        answers = [browser.post("/auth/login", data=form) for _ in range(3)]
        assert all(answer.status_code < 600 for answer in answers)
        assert "Traceback" not in answers[-1].text
        disk.empty()
        assert browser.post("/auth/login", data=form).status_code == 303


def test_a_server_started_on_a_full_disk_says_so_and_starts_when_there_is_room(
    forge: Forge, disk: Disk, world: World, people: dict[str, Person]
) -> None:
    member = people["member"]
    with serving(forge, world.data, logs=disk.folder.parent) as first:
        with first.socket(member.login, uuid4().hex) as page:
            shown = page.open("/apps/acme-counter")["module"]
        assert first.stop() == 0
    if disk.kind == "file system":
        disk.fill()
        refused = forge.start(
            ("serve", "--json", "--port", "0", "--data", str(world.data)),
            errors=disk.folder.parent / "refused.log",
        )
        ended = refused.finish()
        told = json.dumps(ended.lines) + (disk.folder.parent / "refused.log").read_text()
        assert ended.status == 1, told
        assert "Graft cannot start with the data folder" in told
        assert "the database cannot be" in told
        assert "Traceback" not in told
        disk.empty()
    with serving(forge, world.data, logs=disk.folder.parent) as second:
        disk.server = second
        disk.fill()
        # What is installed is served without writing anything.
        with second.socket(member.login, uuid4().hex) as page:
            assert page.open("/apps/acme-counter")["module"] == shown
            page.send(f"{LAUNCHER}.load")
            assert page.value("launcher_state", "loaded") is True
        until(lambda: ready(second)["disk"] == "full")
    assert sound(world.data)


def test_a_version_is_not_blamed_for_a_full_disk(
    forge: Forge, disk: Disk, world: World, people: dict[str, Person]
) -> None:
    """Its package cannot be unpacked: it is served when there is room again."""
    with serving(forge, world.data, "--allow-unsigned", logs=disk.folder.parent) as running:
        disk.server = running
        disk.fill()
        with running.socket(people["member"].login, uuid4().hex) as page:
            told = page.open("/apps/board")
            assert (told["type"], told["kind"]) == ("notice", "failed")
            # Where files may not get larger, its log may not, either.
            reason = "the disk is full, so it cannot be unpacked"
            assert disk.kind == "file size" or reason in running.logged()
        disk.empty()
        with running.socket(people["member"].login, uuid4().hex) as page:
            assert page.open("/apps/board")["type"] in ("storage", "show")

    async def states() -> list[str]:
        core = open_core(world.data)
        try:
            return [version.state.value for version in await apps.versions(core, BOARD)]
        finally:
            await core.close()

    assert asyncio.run(states()) == ["ready"]


def test_a_log_that_cannot_be_written_ends_nothing(
    forge: Forge, prepared: World, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    shutil.copytree(prepared.data, data)
    with serving(forge, data, log=Path("/dev/full")) as server, server.http() as program:
        for _ in range(3):
            assert program.get("/apps/acme-counter").status_code == 303
        assert program.get("/readyz").status_code == 200
        assert server.stop() == 0
