"""Single values of settings in the database: as JSON text, encrypted when they are secret."""

from __future__ import annotations

import json

from sqlmodel import Session, col, delete, select

from app.core.app_settings.model import MAX_VALUE
from app.core.app_settings.tables import SettingRow
from app.core.audit import Stamp
from app.core.secret_box import SecretBox, Unreadable
from app.kernel.errors import Invalid


def setting_rows(session: Session, app_id: str) -> list[SettingRow]:
    """Return the rows of an app, by field."""
    query = select(SettingRow).where(SettingRow.app_id == app_id).order_by(col(SettingRow.field))
    return list(session.exec(query))


def write(
    session: Session,
    box: SecretBox,
    stamp: Stamp,
    app_id: str,
    field: str,
    text: str,
    secret: bool,
) -> bool:
    """Set one field; return whether that changed anything. A secret stays one."""
    row = session.get(SettingRow, (app_id, field))
    secret = secret or (row is not None and row.secret)
    if row is not None and row.secret == secret and _is(box, row, text):
        return False
    session.merge(
        SettingRow(
            app_id=app_id,
            field=field,
            value=box.seal(text, place(app_id, field)) if secret else text,
            secret=secret,
            set_at=stamp.at,
            set_by=stamp.actor.id,
            set_by_name=stamp.actor.name,
        )
    )
    session.flush()
    return True


def _is(box: SecretBox, row: SettingRow, text: str) -> bool:
    try:
        return clear_text(box, row) == text
    except Unreadable:
        return False


def forget(session: Session, app_id: str, fields: frozenset[str]) -> list[str]:
    """Remove fields; return those that were there."""
    known = [row.field for row in setting_rows(session, app_id) if row.field in fields]
    session.exec(
        delete(SettingRow).where(col(SettingRow.app_id) == app_id, col(SettingRow.field).in_(known))
    )
    return known


def clear_text(box: SecretBox, row: SettingRow) -> str:
    """Return a value as JSON text.

    Raises:
        Unreadable: it is a secret whose key is gone.
    """
    return box.open(row.value, place(row.app_id, row.field)) if row.secret else row.value


def place(app_id: str, field: str) -> str:
    """Return what a secret is bound to, so that it opens nowhere else."""
    return f"graft-setting-1\0{app_id}\0{field}"


def json_text(field: str, value: object) -> str:
    """Return the JSON text of a value.

    Raises:
        Invalid: it is not JSON, or too long; the value is not shown.
    """
    try:
        text = json.dumps(value, allow_nan=False)
    except (TypeError, ValueError):
        # Without the reason: it may quote the value, which may be a secret.
        raise Invalid(f"the value of {field} is not JSON") from None
    if len(text) > MAX_VALUE:
        raise Invalid(f"the value of {field} is above {MAX_VALUE:,} characters")
    return text
