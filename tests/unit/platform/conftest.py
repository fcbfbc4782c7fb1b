"""A production node without sockets: the real platform, store, loader, dry run and engine."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from app.bridge import patches
from app.core import accounts, app_settings, apps
from app.core.context import Core, use
from app.core.opening import open_core
from app.kernel.actor import Actor, acting_as
from app.kernel.errors import CoreError
from app.node.app_settings import StoredSettings
from app.node.cells import zygote
from app.packages.pack import pack
from app.packages.signing import TrustedKeys
from app.packages.trying.dry_run import DryRunner
from app.platform.operations.allowing import Grant, Sharing
from app.platform.permissions import Action, Requester, may
from app.platform.platform import Platform
from app.platform.store import InstalledStore
from app.platform.uploads import IntakeSettings, Uploaded
from app.server.node import EngineNode
from app.source.app_source import read_source
from app.testing import Page
from app.testing.isolated import own_modules, own_registry
from app.testing.node import Node
from tests.support import nursery

STARTED = datetime(2026, 11, 23, 8, tzinfo=UTC)
APPS = Path(__file__).parents[1] / "apps"


@dataclass
class Server:
    """A node, what it looks after, and people who use it."""

    core: Core
    node: Node
    platform: Platform
    sources: Path
    operator: Requester
    people: dict[str, Actor]

    async def upload(self, app_id: str, changes: dict[str, str] | None = None) -> Uploaded:
        """Package an app of tests/unit/apps, with some files changed, and upload it."""
        folder = self.sources / app_id
        if not folder.exists():
            shutil.copytree(APPS / app_id, folder)
        for name, text in (changes or {}).items():
            (folder / name).write_text(text, encoding="utf-8")
        package = pack(read_source(folder))
        uploaded = await self.platform.upload(self.operator, chunks(package))
        if uploaded.version.number == 1 and may(self.operator, Action.SHARE):
            # The people of the tests are of many organisations.
            everybody = apps.Visibility()
            await self.platform.do(self.operator, app_id, Sharing(organisations=everybody.lists))
        return uploaded

    async def deploy(self, app_id: str, changes: dict[str, str] | None = None) -> Uploaded:
        """Upload a version, grant what it asks for, and promote it.

        Nobody waits for the node, so an app that is not open is loaded at its first opening.
        """
        uploaded = await self.upload(app_id, changes)
        await self.platform.do(
            self.operator, app_id, Grant(capabilities=uploaded.version.capabilities)
        )
        with acting_as(self.operator.actor):
            await apps.promote(self.core, app_id, uploaded.version.number, base_revision=None)
        await self.node.settle()
        return uploaded

    async def open(self, path: str, user: str = "Ada") -> Page:
        """Open an address as somebody."""
        if user not in self.people:
            self.people[user] = await _person(self.core, user)
        page = Page(self.node, self.people[user], {})
        await page.goto(path)
        return page

    async def settle(self) -> None:
        """Wait until nothing is on its way."""
        await self.node.settle()


@pytest.fixture(scope="session")
def runner_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where packages are taken in."""
    return tmp_path_factory.mktemp("intake")


@pytest.fixture(scope="session")
def dry_runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the processes of dry runs come from: to start one takes longer than most tests."""
    path = tmp_path_factory.mktemp("nursery") / "socket"
    process = nursery.start(path)
    yield str(path)
    process.kill()
    process.wait()


@pytest.fixture
async def runner(dry_runs: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[DryRunner]:
    """What tries packages."""
    monkeypatch.setattr(zygote, "_spawn", nursery.spawning(dry_runs))
    async with DryRunner(parallel=8) as running:
        yield running


@pytest.fixture
async def server(tmp_path: Path, runner_folder: Path, runner: DryRunner) -> AsyncIterator[Server]:
    """A running production node with nothing installed."""
    patches.install()
    with own_registry(), own_modules():
        core = open_core(tmp_path / "data")
        unpacked = tmp_path / "data" / "unpacked"
        settings = IntakeSettings(
            runner_folder, TrustedKeys(), True, lambda name: True, "build", unpacked
        )
        store = InstalledStore(core, unpacked, "build")
        with use(core):
            unlock = partial(_unlock, core)
            stored = StoredSettings(partial(app_settings.settings_for, core))
            async with Node.running(
                store, core.bus, unlock=unlock, settings=stored, folders=core.folders
            ) as node:
                platform = Platform(core, runner, settings, EngineNode(node.engine, "n1", STARTED))
                stop = core.bus.subscribe(apps.TOPIC, partial(_follow, node))
                core.bus.subscribe(app_settings.TOPIC, partial(_renew, node, stored))
                operator = Requester(
                    await _person(core, "Olga", accounts.Role.OPERATOR), confirmed=True
                )
                yield Server(core, node, platform, tmp_path / "sources", operator, {})
                stop()
        await core.close()


def heading(text: str) -> dict[str, str]:
    return {"labels.py": f"def heading() -> str:\n    return {text!r}\n"}


def broken(what: str = "raise RuntimeError('here only')") -> dict[str, str]:
    """A version that a dry run finds no fault with: it gets next to nothing of the environment of
    the server.
    """
    only_here = f"import os\nif 'PYTEST_CURRENT_TEST' in os.environ:\n    {what}\n"
    return {"labels.py": only_here + heading("Broken")["labels.py"]}


async def _follow(node: Node, payload: dict[str, Any]) -> None:
    if payload["action"] != apps.Action.SETTINGS:
        await node.engine.releases.changed([payload["app"]])


async def _renew(node: Node, stored: StoredSettings, payload: dict[str, Any]) -> None:
    await stored.changed(payload["app"])
    await node.engine.renewer.changed(payload["app"])


async def _unlock(core: Core, secret: str) -> tuple[str, str] | None:
    try:
        preview = await apps.preview_by_token(core, secret)
    except CoreError:
        return None
    return preview.app_id, preview.id


async def _person(core: Core, name: str, role: str = accounts.Role.MEMBER) -> Actor:
    organisation = await accounts.create_organisation(core, f"{name}'s")
    user = await accounts.create_user(core, name, f"{name.lower()}@example.org")
    await accounts.grant(core, organisation.id, user.id, role)
    return await accounts.actor_of(core, user.id, organisation.id)


async def chunks(content: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(content), 4096):
        yield content[start : start + 4096]
