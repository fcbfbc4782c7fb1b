"""Kills a process at each step of what changes an app, then looks at what is left with a new one.

Whatever the point, there is the old state or the new one; the same step can be done again; and
`fsck` finds nothing but harmless rests, which it removes.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.core import apps, audit
from app.core.apps import App
from app.core.context import Core
from app.core.fsck.check import fsck
from app.core.fsck.report import Kind
from app.core.opening import open_core
from tests.unit.core.apps.dying import NEW, OLD, POINTS, run
from tests.unit.core.apps.packages import COUNTER, bundle_of, upload

# Each process is a fork of one that has imported all that they need, and in which nothing runs.
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["tests.unit.core.apps.dying"])
WITH_PUT = POINTS
WITHOUT_PUT = tuple(point for point in POINTS if not point.endswith("put"))
# From here on the change is made, whether or not anybody was told.
MADE = ("after commit", "told", "end")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder, beside which there is room."""
    return tmp_path / "data"


@asynccontextmanager
async def _opened(data: Path) -> AsyncIterator[Core]:
    core = open_core(data)
    try:
        yield core
    finally:
        await core.close()


async def _die(data: Path, step: str, point: str) -> None:
    errors = data.with_name("errors")
    process = PROCESSES.Process(target=run, args=(data, step, point, errors))
    process.start()
    await asyncio.to_thread(process.join)
    assert process.exitcode == -signal.SIGKILL, errors.read_text()


async def _sound_after_repair(core: Core) -> None:
    later = datetime.now(UTC) + timedelta(hours=2)
    report = await fsck(core, repair=True, now=later)
    assert report.is_sound
    assert {finding.kind for finding in report.findings} <= {Kind.ORPHAN, Kind.LEFTOVER}
    assert all(finding.repaired for finding in report.findings)
    assert (await fsck(core, now=later)).findings == ()
    contents = {content.digest async for content in core.code.all()}
    changes = await apps.changed_since(core, 0)
    entries = (await audit.query(core, audit.Filter(action="app.*"), limit=1_000)).entries
    assert len(entries) == changes.number
    for app in changes.apps:
        versions = await apps.versions(core, app.id)
        assert [version.number for version in versions] == list(range(app.newest, 0, -1))
        assert {version.package_digest for version in versions} <= contents


@pytest.mark.parametrize("point", WITH_PUT)
async def test_an_upload_that_is_killed_happened_or_did_not(data: Path, point: str) -> None:
    async with _opened(data) as core:
        await upload(core, OLD)
        before = await apps.promote(core, COUNTER, 1, base_revision=None)
    await _die(data, "upload", point)
    async with _opened(data) as core:
        app = await apps.get(core, COUNTER)
        assert app.newest == (2 if point in MADE else 1)
        assert app.current == 1
        assert point in MADE or app == before
        await _sound_after_repair(core)
        again = await upload(core, NEW, version="2.0.0")
        assert (again.version.number, again.new) == (2, point not in MADE)
        assert await core.code.get(again.version.package_digest) == NEW


@pytest.mark.parametrize("point", WITH_PUT)
async def test_an_app_is_installed_with_its_first_version_or_not_at_all(
    data: Path, point: str
) -> None:
    async with _opened(data) as core:
        await upload(core, OLD)
    await _die(data, "install", point)
    async with _opened(data) as core:
        found = [app.id for app in await apps.all_apps(core)]
        assert found == ([COUNTER, "acme/other"] if point in MADE else [COUNTER])
        await _sound_after_repair(core)


@pytest.mark.parametrize("step", ["promote", "rollback"])
@pytest.mark.parametrize("point", WITHOUT_PUT)
async def test_what_is_served_is_the_old_version_or_the_new_one(
    data: Path, step: str, point: str
) -> None:
    async with _opened(data) as core:
        await upload(core, OLD)
        await upload(core, NEW)
        await apps.promote(core, COUNTER, 1, base_revision=None)
        if step == "rollback":
            await apps.promote(core, COUNTER, 2, base_revision=None)
    await _die(data, step, point)
    old, new = (1, 2) if step == "promote" else (2, 1)
    async with _opened(data) as core:
        app: App = await apps.get(core, COUNTER)
        assert app.current == (new if point in MADE else old)
        served = await apps.version(core, COUNTER, app.current)
        assert await core.code.get(served.package_digest) == {1: OLD, 2: NEW}[app.current]
        await _sound_after_repair(core)


@pytest.mark.parametrize("point", ["before put", "half put", "after put", "before commit", "end"])
async def test_a_bundle_is_there_or_not(data: Path, point: str) -> None:
    async with _opened(data) as core:
        await upload(core, OLD)
    await _die(data, "bundle", point)
    async with _opened(data) as core:
        if point == "end":
            digest = await bundle_of(core, 1, "build")
            assert digest is not None
            assert await core.code.get(digest) == b"compiled"
        else:
            assert await bundle_of(core, 1, "build") is None
        await _sound_after_repair(core)


@pytest.mark.parametrize("step", ["delete", "purge"])
@pytest.mark.parametrize("point", WITHOUT_PUT)
async def test_an_app_is_removed_or_there(data: Path, step: str, point: str) -> None:
    async with _opened(data) as core:
        await upload(core, OLD)
        await upload(core, b"stays", "acme/other")
        if step == "purge":
            await apps.delete(core, COUNTER, base_revision=None)
    await _die(data, step, point)
    async with _opened(data) as core:
        everything = [app.id for app in await apps.all_apps(core, deleted=True)]
        kept = step == "delete" or point not in MADE
        assert everything == ([COUNTER, "acme/other"] if kept else ["acme/other"])
        if step == "delete":
            app = await apps.get(core, COUNTER)
            assert (app.deleted_at is not None) == (point in MADE)
        if kept:
            await _sound_after_repair(core)
            return
        # Nobody reads the audit log of an app that is gone by its changes: look at the rest only.
        report = await fsck(core, repair=True, now=datetime.now(UTC) + timedelta(hours=2))
        assert {finding.kind for finding in report.findings} <= {Kind.ORPHAN}
        assert [await core.code.get(each.digest) async for each in core.code.all()] == [b"stays"]
