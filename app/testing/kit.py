"""A node without front end and sockets, for tests."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator, Collection, Mapping
from pathlib import Path
from typing import Any

from app.bridge import patches
from app.cell import uploads
from app.cell.loading.version import LoadedVersion, Version
from app.core import accounts
from app.core.context import Core, use
from app.core.database import DATABASE_FILE
from app.core.opening import open_core
from app.kernel.actor import Actor
from app.node.events import guard
from app.sdk.scope import Scope, opened
from app.source.problems import AppError
from app.testing.database import lay_database
from app.testing.folders import copied_apps, files_of, folder_of_apps, no_app, refuse_misspelt
from app.testing.node import Node
from app.testing.page import Page, move
from app.testing.provider import TestedApps
from app.testing.server import Server


class Kit:
    """One server and the pages that are open on it. Make it with `kit()`.

    Attributes:
        core: what the server keeps: its database, files and folders, for tests that look into
            them with functions of the core.
    """

    def __init__(self, server: Server, core: Core, settings: _Settings) -> None:
        self._server = server
        self._node: Node = server.node
        self._settings = settings
        self._apps = server.apps.root
        self._actors: dict[str, Actor] = {}
        self._making_actor = asyncio.Lock()
        self._pages: list[Page] = []
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
        opened.set(Scope(app=version.info, host=self._node.engine._sdk_host))
        page = Page(self._node, actor, dict(storage or {}))
        self._pages.append(page)
        await page.goto(f"/apps/{version.info.url}{path if path != '/' else ''}")
        return page

    async def version(self, app_id: str) -> Version:
        """Return the version of an app that is served, loaded if it was not yet: its `info` has the
        number, `pages` has the pages by url template, `module` the JavaScript.

        Raises:
            AppError: it cannot be loaded; it says why.
        """
        return await self._node.engine.version_of(app_id)

    async def swap(
        self, app_id: str, changes: Mapping[str, str | None], *, new: Collection[str] = ()
    ) -> LoadedVersion:
        """Save files of an app (None deletes one) and let every open page have the new version.

        The files on disk stay as they are: the kit works on a copy.

        Args:
            app_id: of the app.
            changes: name of a file -> its text.
            new: names among them that are new although they are nearly those of other files.

        Raises:
            AppError: the new version cannot be loaded; pages stay with the one before.
            FileNotFoundError: there is no such app, no such file to delete, or a name looks like
                that of another file, misspelt.
        """
        folder = self._folder(app_id)
        for name, text in changes.items():
            file = folder / name
            if not file.is_file():
                refuse_misspelt(app_id, folder, name, is_new=text is not None, meant=new)
            if text is None:
                file.unlink()
            else:
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text, encoding="utf-8")
        return await self._serve(app_id)

    async def rollback(self, app_id: str) -> LoadedVersion:
        """Let every open page have the version before the one that is served, as an administrator
        would: under its number, so that `upgrade` is called on the way back.

        Raises:
            AppError: it cannot be loaded.
            LookupError: there is no version before.
        """
        self._server.apps.go_back(app_id)
        return await self._serve(app_id)

    async def restart(self) -> None:
        """Stop the server and start it again: background events are cut, and pages that were
        connected come back with their state, as browsers do.
        """
        connected = [page for page in self._pages if page.is_connected]
        await self._server.restart()
        self._node = self._server.node
        for page in self._pages:
            move(page, self._node)
        for page in connected:
            await page.connect()
        await self.settle()

    async def grant(self, app_id: str, *capabilities: str) -> None:
        """Grant an app these capabilities and no others, as an administrator would."""
        self._server.apps.grant(app_id, capabilities)
        await self._node.engine.releases.changed([app_id])
        await self.settle()

    async def _serve(self, app_id: str) -> LoadedVersion:
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
        """Return the text of a file of an app, to make another version of it.

        Raises:
            FileNotFoundError: there is no such app, or it has no such file.
        """
        folder = self._folder(app_id)
        if not (folder / name).is_file():
            told = ", ".join(files_of(folder)) or "none"
            raise FileNotFoundError(f"{app_id} has no file {name}; there are: {told}")
        return (folder / name).read_text(encoding="utf-8")

    async def settle(self) -> None:
        """Wait until nothing is on its way to any page any more; background events may go on. What
        the kit and pages do themselves has settled when they return.
        """
        await self._node.settle()

    def _folder(self, app_id: str) -> Path:
        if not (self._apps / app_id).is_dir():
            raise FileNotFoundError(no_app(app_id, self._apps))
        return self._apps / app_id

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
    granted: Collection[str] | None = None,
) -> AsyncIterator[Kit]:
    """Run a node for the tests inside the `async with` statement.

    Args:
        apps: folder of client apps; default is the `client_apps` that tests import, which is that
            of the checkout unless the current folder has one.
        only: copy only this app, which is faster than all.
        settings: by app, the values of its settings; see `Kit.set_settings`.
        granted: the capabilities that an administrator granted; by default nothing is restricted,
            as in development. An app has those that it declares, too. See `Kit.grant`.

    Raises:
        FileNotFoundError: there is no such app.
    """
    given = _Settings(settings or {})
    patches.install()
    uploads.install()
    guard.install()
    with tempfile.TemporaryDirectory(prefix="graft-test-") as folder:
        data = Path(folder)
        copied = copied_apps(apps or folder_of_apps(only), data / "client_apps", only)
        core = await asyncio.to_thread(_open_core, data / "data")
        server = Server(TestedApps(copied, data / "versions", granted), core, given)
        before = opened.get()
        try:
            with use(core):
                await server.start()
                try:
                    yield Kit(server, core, given)
                finally:
                    await server.stop()
        finally:
            opened.set(before)
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
    granted: Collection[str] | None = None,
) -> AsyncIterator[Page]:
    """Open one app on a server of its own, with these settings and capabilities; see `kit` and
    `Kit.open`.
    """
    only = {app_id: settings or {}}
    async with kit(apps, only=app_id, settings=only, granted=granted) as running:
        yield await running.open(app_id, path, user=user, roles=roles, storage=storage)


def _open_core(data: Path) -> Core:
    data.mkdir()
    lay_database(data / DATABASE_FILE)
    return open_core(data)
