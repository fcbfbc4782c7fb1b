"""The way of versions into memory: one at a time, and what did not load is remembered."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import anyio
import anyio.to_thread
import structlog

from app.cell.compiling.bundle import Bundle
from app.cell.loading.loader import LoadContext, load_version
from app.cell.loading.version import LoadedVersion, Version
from app.node.releases.caution import Caution
from app.node.releases.expected import ExpectedVersions
from app.node.releases.in_memory import VersionsInMemory
from app.node.releases.module_store import ModuleStore
from app.node.releases.provider import Provider
from app.node.releases.standing import Loaded
from app.rules.blame import problems_of
from app.source.app_source import AppSource
from app.source.metadata import read_metadata
from app.source.problems import AppError, NotNow, Problem

log = structlog.get_logger("graft")

# What decides whether a version loads: digest of its files, urls that other apps have.
_Attempt = tuple[str, frozenset[str]]
_Problems = tuple[Problem, ...]


class CellLoader(Protocol):
    """Loads versions in processes of their own."""

    async def load(
        self,
        source: AppSource,
        number: int,
        taken_urls: Mapping[str, str],
        bundle: Bundle | None,
        context: LoadContext,
    ) -> Version:
        """Load a version.

        Raises:
            AppError: with everything that is wrong.
        """
        ...


def _is_dynamic(source: AppSource) -> bool:
    return read_metadata(source).kind != "static"


class Loads:
    """Loads versions when somebody needs them.

    Args:
        provider: where apps come from.
        context: what loading needs.
        versions: gets what is loaded.
        modules: where compiled modules are kept for the browser.
        expected: bundles that are on their way already.
        caution: knows what was loaded when the server ended.
        cells: loads versions in cells; None: their code runs in this process.
    """

    def __init__(
        self,
        provider: Provider,
        context: LoadContext,
        versions: VersionsInMemory,
        modules: ModuleStore,
        expected: ExpectedVersions,
        caution: Caution,
        cells: CellLoader | None = None,
    ) -> None:
        self._provider = provider
        self._context = context
        self._versions = versions
        self._modules = modules
        self._expected = expected
        self._caution = caution
        self._cells = cells
        # app id -> number -> what did not work, and why. Not the error: its traceback would keep
        # alive what was loaded.
        self._failed: defaultdict[str, dict[int, tuple[_Attempt, _Problems]]] = defaultdict(dict)
        # Loads take turns anyway (`turns.py`). Here they wait without a thread: the threads that
        # everybody shares would soon all wait for one load, and nobody could read a file.
        self._turn = anyio.CapacityLimiter(1)

    def has_failed(self, app_id: str, number: int | None) -> bool:
        """Tell whether a version is known not to load here."""
        return number in self._failed.get(app_id, ())

    def forget_failures(self, app_id: str) -> None:
        """Let versions be tried again that did not load."""
        self._failed.pop(app_id, None)

    async def load(
        self, app_id: str, number: int, taken_urls: Mapping[str, str], *, announce: bool
    ) -> Loaded:
        """Return a version, loading it unless it is loaded. Nobody is switched to it.

        Args:
            app_id: the app.
            number: which version.
            taken_urls: url -> app id of the other apps.
            announce: whether open pages fetch its module meanwhile.

        Raises:
            AppError: it does not load. That is told to the provider, and remembered.
            NotNow: it cannot be loaded at the moment. Both are among the errors of the app.
        """
        loaded = self._versions.get(app_id, number)
        if loaded is not None:
            return loaded
        try:
            return await self._load(app_id, number, taken_urls, announce)
        except NotNow as error:
            log.warning("app cannot be loaded now", app=app_id, number=number, why=str(error))
            self._context.failed(number, error.problems)
            raise
        except AppError as error:
            self._context.failed(number, error.problems)
            await self._provider.failed(app_id, number, error.problems)
            raise
        except Exception as error:
            # A fault of Graft or of the machine: the version may work the next time.
            problems = problems_of(app_id, "load", error, Path())
            self._context.failed(number, problems)
            raise NotNow(problems) from error

    async def refuse(
        self,
        loaded: Loaded,
        taken_urls: Mapping[str, str],
        problems: tuple[Problem, ...],
    ) -> AppError:
        """Drop a version that open pages cannot take, as if it had not loaded; return why."""
        app = loaded.version.info
        self._versions.drop(loaded)
        attempt = (loaded.version.source.digest, frozenset(taken_urls))
        self._failed[app.id][app.number] = (attempt, problems)
        await self._provider.failed(app.id, app.number, problems)
        return AppError(problems)

    def forget(self, app_id: str) -> None:
        """Drop all that is remembered of an app."""
        self.forget_failures(app_id)
        self._expected.settled(app_id)

    async def _load(
        self, app_id: str, number: int, taken_urls: Mapping[str, str], announce: bool
    ) -> Loaded:
        began = time.perf_counter()
        source, bundle = await asyncio.gather(
            self._provider.files(app_id, number),
            self._expected.bundle(app_id, number, announce=announce),
        )
        attempt = (source.digest, frozenset(taken_urls))
        before, problems = self._failed[app_id].get(number, (None, ()))
        if before == attempt:
            raise AppError(problems)
        self._versions.coming(app_id, number, source)
        try:
            await self._caution.before(source)
            version = await self._load_version(source, number, taken_urls, bundle)
        except NotNow:
            raise
        except AppError as failed:
            self._failed[app_id][number] = (attempt, failed.problems)
            raise
        return await self._keep(version, began, compiled=bundle is None)

    async def _load_version(
        self,
        source: AppSource,
        number: int,
        taken_urls: Mapping[str, str],
        bundle: Bundle | None,
    ) -> Version:
        if self._cells is not None and _is_dynamic(source):
            began = time.perf_counter()
            version = await self._cells.load(source, number, taken_urls, bundle, self._context)
            self._context.ended(source.id, version, time.perf_counter() - began)
            return version
        return await anyio.to_thread.run_sync(
            load_version,
            source,
            number,
            self._context,
            taken_urls,
            bundle,
            limiter=self._turn,
        )

    async def _keep(self, version: Version, began: float, *, compiled: bool) -> Loaded:
        milliseconds = (time.perf_counter() - began) * 1000
        app = version.info
        loaded = Loaded(version, datetime.now(UTC), milliseconds)
        self._versions.keep(loaded)
        self._failed[app.id].pop(app.number, None)
        if isinstance(version, LoadedVersion):
            self._modules.put(app.id, version.module)
            self._expected.settled(app.id)
        log.info("app loaded", app=app.id, number=app.number, milliseconds=round(milliseconds, 1))
        await self._provider.loaded(version, compiled=compiled)
        return loaded
