"""Deploying to a running server again and again: each package is one version, whatever happened."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.core import accounts
from app.core.opening import open_core
from app.packages.pack import pack
from app.source.app_source import read_source
from tests.production.world import APPS, COUNTER, World
from tests.support.servers import PATIENCE, Command, Forge, Server, serving

HEADING = "def heading() -> str:\n    return {!r}\n"


@dataclass
class Pipeline:
    """A machine that deploys.

    Attributes:
        server: to which.
        token: its API token.
        data: the server's data folder.
        folder: where its packages are.
    """

    forge: Forge
    server: Server
    token: str
    data: Path
    folder: Path

    def package(self, heading: str) -> Path:
        """Write a package of the counter."""
        app = self.folder / heading / COUNTER
        shutil.copytree(APPS / COUNTER, app)
        (app / "labels.py").write_text(HEADING.format(heading))
        made = self.folder / f"{heading}.tar.gz"
        made.write_bytes(pack(read_source(app)))
        return made

    def start(self, file: Path, *options: str) -> Command:
        """Run the command `deploy`."""
        environment = {"GRAFT_URL": self.server.address, "GRAFT_TOKEN": self.token}
        return self.forge.start(
            ("deploy", str(file), "--json", *options),
            errors=self.folder / "errors",
            environment=environment,
        )

    def deploy(self, file: Path) -> dict[str, Any]:
        """Run the command `deploy` to its end, and return what it wrote."""
        done = self.start(file).finish()
        assert done.status == 0, done.lines
        return done.lines[0]

    def http(self) -> httpx.Client:
        """Return a client of the API."""
        return self.server.http(authorization=f"Bearer {self.token}")

    def versions(self) -> list[int]:
        """Return the numbers of the versions that the server has, the oldest first."""
        with self.http() as http:
            found = http.get(f"/api/v1/apps/{COUNTER}/versions").json()
        return sorted(version["number"] for version in found)

    def receives(self) -> bool:
        """Whether a package is on its way into the server."""
        return any((self.data / "intake").iterdir())


@pytest.fixture
def pipeline(forge: Forge, tmp_path: Path) -> Iterator[Pipeline]:
    """A pipeline, and an empty server that it may deploy to."""
    world = World(tmp_path / "data")

    async def token() -> str:
        core = open_core(world.data)
        world.organisations["Acme"] = (await accounts.create_organisation(core, "Acme")).id
        made = await world.person(core, "Acme", "operator")
        await core.close()
        return made.token

    secret = asyncio.run(token())
    with serving(forge, world.data, "--allow-unsigned") as server:
        yield Pipeline(forge, server, secret, world.data, tmp_path)


def until(condition: Callable[[], bool], what: str) -> None:
    """Wait until something can be seen on the server's disk."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.01)


def test_the_same_package_again_is_the_same_version(pipeline: Pipeline) -> None:
    file = pipeline.package("one")
    waiting = pipeline.start(file).finish()
    assert (waiting.status, waiting.lines[0]["error"]["status"]) == (1, 409)
    with pipeline.http() as http:
        http.put(f"/api/v1/apps/{COUNTER}/grants", json={"capabilities": ["broadcast"]})
    first, again = pipeline.deploy(file), pipeline.deploy(file)
    for done in (first, again):
        assert (done["new"], done["version"]["number"], done["app"]["current"]) == (False, 1, 1)
    assert first["app"]["revision"] == again["app"]["revision"], (
        "promoting it again changes nothing"
    )
    with pipeline.http() as http:
        answer = http.post("/api/v1/apps", content=file.read_bytes())
        assert (answer.status_code, answer.json()["new"]) == (200, False)
    assert pipeline.deploy(pipeline.package("two"))["version"]["number"] == 2
    assert pipeline.deploy(file)["app"]["current"] == 1, "an older package is what it was"
    assert pipeline.versions() == [1, 2]


def test_two_pipelines_with_one_package_make_one_version(pipeline: Pipeline) -> None:
    file = pipeline.package("one")
    at_once = [pipeline.start(file, "--preview") for _ in range(3)]
    done = [command.finish() for command in at_once]
    assert [one.status for one in done] == [0, 0, 0]
    assert {one.lines[0]["version"]["number"] for one in done} == {1}
    assert sum(one.lines[0]["new"] for one in done) == 1
    assert pipeline.versions() == [1]


@contextlib.contextmanager
def half_sent(pipeline: Pipeline, file: Path) -> Iterator[tuple[Command, Callable[[], object]]]:
    """Deploy a file that is only half there yet, and wait until that half is with the server.

    Yields the command, and what gives it the rest.
    """
    content = file.read_bytes()
    half = len(content) // 2
    slow = pipeline.folder / "slow.tar.gz"
    os.mkfifo(slow)
    deploying = pipeline.start(slow)
    with slow.open("wb") as writing:
        writing.write(content[:half])
        writing.flush()
        until(pipeline.receives, "nothing arrived")
        yield deploying, lambda: writing.write(content[half:])


def test_a_deploy_that_is_killed_halfway_is_repeated(pipeline: Pipeline) -> None:
    file = pipeline.package("one")
    with half_sent(pipeline, file) as (interrupted, _):
        interrupted.signal(9)
        assert interrupted.status() == -9
    until(lambda: not pipeline.receives(), "what was received stays")
    assert pipeline.start(file, "--preview").finish().lines[0]["version"]["number"] == 1
    assert pipeline.versions() == [1]


def test_a_deploy_outlives_the_server_that_is_killed_under_it(pipeline: Pipeline) -> None:
    file = pipeline.package("one")
    with half_sent(pipeline, file) as (deploying, send_the_rest):
        pipeline.server.kill()
        send_the_rest()
    ended = deploying.finish()
    assert ended.status == 3
    assert "cannot be reached" in ended.lines[0]["error"]["detail"]
    with serving(pipeline.forge, pipeline.data, "--allow-unsigned") as again:
        pipeline.server = again
        sent = pipeline.start(file, "--preview").finish()
        assert (sent.status, sent.lines[0]["version"]["number"]) == (0, 1)
        assert pipeline.versions() == [1]
