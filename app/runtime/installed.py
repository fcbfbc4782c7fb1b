"""Installed apps: what production serves, as numbered, immutable versions from a store.

Boot reads metadata only. An app is loaded at its first opening, or before if it is marked, from the
stored bundle where there is one. A version that does not load is recorded, and the version before
it is served.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from weakref import WeakValueDictionary

import anyio.to_thread
import structlog

from app.runtime.app_store import AppStore, Installed, damaged, nothing_served
from app.runtime.catalog import AppRecord, Catalog, Failure
from app.runtime.expected import ExpectedVersions
from app.runtime.loader import LoadContext, asset_base_of, load_version
from app.runtime.modules import ModuleStore
from app.runtime.problems import AppError, NotNow, Problem, problems_of
from app.runtime.releases import Followers
from app.runtime.source import AppSource, read_source
from app.runtime.version import LoadedVersion, Version, make_newest
from app.sdk.scope import AppInfo

log = structlog.get_logger("graft.installed")


class InstalledApps:
    """The catalog of a production node. It has the same face as the `Deployer` of development.

    Args:
        store: where apps come from.
        context: what loading needs.
        modules: where compiled modules are kept for the browser.
        followers: told of every change.
    """

    def __init__(
        self, store: AppStore, context: LoadContext, modules: ModuleStore, followers: Followers
    ) -> None:
        self.catalog = Catalog()
        self._store = store
        self._context = context
        self._modules = modules
        self._followers = followers
        self._expected = ExpectedVersions(store, modules, followers)
        self._locks: dict[str, asyncio.Lock] = {}
        self._installed: dict[str, Installed] = {}
        self._loaded: dict[tuple[str, int], Version] = {}
        # Of all versions whose code may run: those that are loaded, and former ones until they end.
        self._sources = WeakValueDictionary[tuple[str, int], AppSource]()

    async def start(self) -> None:
        """Read what is installed, and load what is marked."""
        installed = await self._store.all()
        self._installed = {app.id: app for app in installed}
        self.catalog = Catalog.of(app.record() for app in installed)
        for app in installed:
            if app.load_at_boot and app.current is not None and app.access.enabled:
                with suppress(AppError):  # it is noted
                    await self.version_of(app.id)

    async def version_of(self, app_id: str, number: int | None = None) -> Version:
        """See `Releases.version_of`."""
        app, wanted = self._served(app_id, number)
        loaded = self._loaded.get((app_id, wanted))
        if loaded is not None:
            return loaded
        async with self._lock(app_id):
            # Only now: while this waited another version may have become the one that is served.
            app, wanted = self._served(app_id, number)
            if number is not None:
                return await self._load(app, number)
            before = self.catalog.get(app_id)
            try:
                version = await self._load_current(app, wanted)
            except AppError as error:
                self.note_failure(app_id, error.problems)
                if isinstance(error, NotNow) and before is not None and before.version is not None:
                    return before.version  # as open pages do; the next opening tries again
                raise
            await self._tell_late(before)
            return version

    async def expect(self, app_id: str, number: int) -> None:
        """See `Releases.expect`."""
        if self._is_in_use(app_id) and (app_id, number) not in self._loaded:
            await self._expected.expect(app_id, number)

    async def folder_of(self, app_id: str, number: int | None = None) -> Path:
        """See `Releases.folder_of`."""
        _, wanted = self._served(app_id, number)
        return await self._store.folder(app_id, wanted)

    async def changed(self, app_ids: Sequence[str]) -> None:
        """Bring apps in step with the store: promoted, rolled back, switched off, deleted, …"""
        for app_id in app_ids:
            if self._lock(app_id).locked():
                await self._restrict(app_id)
            async with self._lock(app_id):
                await self._sync(app_id)

    def asset_url(self, app: AppInfo, name: str) -> str:
        """See `Releases.asset_url`."""
        source = self._sources.get((app.id, app.number))
        if source is None or f"assets/{name}" not in source.by_path:
            raise FileNotFoundError(f"{app.id} has no file assets/{name}")
        return f"{asset_base_of(source)}/{name}"

    def note_failure(self, app_id: str, problems: tuple[Problem, ...]) -> None:
        """See `Releases.note_failure`; also for an app that cannot be opened at the moment."""
        record = self.catalog.get(app_id)
        if record is not None and record.failure is None:
            failure = Failure(problems, datetime.now(UTC))
            self.catalog = self.catalog.with_record(replace(record, failure=failure))

    def versions_of(self, app_id: str) -> list[Version]:
        """Return the versions of an app that are loaded; may be called from any thread."""
        return [version for (owner, _), version in list(self._loaded.items()) if owner == app_id]

    async def _tell_late(self, before: AppRecord | None) -> None:
        """Tell open pages of a version that could not be loaded when they were to get it."""
        served = before.version if before else None
        if before and served and (record := self.catalog.apps[before.id]).version is not served:
            await self._followers.switched(record, served)

    async def _restrict(self, app_id: str) -> None:
        """Let new rules of an app hold although it is loaded right now, which may take for ever."""
        app, record = await self._store.one(app_id), self.catalog.get(app_id)
        known = self._installed.get(app_id)
        if record is None or known is None:
            return
        access = app.access if app is not None else replace(known.access, enabled=False)
        self._installed[app_id] = replace(known, access=access)
        restricted = replace(record, access=access)
        self.catalog = self.catalog.with_record(restricted)
        await self._followers.switched(restricted, record.version)

    async def _sync(self, app_id: str) -> None:
        before = self.catalog.get(app_id)
        app = await self._store.one(app_id)
        if app is None:
            await self._remove(app_id, before)
            return
        self._installed[app_id] = app
        record = app.record()
        if app.current is not None and app.access.enabled and self._is_in_use(app_id):
            record = await self._with_version(app, record, before)
            record = replace(record, access=self._installed[app_id].access)
        self.catalog = self.catalog.with_record(record)
        gone = self._forget(app)
        previous = gone[0] if gone else (before.version if before else None)
        await self._followers.switched(record, previous, shown=not record.looks_like(before))
        for version in gone[1:]:
            await self._followers.switched(record, version)

    async def _with_version(
        self, app: Installed, record: AppRecord, before: AppRecord | None
    ) -> AppRecord:
        """Load the new current version before anybody is switched to it."""
        try:
            version = await self._load(app, app.current or 0)
        except AppError as error:
            served = before.version if before else None
            failure = Failure(error.problems, datetime.now(UTC))
            return replace(record, version=served, failure=failure)
        make_newest(version)
        return replace(record, version=version, loaded_at=datetime.now(UTC))

    async def _load_current(self, app: Installed, wanted: int) -> Version:
        """Load the version that is served; if it does not load, the one that the store serves
        instead, and so on.

        Raises:
            AppError: none loads; it says why the last one does not.
        """
        failed = set[int]()
        while True:
            try:
                return await self._load(app, wanted)
            except NotNow:
                raise
            except AppError:
                failed.add(wanted)
                instead = await self._store.one(app.id)
                if instead is None or instead.current is None or instead.current in failed:
                    raise
                app, wanted = instead, instead.current
                self._installed[app.id] = app
                self.catalog = self.catalog.with_record(app.record())

    def _served(self, app_id: str, number: int | None) -> tuple[Installed, int]:
        """Return an app, and the version that is meant: the one that is served, or `number`.

        Raises:
            AppError: there is none.
        """
        app = self._installed.get(app_id)
        wanted = number if number is not None else (app.current if app else None)
        if app is None or wanted is None:
            raise AppError((nothing_served(app_id),))
        return app, wanted

    async def _load(self, app: Installed, number: int) -> Version:
        key = (app.id, number)
        if key in self._loaded:
            return self._loaded[key]
        started = time.perf_counter()
        announce = number == app.current and self._is_in_use(app.id)
        try:
            source, bundle = await asyncio.gather(
                self._source(app, number),
                self._expected.bundle(app.id, number, announce=announce),
            )
            self._sources[key] = source
            taken = self.catalog.taken_urls(app.id)
            version = await anyio.to_thread.run_sync(
                load_version, source, number, self._context, taken, bundle
            )
        except NotNow as error:
            log.warning("app cannot be loaded now", app=app.id, number=number, why=str(error))
            raise
        except AppError as error:
            await self._store.failed(app.id, number, error.problems)
            raise
        except Exception as error:
            # A fault of Graft or of the machine: the version may work the next time.
            raise NotNow(problems_of(app.id, "load", error, Path())) from error
        self._loaded[key] = version
        if app.current in (None, number):
            make_newest(version)
        if isinstance(version, LoadedVersion):
            self._modules.put(app.id, version.module)
            self._expected.settled(app.id)
            if bundle is None:
                await self._store.keep_bundle(app.id, number, version)
        milliseconds = (time.perf_counter() - started) * 1000
        log.info("app loaded", app=app.id, number=number, milliseconds=round(milliseconds, 1))
        self._note(app, number, version, milliseconds)
        return version

    def _note(self, app: Installed, number: int, version: Version, milliseconds: float) -> None:
        record = self.catalog.get(app.id)
        if record is not None and number == app.current:
            loaded = replace(
                record,
                version=version,
                failure=None,
                loaded_at=datetime.now(UTC),
                load_ms=milliseconds,
            )
            self.catalog = self.catalog.with_record(loaded)

    async def _source(self, app: Installed, number: int) -> AppSource:
        """Return the files of a version, exactly those that were uploaded."""
        for anew in (False, True):
            folder = await self._store.folder(app.id, number, anew=anew)
            source = await anyio.to_thread.run_sync(read_source, folder)
            if source.digest == app.digests.get(number, source.digest):
                return source
            log.warning("unpacked files are not those of the package", app=app.id, number=number)
        raise AppError((damaged(app.id, number),))

    def _is_in_use(self, app_id: str) -> bool:
        """Tell whether somebody has the app open, or had since it was loaded."""
        return any(owner == app_id for owner, _ in self._loaded)

    def _forget(self, app: Installed) -> list[Version]:
        """Drop loaded versions that nobody gets any more, and return them."""
        served = {app.current, *(preview.number for preview in app.access.previews)}
        gone = [key for key in self._loaded if key[0] == app.id and key[1] not in served]
        return [self._loaded.pop(key) for key in gone]

    async def _remove(self, app_id: str, record: AppRecord | None) -> None:
        self._installed.pop(app_id, None)
        self._expected.settled(app_id)
        gone = [key for key in self._loaded if key[0] == app_id]
        versions: list[Version | None] = [self._loaded.pop(key) for key in gone]
        if record is None:
            return
        self.catalog = self.catalog.without(app_id)
        for version in versions or [None]:
            await self._followers.switched(replace(record, version=None), version)

    def _lock(self, app_id: str) -> asyncio.Lock:
        return self._locks.setdefault(app_id, asyncio.Lock())


def from_store(store: AppStore) -> Callable[[LoadContext, ModuleStore, Followers], InstalledApps]:
    """Return what makes the catalog of a node that serves installed apps."""
    return partial(InstalledApps, store)
