"""Installed apps for the node: records from the database, files from the code store."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from types import MappingProxyType
from typing import cast

import structlog

from app.cell.compiling.bundle import Bundle, bundle_key
from app.cell.loading.loader import bundle_of
from app.cell.loading.version import LoadedVersion, Version
from app.core import apps
from app.core.apps import App, Contents, Serving
from app.core.code_store import Damaged
from app.core.context import Core
from app.core.disk import full_disk_reported
from app.core.limits import MIB
from app.kernel.errors import CoreError
from app.node.releases.access import Access, Preview
from app.node.releases.provider import Offer
from app.packages.unpack import unpack
from app.source.app_source import AppSource, read_source
from app.source.metadata import AppMetadata, Kind
from app.source.problems import AppError, NotNow, Problem

log = structlog.get_logger("graft.platform")


class InstalledStore:
    """A `Provider`: numbered versions that never change, from the core's records.

    Args:
        core: database and code store.
        folder: where packages are unpacked; it may be emptied while no server runs.
        build: names what compiles here; bundles of other builds are not used.
    """

    for_developers = False

    def __init__(self, core: Core, folder: Path, build: str) -> None:
        self._core = core
        self._folder = folder
        self._build = build
        # app id -> where its versions are, as last read with the app itself: none of it changes,
        # but for bundles that are added.
        self._known: dict[str, Mapping[int, Contents]] = {}
        self._unpacking: dict[str, asyncio.Lock] = {}

    async def all(self) -> Sequence[Offer]:
        """See `Provider.all`."""
        found = await apps.serving(self._core, self._build)
        self._known = {one.app.id: one.contents for one in found}
        return [_offer(one) for one in found]

    async def one(self, app_id: str) -> Offer | None:
        """See `Provider.one`."""
        found = await apps.serving(self._core, self._build, app_id)
        if not found:
            self._known.pop(app_id, None)
            return None
        self._known[app_id] = found[0].contents
        return _offer(found[0])

    async def folder(self, app_id: str, number: int, *, anew: bool = False) -> Path:
        """See `Provider.folder`: unpacked once, or `anew`."""
        try:
            contents = await self._contents(app_id, number)
            target = unpacked_folder(self._folder, contents.package, app_id)
            async with self._unpacking.setdefault(contents.package, asyncio.Lock()):
                # Only now: whoever was quicker is done, and nobody reads what is just replaced.
                if anew or not target.is_dir():
                    package = await self._core.code.get(contents.package)
                    await asyncio.to_thread(_unpack_to, package, target)
        except Damaged as error:
            raise AppError((_unreadable(app_id, number, str(error)),)) from error
        except CoreError as error:
            raise NotNow((_unreadable(app_id, number, str(error)),)) from error
        return target

    async def files(self, app_id: str, number: int) -> AppSource:
        """See `Provider.files`: exactly those that were uploaded."""
        for anew in (False, True):
            folder = await self.folder(app_id, number, anew=anew)
            source = await asyncio.to_thread(read_source, folder)
            known = self._known.get(app_id, {}).get(number)
            if known is None or source.digest == known.source:
                return source
            log.warning("unpacked files are not those of the package", app=app_id, number=number)
        raise AppError((_damaged(app_id, number),))

    async def bundle(self, app_id: str, number: int, *, only_ready: bool = False) -> Bundle | None:
        """See `Provider.bundle`."""
        try:
            contents = await self._contents(app_id, number)
            if contents.bundle is None or (only_ready and not contents.ready):
                return None
            return Bundle.model_validate_json(await self._core.code.get(contents.bundle))
        except (CoreError, ValueError) as error:
            log.warning("bundle not used", app=app_id, number=number, why=str(error))
            return None

    async def loaded(self, version: Version, *, compiled: bool) -> None:
        """See `Provider.loaded`. Bundles are a cache, so that failing to write one is no error."""
        if isinstance(version, LoadedVersion) and compiled:
            await self._keep_bundle(version)

    async def failed(self, app_id: str, number: int, problems: Sequence[Problem]) -> None:
        """See `Provider.failed`."""
        try:
            details = [problem.as_dict() for problem in problems]
            await apps.record_failure(self._core, app_id, number, details)
        except CoreError as error:
            log.warning("failure not recorded", app=app_id, number=number, why=str(error))

    async def _keep_bundle(self, version: LoadedVersion) -> None:
        app_id, number = version.info.id, version.info.number
        bundle = bundle_of(version, bundle_key(version.source.digest, self._build))
        text = bundle.model_dump_json().encode()
        try:
            digest = await apps.add_bundle(self._core, app_id, number, self._build, text)
        except CoreError as error:
            log.warning("bundle not kept", app=app_id, number=number, why=str(error))
            return
        known = self._known.get(app_id, {})
        if number in known:
            self._known[app_id] = {**known, number: replace(known[number], bundle=digest)}

    async def _contents(self, app_id: str, number: int) -> Contents:
        """Return where a version is.

        Raises:
            CoreError: there is no such version, or it cannot be read now.
        """
        known = self._known.get(app_id, {}).get(number)
        if known is not None:
            return known
        return await apps.contents(self._core, self._build, app_id, number)


def unpacked_folder(root: Path, package: str, app_id: str) -> Path:
    """Return the folder below `root` for the files of a package, named by its digest."""
    return root / package / app_id


def _offer(found: Serving) -> Offer:
    app = found.app
    previews = (Preview(p.id, p.number, p.users, p.expires_at) for p in found.previews)
    return Offer(
        id=app.id,
        metadata=_metadata(app),
        current=app.current,
        access=Access(
            enabled=app.enabled,
            organisations=app.visible_to.organisations,
            previews=tuple(previews),
            granted=app.granted,
            folder_bytes=None if app.folder_mb is None else app.folder_mb * MIB,
        ),
        load_at_boot=app.load_at_boot,
        revision=app.revision,
        fell=found.fell,
    )


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
        origins=None,
        pages=None,
        literals=MappingProxyType({}),
        lines=MappingProxyType({}),
        methods=frozenset(),
        bases=(),
    )


def move_unpacked(source: Path, target: Path) -> None:
    """Put the files of a package where they are served from, to be read only; in one step, so that
    a folder is there whole or not at all. Both are on the same disk.
    """
    for folder, _, files in os.walk(source):
        for name in files:
            os.chmod(os.path.join(folder, name), 0o400)
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.replace(source, target)
    except OSError:
        if not target.is_dir():  # else another request was quicker
            raise


def _unpack_to(package: bytes, target: Path) -> None:
    """Unpack a package aside and move it into place; what is there goes."""
    workspace = target.parents[2] / "unpacking"
    with full_disk_reported("the disk is full, so it cannot be unpacked"):
        workspace.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(dir=workspace))
        try:
            unpacked = unpack(BytesIO(package), beside)
            if target.exists():
                os.replace(target, beside / "before")
            move_unpacked(unpacked.source.root, target)
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


def _damaged(app_id: str, number: int) -> Problem:
    return Problem(
        app=app_id,
        stage="load",
        file="",
        line=None,
        message=f"the stored files of version {number} are not those that were uploaded",
        remedy="Run `python -m app fsck`, and upload the package again.",
    )


def build_name(versions: Mapping[str, str]) -> str:
    """Return a name for what compiles: the same for the same versions of the libraries given."""
    text = json.dumps(dict(sorted(versions.items())))
    return hashlib.sha256(text.encode()).hexdigest()[:32]
