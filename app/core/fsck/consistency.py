"""Checking and repairing rows of installed apps that crashes cannot leave, but hands can.

Databases are restored from backups, edited, and copied with foreign keys off.
"""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy
from sqlalchemy import ColumnElement, ForeignKeyConstraint, Table, and_, exists, func, not_
from sqlmodel import Session, col, select

from app.core.app_settings.tables import SettingRow, SettingsSchemaRow
from app.core.apps.changes.failures import fall_back
from app.core.apps.changes.transaction import Told, begin
from app.core.apps.model import State
from app.core.apps.tables import (
    AppOrganisationRow,
    AppRow,
    AppUserRow,
    BundleRow,
    GrantRow,
    ManifestRow,
    PreviewRow,
    StepRow,
    VersionRow,
)
from app.core.audit import Stamp
from app.core.fsck.report import Finding, Kind

# Each after those that its foreign keys name, so that one pass finds what removing uncovers.
_TABLES = (
    AppOrganisationRow,
    AppUserRow,
    GrantRow,
    StepRow,
    SettingRow,
    VersionRow,
    ManifestRow,
    SettingsSchemaRow,
    BundleRow,
    PreviewRow,
)


def dangling(session: Session, *, repair: bool) -> list[Finding]:
    """Return rows that refer to what is not there; removed, if `repair`."""
    found = []
    for model in _TABLES:
        table = sqlalchemy.inspect(model).local_table
        assert isinstance(table, Table)
        for key in table.foreign_key_constraints:
            alone = _without_parent(key)
            count = session.scalar(sqlalchemy.select(func.count()).select_from(table).where(alone))
            if not count:
                continue
            parent = key.referred_table.name
            message = f"{count} rows refer to rows of {parent} that are not there"
            found.append(
                Finding(Kind.DANGLING, table.name, message, "the rows are removed", repair)
            )
            if repair:
                session.execute(sqlalchemy.delete(table).where(alone))
    return found


def misnumbered(session: Session) -> list[Finding]:
    """Return apps whose versions are not numbered 1, 2, 3 … up to their newest."""
    query = (
        sqlalchemy.select(
            col(AppRow.id),
            col(AppRow.newest),
            func.count(col(VersionRow.number)),
            func.coalesce(func.max(col(VersionRow.number)), 0),
        )
        .outerjoin(VersionRow, col(VersionRow.app_id) == col(AppRow.id))
        .group_by(col(AppRow.id), col(AppRow.newest))
        .order_by(col(AppRow.id))
    )
    return [
        Finding(
            Kind.NUMBERS,
            app_id,
            f"has {count} versions, the last is {last}, and {newest} were uploaded",
            "restore the database from a backup",
        )
        for app_id, newest, count, last in session.execute(query)
        if not newest == count == last
    ]


def unusable(
    session: Session, stamp: Stamp, *, repair: bool
) -> tuple[list[Finding], tuple[Told, ...]]:
    """Return apps whose current version is not there or not ready, and what repairing changed."""
    found: list[Finding] = []
    changes: tuple[Told, ...] = ()
    for app_id, number in list(_unusable(session)):
        message = f"version {number} is served, but it is not there or cannot be activated"
        remedy = "the last good version before it takes its place"
        found.append(Finding(Kind.CURRENT_UNUSABLE, app_id, message, remedy, repair))
        if repair:
            row = begin(session, app_id, None, also_deleted=True)
            changes += fall_back(session, stamp, row).changes
    return found, changes


def _unusable(session: Session) -> Iterator[tuple[str, int]]:
    usable = exists().where(
        col(VersionRow.app_id) == col(AppRow.id),
        col(VersionRow.number) == col(AppRow.current),
        col(VersionRow.state) == State.READY.value,
    )
    query = select(AppRow.id, AppRow.current).where(col(AppRow.current).is_not(None), not_(usable))
    for app_id, number in session.exec(query.order_by(col(AppRow.id))):
        assert number is not None
        yield app_id, number


def _without_parent(key: ForeignKeyConstraint) -> ColumnElement[bool]:
    fits = and_(*(element.column == element.parent for element in key.elements))
    return ~exists(sqlalchemy.select(1).select_from(key.referred_table).where(fits)).correlate(
        key.table
    )
