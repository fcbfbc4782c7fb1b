"""Commands on the data folder of a running server, and a second server."""

from __future__ import annotations

import asyncio
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from tests.production.doors.trying import LAUNCHER, beside
from tests.production.world import Person, World, build_world
from tests.support.servers import Finished, Forge, Server, serving


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return asyncio.run(build_world(tmp_path_factory.mktemp("beside")))


@pytest.fixture(scope="module")
def server(forge: Forge, world: World) -> Iterator[Server]:
    with serving(forge, world.data) as running:
        yield running


@pytest.fixture
def member(world: World) -> Person:
    return beside(world, lambda core: world.person(core, "Acme", "member"))


def command(forge: Forge, world: World, *arguments: str, log: Path) -> Finished:
    """Run a command on the data folder, in a process of its own."""
    return forge.start([*arguments, "--data", str(world.data), "--json"], errors=log).finish()


@pytest.mark.parametrize("words", [("session", "end"), ("user", "disable")])
def test_what_a_command_ends_is_over_in_open_pages_at_once(
    words: tuple[str, str],
    forge: Forge,
    server: Server,
    world: World,
    member: Person,
    tmp_path: Path,
) -> None:
    with server.socket(member.login, uuid4().hex) as socket:
        socket.send(f"{LAUNCHER}.search", query="here")
        assert socket.value("launcher_state", "query") == "here"
        assert command(forge, world, *words, member.email, log=tmp_path / "log").status == 0
        socket.closed()
    with server.http(member.login) as browser:
        assert browser.get("/").status_code == 303


def test_a_second_server_on_the_data_folder_is_refused_and_told_who_has_it(
    forge: Forge, server: Server, world: World, tmp_path: Path
) -> None:
    second = command(forge, world, "serve", "--port", "0", log=tmp_path / "log")
    assert second.status == 1
    (told,) = [line for line in second.lines if line["event"] == "error"]
    assert f"process {server.command.pid} on " in told["text"]
    assert f"at {server.address}" in told["text"]
    assert "--data" in told["text"]
    with server.http() as browser:
        assert browser.get("/healthz").status_code == 200


def test_a_killed_server_leaves_the_folder_to_the_next(forge: Forge, tmp_path: Path) -> None:
    for _ in range(2):
        with serving(forge, tmp_path / "data") as running:
            running.kill()


def test_what_a_server_has_on_the_disk_is_nobody_elses(
    forge: Forge, world: World, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    shutil.copytree(world.data, data)
    for path in (data, *data.rglob("*")):
        if path.is_dir() or path.name.startswith("graft.sqlite3"):
            path.chmod(0o755 if path.is_dir() else 0o644)
    with serving(forge, data) as running, running.http() as browser:
        browser.get("/readyz")
        found = {path: stat.S_IMODE(path.stat().st_mode) for path in (data, *data.rglob("*"))}
    assert {mode for path, mode in found.items() if path.is_dir()} == {0o700}
    databases = {path.name: mode for path, mode in found.items() if "sqlite3" in path.name}
    assert len(databases) == 3
    assert set(databases.values()) == {0o600}
