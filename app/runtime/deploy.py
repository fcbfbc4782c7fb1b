"""The deployer: takes changes of apps, one after the other, to every open page.

    discover → read → validate, load, compile (in a worker thread) → switch → swap → observe

The old version serves until the new one is ready; a version that cannot be loaded is a recorded
failure and the last good one goes on. One deployer runs per node, in sequence, so that two changes
never race.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import anyio.to_thread
import structlog

from app.runtime.catalog import AppRecord, Catalog, Failure
from app.runtime.discover import discover, folder_problems, has_ended, is_app
from app.runtime.loader import LoadContext, asset_base_of, load_version
from app.runtime.metadata import ENTRY_FILE, parse_metadata, read_metadata
from app.runtime.modules import ModuleStore
from app.runtime.problems import AppError, Problem, errors_in, problems_of
from app.runtime.releases import Followers
from app.runtime.source import AppSource, read_source
from app.runtime.validate import validate_entry, validate_imports
from app.runtime.version import LoadedVersion, Version, make_newest
from app.sdk.scope import AppInfo

log = structlog.get_logger("graft.deploy")


class Deployer:
    """Keeps the catalog in step with the folder of client apps.

    Args:
        root: the folder `client_apps/`.
        context: what loading needs.
        modules: where compiled modules are kept for the browser.
        followers: told of every change.
    """

    def __init__(
        self, root: Path, context: LoadContext, modules: ModuleStore, followers: Followers
    ) -> None:
        self.catalog = Catalog()
        self._root = root
        self._context = context
        self._modules = modules
        self._followers = followers
        self._locks: dict[str, asyncio.Lock] = {}
        self._sources: dict[str, AppSource] = {}
        # app id -> what did not work: digest of the source, urls that others had
        self._failed: dict[str, tuple[str, frozenset[str]]] = {}

    def versions_of(self, app_id: str) -> list[Version]:
        """Return the versions of an app that are loaded."""
        record = self.catalog.get(app_id)
        return [record.version] if record is not None and record.version is not None else []

    async def start(self) -> None:
        """Fill the catalog from the disk, without loading anything."""
        found = await anyio.to_thread.run_sync(_read_catalog, self._root)
        # What was deployed meanwhile is newer than what was read.
        self.catalog = Catalog.of(
            [*(r for r in found if r.id not in self.catalog.apps), *self.catalog]
        )

    async def version_of(self, app_id: str, number: int | None = None) -> Version:
        """Return the version of an app that is served; its first opening loads it.

        Raises:
            AppError: there is no version that works.
        """
        record = self.catalog.get(app_id)
        if record is not None and record.version is not None:
            return record.version
        async with self._lock(app_id):
            record = self.catalog.get(app_id)
            if record is None:
                raise AppError((_gone(app_id),))
            if record.version is None:
                await self._deploy(app_id)
                record = self.catalog.apps[app_id]
        if record.version is None:
            raise AppError(record.failure.problems if record.failure else (_gone(app_id),))
        return record.version

    async def changed(self, app_ids: Sequence[str]) -> None:
        """Bring these apps in step with the disk: new, changed, deleted, or only touched."""
        for app_id in sorted(app_ids):
            async with self._lock(app_id):
                await self._deploy(app_id)

    async def expect(self, app_id: str, number: int) -> None:
        """See `Releases`; nothing is promoted in development."""

    async def folder_of(self, app_id: str, number: int | None = None) -> Path:
        """Return the app's folder; see `Releases`."""
        return self._root / app_id

    async def precheck(self, app_id: str) -> None:
        """Record what the text of an app that nobody opened yet says is wrong with it."""
        async with self._lock(app_id):
            record = self.catalog.get(app_id)
            if record is None or record.version is not None or record.failure is not None:
                return
            try:
                await anyio.to_thread.run_sync(
                    _check_text, record.root, self.catalog.taken_urls(app_id)
                )
            except AppError as error:
                await self._fail(record, error)

    def note_failure(self, app_id: str, problems: tuple[Problem, ...]) -> None:
        """Record that sessions could not be moved to the version that was just loaded."""
        record = self.catalog.get(app_id)
        if record is not None and record.failure is None:
            failed = record.changed(failure=Failure(problems, datetime.now(UTC)))
            self.catalog = self.catalog.with_record(failed)

    def asset_url(self, app: AppInfo, name: str) -> str:
        """Return the address of an asset of exactly the version that asks.

        Raises:
            FileNotFoundError: the version has no such file.
        """
        source = self._source_of(app)
        if source is None or f"assets/{name}" not in source.by_path:
            raise FileNotFoundError(f"{app.id} has no file assets/{name}")
        return f"{asset_base_of(source)}/{name}"

    def _source_of(self, app: AppInfo) -> AppSource | None:
        record = self.catalog.get(app.id)
        if record is not None and record.version is not None and record.version.info == app:
            return record.version.source
        return self._sources.get(app.id)

    async def _deploy(self, app_id: str) -> None:
        try:
            await self._follow(app_id)
        except Exception as error:
            # A fault of Graft or of the machine: shown like one of the app, and tried again.
            self._failed.pop(app_id, None)
            folder = self._root / app_id
            problems = problems_of(app_id, "load", error, folder)
            await self._fail(
                self.catalog.get(app_id) or _record(folder, app_id), AppError(problems)
            )

    async def _follow(self, app_id: str) -> None:
        before = self.catalog.get(app_id)
        folder = self._root / app_id
        if _was_app(before) and await has_ended(self._root, app_id):
            await self._remove(app_id, before)
            return
        problems = folder_problems(self._root, app_id)
        if not problems and not is_app(self._root, app_id):
            await self._remove(app_id, before)
            return
        if problems:
            await self._fail(before or _record(folder, app_id), AppError(problems))
            return
        try:
            source = await anyio.to_thread.run_sync(read_source, folder, self._sources.get(app_id))
        except AppError as error:
            await self._fail(before or _record(folder, app_id), error)
            return
        if self._is_served(before, source):
            await self._clear_failure(before)
            return
        if self._failed.get(app_id) == self._attempt(source):
            return  # known not to work; told already
        self._sources[app_id] = source
        await self._load(before or _record(folder, app_id), source)

    async def _load(self, record: AppRecord, source: AppSource) -> None:
        number = record.number + 1
        started = time.perf_counter()
        try:
            version = await anyio.to_thread.run_sync(
                load_version, source, number, self._context, self.catalog.taken_urls(record.id)
            )
        except AppError as error:
            self._failed[record.id] = self._attempt(source)
            await self._fail(record.changed(metadata=read_metadata(source)), error)
            return
        self._failed.pop(record.id, None)
        load_ms = (time.perf_counter() - started) * 1000
        if isinstance(version, LoadedVersion):
            self._modules.put(record.id, version.module)
        make_newest(version)
        changed = record.changed(
            metadata=version.metadata,
            version=version,
            number=number,
            failure=None,
            loaded_at=datetime.now(UTC),
            load_ms=load_ms,
        )
        log.info("app loaded", app=record.id, number=number, milliseconds=round(load_ms, 1))
        await self._switch(changed, record.version)

    async def _switch(self, record: AppRecord, previous: Version | None) -> None:
        self.catalog = self.catalog.with_record(record)
        await self._followers.switched(record, previous)

    async def _fail(self, record: AppRecord, error: AppError) -> None:
        if record.failure is not None and record.failure.problems == error.problems:
            return
        for problem in error.problems:
            log.warning("app not loaded", app=record.id, place=problem.place, why=problem.message)
        failure = Failure(error.problems, datetime.now(UTC))
        await self._switch(record.changed(failure=failure), record.version)

    async def _clear_failure(self, record: AppRecord | None) -> None:
        if record is not None and record.failure is not None:
            self._failed.pop(record.id, None)
            await self._switch(record.changed(failure=None), record.version)

    async def _remove(self, app_id: str, record: AppRecord | None) -> None:
        if record is None:
            return
        self._sources.pop(app_id, None)
        self._failed.pop(app_id, None)
        self.catalog = self.catalog.without(app_id)
        log.info("app removed", app=app_id)
        await self._followers.switched(record.changed(version=None), record.version)

    @staticmethod
    def _is_served(record: AppRecord | None, source: AppSource) -> bool:
        """Tell whether exactly this source is the version that runs."""
        return (
            record is not None
            and record.version is not None
            and record.version.source.digest == source.digest
        )

    def _attempt(self, source: AppSource) -> tuple[str, frozenset[str]]:
        """Return all that decides whether a source can be loaded."""
        return source.digest, frozenset(self.catalog.taken_urls(source.id))

    def _lock(self, app_id: str) -> asyncio.Lock:
        return self._locks.setdefault(app_id, asyncio.Lock())


def from_folder(root: Path) -> Callable[[LoadContext, ModuleStore, Followers], Deployer]:
    """Return what makes the catalog of a node that serves a folder of client apps."""
    return partial(Deployer, root)


def _read_catalog(root: Path) -> Catalog:
    found = discover(root)
    broken: dict[str, list[Problem]] = {}
    for problem in found.problems:
        broken.setdefault(problem.app, []).append(problem)
    records = [_record(folder.root, folder.id) for folder in found.apps]
    for app_id, problems in broken.items():
        failure = Failure(tuple(problems), datetime.now(UTC))
        records.append(_record(root / app_id, app_id).changed(failure=failure))
    return Catalog.of(records)


def _check_text(folder: Path, taken_urls: Mapping[str, str]) -> None:
    source = read_source(folder)
    entry = validate_entry(source, read_metadata(source), None, taken_urls=taken_urls)
    problems = (*validate_imports(source), *entry)
    if errors_in(problems):
        raise AppError(problems)


def _record(folder: Path, app_id: str) -> AppRecord:
    try:
        entry = (folder / "entry.py").read_bytes()
    except OSError:
        entry = b""
    return AppRecord(id=app_id, root=folder, metadata=parse_metadata(app_id, entry))


def _was_app(record: AppRecord | None) -> bool:
    """Tell whether there was an entry.py; folders that are no apps yet are in the catalog, too."""
    if record is None:
        return False
    problems = record.failure.problems if record.failure else ()
    return not any(p.stage == "discover" and p.file == ENTRY_FILE for p in problems)


def _gone(app_id: str) -> Problem:
    return Problem(
        app=app_id,
        stage="discover",
        file="entry.py",
        line=None,
        message="the app is not on disk any more.",
        remedy="Restore its folder, or go back to the launcher.",
    )
