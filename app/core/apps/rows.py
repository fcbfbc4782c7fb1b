"""Reading rows of installed apps as values: functions of a session, run in worker threads."""

from __future__ import annotations

import dataclasses
import json
from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy
from sqlalchemy import ColumnElement, Select
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
from app.kernel.errors import NotFound


def find(session: Session, app_id: str) -> App:
    """Return the app, deleted or not.

    Raises:
        NotFound: there is none.
    """
    found = _apps(session, _BY_ID, {"app_id": app_id})
    if not found:
        raise _unknown(app_id)
    return found[0]


def app_row(session: Session, app_id: str) -> AppRow:
    """Return the app's row.

    Raises:
        NotFound: there is none.
    """
    row = session.get(AppRow, app_id)
    if row is None:
        raise _unknown(app_id)
    return row


def app_of(session: Session, row: AppRow) -> App:
    """Return the app of a row of this session, with what was changed in it."""
    return find(session, row.id)


def apps(session: Session, *conditions: ColumnElement[bool]) -> tuple[App, ...]:
    """Return the apps that fit all conditions, by id; the same few queries however many."""
    return _apps(session, _Queries(*conditions), {})


def alive(session: Session, app_id: str | None = None) -> tuple[App, ...]:
    """Return all apps that are not deleted, or the one with this id, by id."""
    return _apps(session, *(_ALIVE, {}) if app_id is None else (_ALIVE_BY_ID, {"app_id": app_id}))


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


def _unknown(app_id: str) -> NotFound:
    return NotFound(f"there is no app {app_id[:130]!r}")


# What an app has from its row as it is.
_FIELDS = tuple(
    field.name for field in dataclasses.fields(App) if field.name not in ("visible_to", "granted")
)


class _Queries:
    """The queries for apps that fit some conditions. Making them takes longer than running them."""

    def __init__(self, *conditions: ColumnElement[bool]) -> None:
        wanted = sqlalchemy.select(col(AppRow.id)).where(*conditions)
        self.users = sqlalchemy.select(
            col(AppUserRow.app_id), col(AppUserRow.organisation_id), col(AppUserRow.user_id)
        ).where(col(AppUserRow.app_id).in_(wanted))
        self.organisations = sqlalchemy.select(
            col(AppOrganisationRow.app_id),
            col(AppOrganisationRow.organisation_id),
            col(AppOrganisationRow.all_users),
        ).where(col(AppOrganisationRow.app_id).in_(wanted))
        self.grants = sqlalchemy.select(col(GrantRow.app_id), col(GrantRow.capability)).where(
            col(GrantRow.app_id).in_(wanted)
        )
        # Columns and not objects: a thousand objects take five times as long to make.
        columns = [getattr(AppRow, name) for name in ("everybody", *_FIELDS)]
        self.apps: Select[Any] = (
            sqlalchemy.select(*columns).where(*conditions).order_by(col(AppRow.id))
        )


_HAS_ID = col(AppRow.id) == sqlalchemy.bindparam("app_id")
_BY_ID = _Queries(_HAS_ID)
_ALIVE = _Queries(col(AppRow.deleted_at).is_(None))
_ALIVE_BY_ID = _Queries(_HAS_ID, col(AppRow.deleted_at).is_(None))


def _apps(session: Session, queries: _Queries, values: Mapping[str, Any]) -> tuple[App, ...]:
    seen = _organisations(session, queries, values)
    grants: defaultdict[str, set[str]] = defaultdict(set)
    for app_id, capability in session.execute(queries.grants, values):
        grants[app_id].add(capability)
    found = []
    for everybody, *row in session.execute(queries.apps, values):
        fields: dict[str, Any] = dict(zip(_FIELDS, row, strict=True))
        visible = EVERYBODY if everybody else Visibility(seen.get(fields["id"], {}))
        held = frozenset(grants.get(fields["id"], ()))
        found.append(App(**fields, visible_to=visible, granted=held))
    return tuple(found)


def _organisations(
    session: Session, queries: _Queries, values: Mapping[str, Any]
) -> Mapping[str, Mapping[str, frozenset[str] | None]]:
    """Who may see which app: by app, by organisation, its users or None for all of them."""
    users: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for app_id, organisation_id, user_id in session.execute(queries.users, values):
        users[app_id, organisation_id].add(user_id)
    seen: defaultdict[str, dict[str, frozenset[str] | None]] = defaultdict(dict)
    for app_id, organisation_id, all_users in session.execute(queries.organisations, values):
        some = None if all_users else frozenset(users[app_id, organisation_id])
        seen[app_id][organisation_id] = some
    return seen
