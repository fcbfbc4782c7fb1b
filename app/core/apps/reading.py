"""Reading installed apps: what nodes need to start and to keep up, and what admins look at."""

from __future__ import annotations

import json
from collections.abc import Collection
from functools import partial
from typing import Any

from sqlalchemy import tuple_
from sqlmodel import Session, col, select

from app.core.apps import rows
from app.core.apps.model import App, Changes, Step, Version
from app.core.apps.tables import AppRow, ManifestRow, StepRow, VersionRow
from app.core.context import Core
from app.core.paging import checked_limit
from app.kernel.actor import refuse_apps
from app.kernel.errors import Unavailable

FEW = 5  # packages that are looked for: one of them may really be lost
AT_ONCE = 500  # keys of one query; databases take no more than some thousands


async def get(core: Core, app_id: str) -> App:
    """Return an app, deleted or not.

    Raises:
        NotFound: there is none.
        Forbidden: a client app asks.
    """
    refuse_apps("read installed apps")
    return await core.database.read(partial(rows.find, app_id=app_id))


async def all_apps(core: Core, *, deleted: bool = False) -> tuple[App, ...]:
    """Return all apps by id; with `deleted` also those that can still be brought back.

    A fixed number of queries, of metadata only.

    Raises:
        Forbidden: a client app asks.
    """
    refuse_apps("list installed apps")
    conditions = [] if deleted else [col(AppRow.deleted_at).is_(None)]
    return await core.database.read(lambda session: rows.apps(session, *conditions))


async def changed_since(core: Core, number: int) -> Changes:
    """Return the apps that changed after the change `number`; 0 returns all, deleted ones too.

    A node that remembers `Changes.number` and asks again misses nothing, whatever messages of the
    bus were lost. An app that was purged is not told: it was deleted 30 days before.

    Raises:
        Forbidden: a client app asks.
    """
    refuse_apps("list changes of apps")

    def work(session: Session) -> Changes:
        # The number first: what commits between the two queries is told twice, not never.
        newest = rows.last_change(session)
        if newest == number:
            return Changes(newest, ())
        return Changes(newest, rows.apps(session, col(AppRow.change) > number))

    return await core.database.read(work)


async def version(core: Core, app_id: str, number: int) -> Version:
    """Return a version.

    Raises:
        NotFound: there is no such app or version.
        Forbidden: a client app asks.
    """
    refuse_apps("read versions")
    return await core.database.read(
        lambda session: rows.version_of(rows.version_row(session, app_id, number))
    )


async def versions_at(
    core: Core, wanted: Collection[tuple[str, int]]
) -> dict[tuple[str, int], Version]:
    """Return versions of many apps by app and number, in one query; those that are not there are
    left out.

    Raises:
        Forbidden: a client app asks.
    """
    refuse_apps("list versions")
    keys = sorted(set(wanted))

    def work(session: Session) -> dict[tuple[str, int], Version]:
        found: dict[tuple[str, int], Version] = {}
        for start in range(0, len(keys), AT_ONCE):
            some = tuple_(col(VersionRow.app_id), col(VersionRow.number)).in_(
                keys[start : start + AT_ONCE]
            )
            for row in session.exec(select(VersionRow).where(some)):
                found[row.app_id, row.number] = rows.version_of(row)
        return found

    return await core.database.read(work)


async def versions(
    core: Core, app_id: str, *, limit: int = 100, before: int | None = None
) -> list[Version]:
    """Return up to `limit` versions (1 to 1000), the newest first, below the number `before`.

    Raises:
        NotFound: there is no such app.
        Invalid: `limit` is out of range.
        Forbidden: a client app asks.
    """
    refuse_apps("list versions")
    size = checked_limit(limit)

    def work(session: Session) -> list[Version]:
        rows.app_row(session, app_id)
        query = select(VersionRow).where(VersionRow.app_id == app_id)
        if before is not None:
            query = query.where(VersionRow.number < before)
        found = session.exec(query.order_by(col(VersionRow.number).desc()).limit(size))
        return [rows.version_of(row) for row in found]

    return await core.database.read(work)


async def packages(core: Core) -> frozenset[str]:
    """Return the digests of the packages of all versions, those of deleted apps among them.

    Raises:
        Forbidden: a client app asks.
    """
    refuse_apps("list packages")
    query = select(VersionRow.package_digest).distinct()
    return await core.database.read(lambda session: frozenset(session.exec(query)))


async def require_store(core: Core) -> None:
    """Make sure that the code store is the one that the installed apps are in, as far as a few of
    their packages tell: not an empty folder where a disk is not mounted, or another bucket.

    Raises:
        Unavailable: it is not, or cannot be reached.
        Forbidden: a client app asks.
    """
    refuse_apps("look into the code store")
    query = select(VersionRow.package_digest).distinct().order_by(VersionRow.package_digest)
    some = await core.database.read(lambda session: session.exec(query.limit(FEW)).all())
    if not some:
        return
    await core.code.check()
    for digest in some:
        if await core.code.has(digest):
            return
    raise Unavailable(
        f"{core.code!r} has no package of the installed apps; is it the right one, and is its disk"
        " mounted?"
    )


async def manifest(core: Core, app_id: str, number: int) -> dict[str, Any]:
    """Return the manifest of a version.

    Raises:
        NotFound: there is no such app or version.
        Forbidden: a client app asks.
    """
    refuse_apps("read manifests")

    def work(session: Session) -> str:
        rows.version_row(session, app_id, number)
        return session.get_one(ManifestRow, (app_id, number)).body

    found: dict[str, Any] = json.loads(await core.database.read(work))
    return found


async def history(
    core: Core,
    app_id: str,
    *,
    limit: int = 100,
    before: int | None = None,
) -> list[Step]:
    """Return up to `limit` changes of an app (1 to 1000), the newest first.

    Args:
        core: where the app is.
        app_id: the app.
        limit: at most so many.
        before: only changes below this revision, to get the next page.

    Raises:
        NotFound: there is no such app.
        Invalid: `limit` is out of range.
        Forbidden: a client app asks.
    """
    refuse_apps("read the history of apps")
    size = checked_limit(limit)

    def work(session: Session) -> list[Step]:
        rows.app_row(session, app_id)
        query = select(StepRow).where(StepRow.app_id == app_id)
        if before is not None:
            query = query.where(StepRow.revision < before)
        found = session.exec(query.order_by(col(StepRow.revision).desc()).limit(size))
        return [rows.step_of(row) for row in found]

    return await core.database.read(work)
