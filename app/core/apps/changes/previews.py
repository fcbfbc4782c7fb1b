"""Showing a version to some before everybody gets it."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterable
from datetime import timedelta
from uuid import uuid4

from sqlmodel import Session, col, select

from app.core.accounts.tables import UserRow
from app.core.apps import rows
from app.core.apps.changes.transaction import Done, begin, change, complete, lock
from app.core.apps.errors import NotReady
from app.core.apps.model import Action, App, Preview, StartedPreview, State
from app.core.apps.tables import PreviewRow
from app.core.audit import Stamp
from app.core.context import Core
from app.core.pruning import prune
from app.kernel.actor import refuse_apps
from app.kernel.errors import Invalid, NotFound

LIFETIME = timedelta(days=7)
MAX_LIFETIME = timedelta(days=90)
MAX_USERS = 1_000


async def start_preview(
    core: Core,
    app_id: str,
    number: int,
    users: Iterable[str] = (),
    *,
    base_revision: int | None,
    lifetime: timedelta = LIFETIME,
) -> StartedPreview:
    """Show a version to the users named and to anybody with the link's token.

    A version that waits may be previewed: it runs with what was granted. The token is in what is
    returned and nowhere else. The preview ends after `lifetime` (at most 90 days), or when the
    version is promoted or fails.

    Raises:
        NotFound: there is no such app, version or user.
        NotReady: the version failed.
        Invalid: `lifetime` is out of range, or there are more than 1,000 users.
        Changed: the app is at another revision than `base_revision` (None takes any).
        Deleted: the app is deleted.
        Forbidden: a client app asks.
    """
    named = frozenset(users)
    if not timedelta() < lifetime <= MAX_LIFETIME:
        raise Invalid(f"a preview may last up to {MAX_LIFETIME.days} days")
    if len(named) > MAX_USERS:
        raise Invalid(f"a preview may name up to {MAX_USERS} users")
    token = secrets.token_urlsafe(32)

    def work(session: Session, stamp: Stamp) -> Done[Preview]:
        row = begin(session, app_id, base_revision)
        version = rows.version_row(session, app_id, number)
        if version.state == State.FAILED:
            raise NotReady(rows.version_of(version), ())
        _require_users(session, named)
        preview = PreviewRow(
            id=uuid4().hex,
            app_id=app_id,
            number=number,
            users=json.dumps(sorted(named)),
            token_digest=_digest(token),
            started_by=stamp.actor.id,
            started_by_name=stamp.actor.name,
            started_at=stamp.at,
            expires_at=stamp.at + lifetime,
        )
        session.add(preview)
        detail = {"preview": preview.id, "users": sorted(named)}
        done = complete(session, stamp, row, Action.PREVIEW, number=number, detail=detail)
        return Done(rows.preview_of(preview), done.changes)

    return StartedPreview(await change(core, "start previews", work), token)


async def end_preview(core: Core, preview_id: str) -> App:
    """End a preview: who had it gets the current version.

    Raises:
        NotFound: there is no such preview; it may have ended by itself.
        Forbidden: a client app asks.
    """

    def work(session: Session, stamp: Stamp) -> Done[App]:
        preview = session.get(PreviewRow, preview_id)
        if preview is None:
            raise NotFound("there is no such preview; it may have ended")
        row = begin(session, preview.app_id, None, also_deleted=True)
        session.delete(preview)
        detail = {"preview": preview_id}
        return complete(
            session, stamp, row, Action.END_PREVIEW, number=preview.number, detail=detail
        )

    return await change(core, "end previews", work)


async def previews(core: Core, app_id: str | None = None) -> list[Preview]:
    """Return the previews of an app, by default of all apps, the oldest first.

    Those that are over are left out, and those of deleted apps.

    Raises:
        Forbidden: a client app asks.
    """
    refuse_apps("list previews")
    now = core.clock()
    conditions = [] if app_id is None else [col(PreviewRow.app_id) == app_id]
    return await core.database.read(lambda session: rows.live_previews(session, now, *conditions))


async def preview_by_token(core: Core, token: str) -> Preview:
    """Return the preview whose link has `token`.

    Raises:
        NotFound: there is none, or it is over, or its app is deleted.
        Forbidden: a client app asks.
    """
    refuse_apps("open previews")
    now = core.clock()
    fits = col(PreviewRow.token_digest) == _digest(token)
    found = await core.database.read(lambda session: rows.live_previews(session, now, fits))
    if not found:
        raise NotFound("this preview link is not valid; it may have ended")
    return found[0]


async def bring_back_previews(core: Core) -> None:
    """Let previews that were started before the clock was set back count as started now: they would
    last for longer than any may. Whoever serves them is told.

    Raises:
        Unavailable: the database is locked or cannot be reached.
        Forbidden: a client app asks.
    """
    refuse_apps("clean up previews")
    now = core.clock()
    early = select(PreviewRow.id).where(col(PreviewRow.started_at) > now).limit(1)
    if await core.database.read(lambda session: session.exec(early).first()) is not None:
        await change(core, "clean up previews", _bring_back)


async def forget_previews(core: Core) -> int:
    """Remove what is left of previews that are over; return how many. Nobody can open them.

    Raises:
        Unavailable: the database is locked or cannot be reached.
        Forbidden: a client app asks.
    """
    refuse_apps("clean up previews")
    return await prune(core, PreviewRow.id, col(PreviewRow.expires_at) <= core.clock())


def _bring_back(session: Session, stamp: Stamp) -> Done[None]:
    counter = lock(session)
    told = []
    for row in session.exec(select(PreviewRow).where(col(PreviewRow.started_at) > stamp.at)):
        row.expires_at -= row.started_at - stamp.at
        row.started_at = stamp.at
        counter.number += 1
        app = rows.app_row(session, row.app_id)
        app.change = counter.number
        session.add_all((row, app))
        told.append((app.id, app.change, Action.PREVIEW))
    return Done(None, tuple(told))


def _require_users(session: Session, named: frozenset[str]) -> None:
    query = select(UserRow.id).where(col(UserRow.id).in_(named))
    known = frozenset(session.exec(query))
    unknown = sorted(named - known)
    if unknown:
        raise NotFound(f"there is no user {unknown[0][:64]!r}")


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
