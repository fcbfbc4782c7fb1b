"""Precheck: find what is wrong with apps on disk before somebody opens them.

A server starts without loading an app. Afterwards, in the background, the apps that were changed
last are loaded: those are what a developer works on, and they open at once then. Of the others only
the text is looked at, because every loaded app takes memory.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from pathlib import Path

import anyio.to_thread
import structlog

from app.node.releases.catalog import AppRecord
from app.node.releases.releases import Releases
from app.rules.entry.validate import validate_entry, validate_imports
from app.source.app_source import read_source
from app.source.metadata import read_metadata
from app.source.problems import AppError, Problem, errors_in

log = structlog.get_logger("graft")

LOADED = 50
_PAUSE = 2.0  # times as long as the check before it took: people at work come first


async def precheck(
    releases: Releases, load: Callable[[str], Awaitable[object]], most: int = LOADED
) -> None:
    """Check all apps that nobody opened yet, one after the other; failures are in the catalog.

    Args:
        releases: has read what is on disk.
        load: loads an app as its first opening does.
        most: how many of them may be loaded.
    """
    newest_first = await anyio.to_thread.run_sync(_by_change, tuple(releases.catalog))
    for place, app_id in enumerate(newest_first):
        began = time.monotonic()
        try:
            await (load(app_id) if place < most else _check_text(releases, app_id))
        except AppError:
            pass  # recorded
        except Exception:
            log.exception("app not checked", app=app_id)
        await asyncio.sleep((time.monotonic() - began) * _PAUSE)


async def _check_text(releases: Releases, app_id: str) -> None:
    """Record what the text of an app says is wrong with it."""
    record = releases.catalog.get(app_id)
    if record is None or record.version is not None or record.failure is not None:
        return
    taken = releases.catalog.taken_urls(app_id)
    problems = await anyio.to_thread.run_sync(_problems_of_text, record.root, taken)
    if problems:
        await releases.found(app_id, problems)


def _problems_of_text(folder: Path, taken_urls: Mapping[str, str]) -> tuple[Problem, ...]:
    try:
        source = read_source(folder)
    except AppError as error:
        return error.problems
    entry = validate_entry(source, read_metadata(source), None, taken_urls=taken_urls)
    problems = (*validate_imports(source), *entry)
    return problems if errors_in(problems) else ()


def _by_change(records: Iterable[AppRecord]) -> list[str]:
    """Return the ids of apps that are not known to be broken, those changed last first."""
    unknown = [record for record in records if record.failure is None]
    return [r.id for r in sorted(unknown, key=lambda r: _changed_at(r.root), reverse=True)]


def _changed_at(folder: Path) -> float:
    """Return when the modules in an app's folder were last saved, those below it left out."""
    times = [0.0]
    for path in (folder, *folder.glob("*.py")):
        try:
            times.append(path.stat().st_mtime)
        except OSError:
            continue
    return max(times)
