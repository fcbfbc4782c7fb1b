"""Deleting apps, bringing them back, and removing them for ever."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import anyio.to_thread
from sqlmodel import Session, col, delete, select

from app.core import audit
from app.core.apps.changes.orphans import remove_if_unused
from app.core.apps.changes.transaction import (
    Done,
    begin,
    change,
    checked_note,
    complete,
    lock,
    require_free,
    unchanged,
)
from app.core.apps.model import Action, App
from app.core.apps.tables import AppRow, BundleRow, VersionRow
from app.core.audit import Stamp
from app.core.context import Core
from app.kernel.actor import refuse_apps

# How long a deleted app can be brought back.
KEPT = timedelta(days=30)

_PURGED = f"app.{Action.PURGE.value}"


async def delete_app(core: Core, app_id: str, *, base_revision: int | None, note: str = "") -> App:
    """Delete an app: it is gone for everybody, its url is free, and it is kept for 30 days.

    Raises:
        NotFound, Changed, Deleted, Forbidden: as `activation.promote`.
    """
    reason = checked_note(note)

    def work(session: Session, stamp: Stamp) -> Done[App]:
        row = begin(session, app_id, base_revision)
        row.deleted_at = stamp.at
        return complete(session, stamp, row, Action.DELETE, note=reason)

    return await change(core, "delete apps", work)


async def undelete(core: Core, app_id: str, *, base_revision: int | None) -> App:
    """Bring a deleted app back as it was; one that is not deleted stays as it is.

    Raises:
        UrlTaken: another app has its url by now.
        NotFound, Changed, Forbidden: as `activation.promote`.
    """

    def work(session: Session, stamp: Stamp) -> Done[App]:
        row = begin(session, app_id, base_revision, also_deleted=True)
        if row.deleted_at is None:
            return unchanged(session, row)
        require_free(session, row.url, row.id)
        row.deleted_at = None
        return complete(session, stamp, row, Action.UNDELETE)

    return await change(core, "bring back apps", work)


async def purge_deleted(core: Core, now: datetime | None = None) -> tuple[str, ...]:
    """Remove for ever what was deleted 30 days before `now`; return the ids of the apps.

    Their packages are removed with them, unless another app has the same, and so is what they keep
    in folders on this node.

    Raises:
        Forbidden: a client app asks.
    """
    before = (now or core.clock()) - KEPT

    def work(session: Session, stamp: Stamp) -> Done[_Purged]:
        return _purge(session, stamp, before)

    purged = await change(core, "purge apps", work)
    # After the commit: a crash in between leaves contents that nobody names, not the reverse.
    for digest in sorted(purged.digests):
        await remove_if_unused(core, digest)
    await anyio.to_thread.run_sync(_remove_folders, core, purged.apps)
    return purged.apps


async def folders_left(core: Core) -> tuple[str, ...]:
    """Return the apps that were removed for ever and whose folders are still on this node: another
    node removed them, or one that crashed then.

    Raises:
        Forbidden: a client app asks.
    """
    refuse_apps("look into folders of apps")
    there = await anyio.to_thread.run_sync(core.folders.apps)
    return await core.database.read(lambda session: _purged(session, there))


async def remove_folders_left(core: Core) -> tuple[str, ...]:
    """Remove these folders; return the ids of the apps.

    Raises:
        Forbidden: a client app asks.
    """
    gone = await folders_left(core)
    await anyio.to_thread.run_sync(_remove_folders, core, gone)
    return gone


def _remove_folders(core: Core, app_ids: Iterable[str]) -> None:
    for app_id in app_ids:
        core.folders.remove(app_id)


def _purged(session: Session, app_ids: Iterable[str]) -> tuple[str, ...]:
    """Return which of some apps were removed for ever, and not installed again."""
    return tuple(
        app_id
        for app_id in app_ids
        if session.get(AppRow, app_id) is None and audit.was(session, _PURGED, app_id)
    )


@dataclass(frozen=True, slots=True)
class _Purged:
    """Ids of the apps that are gone, and what they had in the code store."""

    apps: tuple[str, ...]
    digests: frozenset[str]


def _purge(session: Session, stamp: Stamp, before: datetime) -> Done[_Purged]:
    counter = lock(session)
    gone = session.exec(
        select(AppRow.id).where(col(AppRow.deleted_at) <= before).order_by(col(AppRow.id))
    ).all()
    digests = set(
        session.exec(select(VersionRow.package_digest).where(col(VersionRow.app_id).in_(gone)))
    )
    digests.update(session.exec(select(BundleRow.digest).where(col(BundleRow.app_id).in_(gone))))
    changes = []
    for app_id in gone:
        counter.number += 1
        changes.append((app_id, counter.number, Action.PURGE))
        audit.append(session, stamp, _PURGED, app_id)
        # All that belongs to it goes with it, by the foreign keys.
        session.exec(delete(AppRow).where(col(AppRow.id) == app_id))
    return Done(_Purged(tuple(gone), frozenset(digests)), tuple(changes))
