"""Reading rows of installed apps as values: functions of a session, run in worker threads."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, select

from app.core.apps.model import EVERYBODY, Action, App, Preview, State, Step, Version, Visibility
from app.core.apps.tables import (
    AppOrganisationRow,
    AppRow,
    AppUserRow,
    ChangesRow,
    GrantRow,
    PreviewRow,
    StepRow,
    VersionRow,
)
from app.core.errors import NotFound


def find(session: Session, app_id: str) -> App:
    """Return the app, deleted or not.

    Raises:
        NotFound: there is none.
    """
    return app_of(session, app_row(session, app_id))


def app_row(session: Session, app_id: str) -> AppRow:
    """Return the app's row.

    Raises:
        NotFound: there is none.
    """
    row = session.get(AppRow, app_id)
    if row is None:
        raise NotFound(f"there is no app {app_id[:130]!r}")
    return row


def app_of(session: Session, row: AppRow) -> App:
    """Return the app of a row of this session."""
    (app,) = _apps(session, [row], col(AppRow.id) == row.id)
    return app


def apps(session: Session, *conditions: ColumnElement[bool]) -> tuple[App, ...]:
    """Return the apps that fit all conditions, by id; the same few queries however many."""
    rows = session.exec(select(AppRow).where(*conditions).order_by(col(AppRow.id)))
    return tuple(_apps(session, rows, *conditions))


def last_change(session: Session) -> int:
    """Return the number of the newest change."""
    return session.get_one(ChangesRow, 1).number


def version_row(session: Session, app_id: str, number: int) -> VersionRow:
    """Return the row of a version.

    Raises:
        NotFound: there is no such version.
    """
    row = session.get(VersionRow, (app_id, number))
    if row is None:
        raise NotFound(f"there is no version {number} of {app_id[:130]!r}")
    return row


def version_of(row: VersionRow) -> Version:
    """Return the version of a row."""
    return Version(
        app_id=row.app_id,
        number=row.number,
        version=row.version,
        name=row.name,
        url=row.url,
        description=row.description,
        icon=row.icon,
        kind=row.kind,
        capabilities=tuple(json.loads(row.capabilities)),
        package_digest=row.package_digest,
        identity=row.identity,
        source_digest=row.source_digest,
        module_digest=row.module_digest,
        signature=row.signature,
        signer=row.signer,
        uploaded_by=row.uploaded_by,
        uploaded_by_name=row.uploaded_by_name,
        uploaded_at=row.uploaded_at,
        note=row.note,
        state=State(row.state),
        problems=tuple(json.loads(row.problems)),
    )


def step_of(row: StepRow) -> Step:
    """Return the change that a row tells of."""
    return Step(
        app_id=row.app_id,
        revision=row.revision,
        action=Action(row.action),
        number=row.number,
        at=row.at,
        by=row.by,
        by_name=row.by_name,
        note=row.note,
    )


def preview_of(row: PreviewRow) -> Preview:
    """Return the preview of a row."""
    return Preview(
        id=row.id,
        app_id=row.app_id,
        number=row.number,
        users=frozenset(json.loads(row.users)),
        started_by=row.started_by,
        started_by_name=row.started_by_name,
        started_at=row.started_at,
        expires_at=row.expires_at,
    )


def live_previews(
    session: Session, now: datetime, *conditions: ColumnElement[bool]
) -> list[Preview]:
    """Return previews that are not over, of apps that are not deleted, the oldest first."""
    query = (
        select(PreviewRow)
        .join(AppRow, col(AppRow.id) == col(PreviewRow.app_id))
        .where(col(AppRow.deleted_at).is_(None), col(PreviewRow.expires_at) > now, *conditions)
        .order_by(col(PreviewRow.started_at), col(PreviewRow.id))
    )
    return [preview_of(row) for row in session.exec(query)]


def granted(session: Session, app_id: str) -> frozenset[str]:
    """Return the capabilities that an app was granted."""
    return frozenset(session.exec(select(GrantRow.capability).where(GrantRow.app_id == app_id)))


def _apps(session: Session, rows: Iterable[AppRow], *conditions: ColumnElement[bool]) -> list[App]:
    wanted = select(AppRow.id).where(*conditions)
    users: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for each in session.exec(select(AppUserRow).where(col(AppUserRow.app_id).in_(wanted))):
        users[each.app_id, each.organisation_id].add(each.user_id)
    seen: defaultdict[str, dict[str, frozenset[str] | None]] = defaultdict(dict)
    organisations = select(AppOrganisationRow).where(col(AppOrganisationRow.app_id).in_(wanted))
    for one in session.exec(organisations):
        named = frozenset(users[one.app_id, one.organisation_id])
        seen[one.app_id][one.organisation_id] = None if one.all_users else named
    grants: defaultdict[str, set[str]] = defaultdict(set)
    for grant in session.exec(select(GrantRow).where(col(GrantRow.app_id).in_(wanted))):
        grants[grant.app_id].add(grant.capability)
    return [_app(row, seen.get(row.id, {}), grants.get(row.id, ())) for row in rows]


def _app(
    row: AppRow, organisations: dict[str, frozenset[str] | None], grants: Iterable[str]
) -> App:
    fields: dict[str, Any] = {name: getattr(row, name) for name in _COPIED}
    visible = EVERYBODY if row.everybody else Visibility(MappingProxyType(organisations))
    return App(**fields, visible_to=visible, granted=frozenset(grants))


# Fields that an app has from its row as they are.
_COPIED = tuple(name for name in App.__dataclass_fields__ if name not in ("visible_to", "granted"))
