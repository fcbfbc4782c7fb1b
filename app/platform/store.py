"""Installed apps for the runtime: records from the database, files from the code store."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from types import MappingProxyType
from typing import cast

import structlog

from app.core import apps
from app.core.apps import App
from app.core.context import Core
from app.core.errors import CoreError, NotFound
from app.packages.unpack import unpack
from app.runtime.access import Access, Preview
from app.runtime.bundle import Bundle
from app.runtime.installed import Installed
from app.runtime.loader import bundle_of
from app.runtime.metadata import AppMetadata, Kind
from app.runtime.problems import AppError, Problem
from app.runtime.version import LoadedVersion

log = structlog.get_logger("graft.platform")


class InstalledStore:
    """`app.runtime.installed.AppStore` on the core's records.

    Args:
        core: database and code store.
        folder: where packages are unpacked; it may be emptied while no server runs.
        build: names what compiles here; bundles of other builds are not used.
    """

    def __init__(self, core: Core, folder: Path, build: str) -> None:
        self._core = core
        self._folder = folder
        self._build = build

    async def all(self) -> Sequence[Installed]:
        """See `AppStore.all`."""
        previews = await self._previews(None)
        found = await apps.all_apps(self._core)
        return [await self._installed(app, previews.get(app.id, ())) for app in found]

    async def one(self, app_id: str) -> Installed | None:
        """See `AppStore.one`."""
        try:
            app = await apps.get(self._core, app_id)
        except NotFound:
            return None
        if app.deleted_at is not None:
            return None
        previews = await self._previews(app_id)
        return await self._installed(app, previews.get(app_id, ()))

    async def folder(self, app_id: str, number: int) -> Path:
        """See `AppStore.folder`."""
        try:
            version = await apps.version(self._core, app_id, number)
            target = self._folder / version.package_digest / app_id
            if not target.is_dir():
                package = await self._core.code.get(version.package_digest)
                await asyncio.to_thread(_unpack_to, package, target)
        except CoreError as error:
            raise AppError((_unreadable(app_id, number, str(error)),)) from error
        return target

    async def bundle(self, app_id: str, number: int) -> Bundle | None:
        """See `AppStore.bundle`."""
        try:
            digest = await apps.bundle(self._core, app_id, number, self._build)
            return Bundle.model_validate_json(await self._core.code.get(digest))
        except (CoreError, ValueError) as error:
            if not isinstance(error, NotFound):
                log.warning("bundle not used", app=app_id, number=number, why=str(error))
            return None

    async def keep_bundle(self, app_id: str, number: int, version: LoadedVersion) -> None:
        """See `AppStore.keep_bundle`. It is a cache, so that failing to write it is no error."""
        text = bundle_of(version, f"{version.source.digest}:{self._build}").model_dump_json()
        try:
            await apps.add_bundle(self._core, app_id, number, self._build, text.encode())
        except CoreError as error:
            log.warning("bundle not kept", app=app_id, number=number, why=str(error))

    async def failed(self, app_id: str, number: int, problems: Sequence[Problem]) -> None:
        """See `AppStore.failed`."""
        try:
            details = [problem.as_dict() for problem in problems]
            await apps.record_failure(self._core, app_id, number, details)
        except CoreError as error:
            log.warning("failure not recorded", app=app_id, number=number, why=str(error))

    async def _installed(self, app: App, previews: tuple[Preview, ...]) -> Installed:
        return Installed(
            id=app.id,
            metadata=_metadata(app),
            current=app.current,
            digests={},
            access=Access(
                enabled=app.enabled,
                organisations=app.visible_to.organisations,
                previews=previews,
                granted=app.granted,
            ),
            load_at_boot=app.load_at_boot,
        )

    async def _previews(self, app_id: str | None) -> Mapping[str, tuple[Preview, ...]]:
        found: dict[str, tuple[Preview, ...]] = {}
        for preview in await apps.previews(self._core, app_id):
            made = Preview(preview.id, preview.number, preview.users, preview.expires_at)
            found[preview.app_id] = (*found.get(preview.app_id, ()), made)
        return found


def _metadata(app: App) -> AppMetadata:
    return AppMetadata(
        id=app.id,
        kind=cast("Kind", app.kind),
        name=app.name,
        url=app.url,
        description=app.description,
        icon=app.icon,
        version=None,
        capabilities=None,
        pages=None,
        literals=MappingProxyType({}),
        lines=MappingProxyType({}),
        methods=frozenset(),
        bases=(),
    )


def _unpack_to(package: bytes, target: Path) -> None:
    """Unpack aside and move last, so that a folder is there whole or not at all."""
    workspace = target.parents[1].with_name("unpacking")
    workspace.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(dir=workspace))
    try:
        unpacked = unpack(BytesIO(package), beside)
        target.parent.parent.mkdir(parents=True, exist_ok=True)
        target.parent.mkdir(exist_ok=True)
        os.replace(unpacked.source.root, target)
    except OSError:
        if not target.is_dir():  # else another request was quicker
            raise
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _unreadable(app_id: str, number: int, why: str) -> Problem:
    return Problem(
        app=app_id,
        stage="load",
        file="",
        line=None,
        message=f"the package of version {number} cannot be read: {why}",
        remedy="Run `python -m app fsck`, and upload the package again.",
    )


def build_name(versions: Mapping[str, str]) -> str:
    """Return a name for what compiles: the same for the same versions of the libraries given."""
    text = json.dumps(dict(sorted(versions.items())))
    return hashlib.sha256(text.encode()).hexdigest()[:32]
