"""What a server clears up by itself: at its start, and then every hour.

Each job is small and leaves the event loop and the database to others in between, so that people
notice nothing. All may run on several nodes at once: what one removes, another does not find.
Contents that no version names are left to `fsck`, which looks at all of them.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import structlog

from app.core import accounts, app_settings, apps, audit, files
from app.core.context import Core
from app.core.limits import MIB, Retention
from app.kernel.errors import CoreError
from app.kernel.tasks import repeatedly
from app.server.upkeep.clock_check import FILE, ClockCheck

log = structlog.get_logger("graft.housekeeping")

EVERY_SECONDS = 3600.0
LEFT_BEHIND = timedelta(hours=24)
"""What an upload left in its folder for so long is nobody's any more: its server was killed."""
HALF_WRITTEN = timedelta(hours=1)


@dataclass(frozen=True)
class Job:
    """Something to clear up.

    Attributes:
        name: what it does, for the log.
        run: does it; returns of how many things.
    """

    name: str
    run: Callable[[], Awaitable[int]]


def jobs(
    core: Core, data: Path, retention: Retention, is_steady: Callable[[], bool] | None = None
) -> tuple[Job, ...]:
    """Return all there is to do on a data folder.

    Args:
        core: where everything is.
        data: the data folder.
        retention: how long what is kept.
        is_steady: whether the clock can be believed, see `ClockCheck`, which is the default. If
            not, nothing is removed that may be missed when the clock is right again. Blocking.
    """
    is_steady = is_steady or ClockCheck(data / FILE, core.clock).look

    def when_steady(name: str, run: Callable[[], Awaitable[int]]) -> Job:
        async def run_or_wait() -> int:
            return await run() if steady else 0

        return Job(name, run_or_wait)

    steady = False

    async def look_at_clock() -> int:
        nonlocal steady
        steady = False  # also if it cannot be told
        steady = await asyncio.to_thread(is_steady)
        await accounts.bring_back(core)
        await apps.bring_back_previews(core)
        return 0

    async def purge() -> int:
        return len(await apps.purge_deleted(core))

    async def left_folders() -> int:
        return len(await apps.remove_folders_left(core))

    async def measure() -> int:
        own = {app.id: app.folder_mb for app in await apps.all_apps(core)}
        return await asyncio.to_thread(_full_folders, core, own)

    async def half_written() -> int:
        before = core.clock() - HALF_WRITTEN
        return len(await core.code.leftovers(before, remove=True))

    async def expire() -> int:
        return 0 if retention.audit is None else await audit.expire(core, retention.audit)

    async def look() -> int:
        await apps.require_store(core)
        return 0

    return (
        Job("installed apps looked for in the code store", look),
        Job("clock looked at", look_at_clock),
        when_steady("deleted apps purged", purge),
        Job("folders of removed apps removed", left_folders),
        Job("full folders of apps told of", measure),
        when_steady("previews forgotten", lambda: apps.forget_previews(core)),
        when_steady("logins, links and tokens forgotten", lambda: accounts.clean(core)),
        when_steady("audit entries expired", expire),
        Job("secrets encrypted again", lambda: app_settings.encrypt_again(core)),
        Job("unused files removed", lambda: files.clean(core)),
        Job("half-written contents removed", half_written),
        Job("folders of uploads removed", lambda: _clear_workspaces(core, data)),
        Job("unpacked packages removed", lambda: _clear_unpacked(core, data)),
    )


async def clean_up(jobs: Sequence[Job]) -> None:
    """Do all jobs once. One that fails is logged, and the others are done."""
    for job in jobs:
        try:
            count = await job.run()
        except CoreError as error:
            log.warning("housekeeping failed", job=job.name, why=str(error))
        except Exception:
            log.exception("housekeeping failed", job=job.name)
        else:
            if count:
                log.info("housekeeping", job=job.name, count=count)


@contextlib.asynccontextmanager
async def housekeeping(
    jobs: Sequence[Job], every: float = EVERY_SECONDS
) -> AsyncIterator[asyncio.Task[bool]]:
    """Clear up now and every so many seconds, beside what runs in the `async with` statement."""

    async def turn() -> None:
        await clean_up(jobs)
        await asyncio.sleep(every)

    async with repeatedly(turn, "housekeeping") as task:
        yield task


async def _clear_workspaces(core: Core, data: Path) -> int:
    """Remove what uploads, and packages on their way into the cache, left behind."""
    before = (core.clock() - LEFT_BEHIND).timestamp()
    found = [*_folders(data / "intake"), *_folders(data / "unpacking")]
    return await asyncio.to_thread(_remove_old, found, before, data / "unpacking")


async def _clear_unpacked(core: Core, data: Path) -> int:
    """Remove unpacked packages of versions that are gone."""
    before = (core.clock() - LEFT_BEHIND).timestamp()
    found = await asyncio.to_thread(_folders, data / "unpacked")
    named = await apps.packages(core) if found else frozenset()
    unnamed = [folder for folder in found if folder.name not in named]
    return await asyncio.to_thread(_remove_old, unnamed, before, data / "unpacking")


def _folders(root: Path) -> list[Path]:
    with contextlib.suppress(FileNotFoundError):
        return [Path(entry) for entry in os.scandir(root) if entry.is_dir(follow_symlinks=False)]
    return []


def _remove_old(folders: Sequence[Path], before: float, aside: Path) -> int:
    """Remove folders that did not change since a moment; return how many. Blocking."""
    return sum(_is_old(folder, before) and _remove(folder, aside) for folder in folders)


def _is_old(folder: Path, before: float) -> bool:
    try:
        return folder.stat().st_mtime <= before
    except FileNotFoundError:
        return False


def _remove(folder: Path, aside: Path) -> bool:
    """Move a folder aside, so that nobody finds half of it, and remove it there."""
    aside.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(dir=aside))
    try:
        os.replace(folder, beside / folder.name)
    except FileNotFoundError:
        return False  # another node was quicker
    finally:
        shutil.rmtree(beside)
    return True


def _full_folders(core: Core, own: Mapping[str, int | None]) -> int:
    """Count what is in the folders of apps; return how many are full. Blocking.

    Args:
        core: has them.
        own: megabytes that apps may keep, of those that have a quota of their own.
    """
    full = 0
    for kept in core.folders.all():
        megabytes = own.get(kept.app_id)
        quota = core.folders.quota if megabytes is None else megabytes * MIB
        use = core.folders.measure(kept)
        if use.size >= quota:
            full += 1
            log.warning(
                "folder is full",
                app=kept.app_id,
                organisation=kept.organisation or "shared",
                size=use.size,
                quota=quota,
            )
    return full
