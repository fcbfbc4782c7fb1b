"""A node without front end and sockets, for tests."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Collection, Mapping
from pathlib import Path
from typing import Any

from reflex.state import State
from reflex_base.registry import RegistrationContext

from app.bridge import patches
from app.bridge.client_code import is_client_module
from app.bridge.states import core_states
from app.cell import uploads
from app.cell.loading.version import LoadedVersion, Version
from app.core import accounts
from app.core.context import Core, use
from app.core.database import DATABASE_FILE
from app.core.opening import open_core
from app.kernel.actor import Actor
from app.node.events import guard
from app.source.discover import discover
from app.source.problems import AppError
from app.testing.database import lay_database
from app.testing.node import Node
from app.testing.page import Page

ROOT = Path(__file__).parents[2]


class Kit:
    """One node and the pages that are open on it. Make it with `kit()`."""

    def __init__(self, node: Node, core: Core, apps: Path, settings: _Settings) -> None:
        self._node = node
        self._settings = settings
        self._apps = apps
        self._actors: dict[str, Actor] = {}
        self._making_actor = asyncio.Lock()
        self._organisations: dict[str, accounts.Organisation] = {}
        self.core = core

    async def open(
        self,
        app_id: str,
        path: str = "/",
        *,
        user: str = "Ada",
        organisation: str = "Demo",
        roles: Collection[str] | None = None,
        storage: Mapping[str, str] | None = None,
    ) -> Page:
        """Open an app in a new browser tab.

        Args:
            app_id: `<client>/<app>`.
            path: below the app's route, with a query if wanted.
            user: name of whoever opens it; the same name is the same user.
            organisation: name of the user's organisation.
            roles: what they are there from now on, such as {"member", "admin"}; by default what
                they were, a member at first.
            storage: what the browser's cookies and storage hold, by name.

        Raises:
            AppError: the app cannot be loaded; it says why.
        """
        version = await self.version(app_id)
        async with self._making_actor:
            actor = await self._actor(user, organisation, roles)
        page = Page(self._node, actor, dict(storage or {}))
        await page.goto(f"/apps/{version.info.url}{path if path != '/' else ''}")
        return page

    async def version(self, app_id: str) -> Version:
        """Return the version of an app that is served."""
        return await self._node.engine.version_of(app_id)

    async def swap(self, app_id: str, changes: Mapping[str, str | None]) -> LoadedVersion:
        """Save files of an app (None deletes one) and let every open page have the new version.

        The files on disk stay as they are: the kit works on a copy.

        Raises:
            AppError: the new version cannot be loaded; pages stay with the one before.
        """
        folder = self._apps / app_id
        for name, text in changes.items():
            file = folder / name
            if text is None:
                file.unlink()
            else:
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text, encoding="utf-8")
        await self._node.engine.releases.changed([app_id])
        await self.settle()
        record = self._node.engine.catalog.get(app_id)
        if record is None or record.failure is not None:
            raise AppError(record.failure.problems if record and record.failure else ())
        if not isinstance(record.version, LoadedVersion):
            raise TypeError(f"{app_id} is not a dynamic app")
        return record.version

    async def set_settings(self, app_id: str, **values: Any) -> None:
        """Set an app's settings to these and no others, as an administrator would; open pages
        follow.
        """
        self._settings.of[app_id] = values
        await self._node.engine.renewer.changed(app_id)
        await self.settle()

    def source(self, app_id: str, name: str = "entry.py") -> str:
        """Return the text of a file of an app, to make another version of it."""
        return (self._apps / app_id / name).read_text(encoding="utf-8")

    async def settle(self) -> None:
        """Wait until nothing is on its way any more; background events may go on."""
        await self._node.settle()

    async def _actor(
        self, user: str, organisation: str, roles: Collection[str] | None = None
    ) -> Actor:
        key = f"{user}@{organisation}"
        if key not in self._actors:
            if organisation not in self._organisations:
                self._organisations[organisation] = await accounts.create_organisation(
                    self.core, organisation
                )
            home = self._organisations[organisation]
            email = f"{user}@{organisation}.example".lower().replace(" ", ".")
            made = await accounts.create_user(self.core, user, email)
            await accounts.grant(self.core, home.id, made.id, accounts.Role.MEMBER)
            self._actors[key] = await accounts.actor_of(self.core, made.id, home.id)
        if roles is not None:
            was = self._actors[key]
            where, who = was.organisation.id, was.user.id
            await accounts.set_roles(self.core, None, where, who, roles)
            self._actors[key] = await accounts.actor_of(self.core, who, where)
        return self._actors[key]


class _Settings:
    """What tests set for apps."""

    is_shared = False

    def __init__(self, of: Mapping[str, Mapping[str, Any]]) -> None:
        self.of = dict(of)

    def values(self, app_id: str) -> Mapping[str, Any]:
        return self.of.get(app_id, {})

    async def prepare(self, app_id: str) -> None:
        """There is nothing to do."""


@contextlib.asynccontextmanager
async def kit(
    apps: Path | None = None,
    *,
    only: str | None = None,
    settings: Mapping[str, Mapping[str, Any]] | None = None,
) -> AsyncIterator[Kit]:
    """Run a node for the tests inside the `async with` statement.

    Args:
        apps: folder of client apps; default is the checkout's `client_apps/`.
        only: copy only this app, which is faster than all.
        settings: by app, the values of its settings; see `Kit.set_settings`.

    Raises:
        FileNotFoundError: there is no such app.
    """
    given = _Settings(settings or {})
    patches.install()
    uploads.install()
    guard.install()
    with (
        tempfile.TemporaryDirectory(prefix="graft-test-") as folder,
        own_registry(),
        own_modules(),
    ):
        data = Path(folder)
        copied = _copy(apps or ROOT / "client_apps", data / "client_apps", only)
        core = await asyncio.to_thread(_open_core, data / "data")
        try:
            with use(core):
                async with Node.running(
                    copied, core.bus, settings=given, folders=core.folders
                ) as node:
                    yield Kit(node, core, copied, given)
        finally:
            await core.close()


@contextlib.asynccontextmanager
async def open_app(
    app_id: str,
    path: str = "/",
    *,
    user: str = "Ada",
    roles: Collection[str] | None = None,
    apps: Path | None = None,
    storage: Mapping[str, str] | None = None,
    settings: Mapping[str, Any] | None = None,
) -> AsyncIterator[Page]:
    """Open one app on a node of its own, with these settings; see `Kit.open`."""
    async with kit(apps, only=app_id, settings={app_id: settings or {}}) as running:
        yield await running.open(app_id, path, user=user, roles=roles, storage=storage)


def _open_core(data: Path) -> Core:
    data.mkdir()
    lay_database(data / DATABASE_FILE)
    return open_core(data)


def _copy(source: Path, target: Path, only: str | None) -> Path:
    if only and not (source / only).is_dir():
        known = ", ".join(app.id for app in discover(source).apps) or "none"
        raise FileNotFoundError(f"there is no app {only} in {source}; there are: {known}")
    ignore = shutil.ignore_patterns("tests", "__pycache__")
    shutil.copytree(
        source / only if only else source, target / only if only else target, ignore=ignore
    )
    return target


@contextlib.contextmanager
def own_registry() -> Any:
    """Give the node a registry with the core's states only.

    Tests import states of apps in order to name them; those copies must not become part of
    sessions.
    """
    before = RegistrationContext.ensure_context()
    mine = RegistrationContext(_config=before._config)
    for state in (State, *_core_states(before)):
        if state.get_full_name() not in mine.base_states:
            mine._register_base_state(state)
    core_states.forget_others(mine)
    token = RegistrationContext.set(mine)
    try:
        yield
    finally:
        RegistrationContext.reset(token)


def _core_states(context: RegistrationContext) -> list[Any]:
    return [
        state for state in context.base_states.values() if not is_client_module(state.__module__)
    ]


@contextlib.contextmanager
def own_modules() -> Any:
    """Put back the modules of client apps that the tests imported themselves."""
    before = {n: m for n, m in list(sys.modules.items()) if is_client_module(n + ".")}
    try:
        yield
    finally:
        for name in [n for n in list(sys.modules) if is_client_module(n + ".")]:
            del sys.modules[name]
        sys.modules.update(before)
