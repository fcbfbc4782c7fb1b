"""The SQL of the audit log: functions of a session, run in worker threads.

There is no function that changes an entry. What is too old is removed, see `service.expire`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, func, select

from app.core.audit.model import MAX_TARGET, Entry, Filter, Outcome, Stamp, checked_action, shown
from app.core.audit.tables import EntryRow


def append(
    session: Session,
    stamp: Stamp,
    action: str,
    target: str,
    detail: Mapping[str, Any] | None = None,
    outcome: Outcome = Outcome.DONE,
) -> None:
    """Write an entry in the transaction of `session`, which is that of the change it tells of.

    `detail` is any JSON object; it must hold no secret.

    Raises:
        Invalid: `action` is not the name of an action.
        TypeError, ValueError: `detail` is not JSON.
    """
    session.add(
        EntryRow(
            at=stamp.at,
            actor_id=stamp.actor.id,
            actor_name=stamp.actor.name,
            organisation_id=stamp.organisation_id,
            action=checked_action(action),
            target=shown(target, MAX_TARGET),
            outcome=outcome.value,
            detail=_json(detail or {}),
            node=shown(stamp.node, 100),
            ip=shown(stamp.ip, 60),
        )
    )


def was(session: Session, action: str, target: str) -> bool:
    """Tell whether something was done to a target, as far as the log goes back."""
    done = select(EntryRow.sequence).where(
        EntryRow.action == action,
        EntryRow.target == shown(target, MAX_TARGET),
        EntryRow.outcome == Outcome.DONE.value,
    )
    return session.exec(done.limit(1)).first() is not None


def newest_first(session: Session, wanted: Filter, limit: int, before: int | None) -> list[Entry]:
    """Return up to `limit` entries below the sequence number `before`."""
    query = select(EntryRow).where(*_conditions(wanted))
    if before is not None:
        query = query.where(col(EntryRow.sequence) < before)
    rows = session.exec(query.order_by(col(EntryRow.sequence).desc()).limit(limit))
    return [_entry(row) for row in rows]


def oldest_first(
    session: Session, wanted: Filter, limit: int, after: int, until: int
) -> list[Entry]:
    """Return up to `limit` entries above the sequence number `after`, up to `until`."""
    query = select(EntryRow).where(
        *_conditions(wanted), col(EntryRow.sequence) > after, col(EntryRow.sequence) <= until
    )
    rows = session.exec(query.order_by(col(EntryRow.sequence)).limit(limit))
    return [_entry(row) for row in rows]


def last(session: Session) -> int:
    """Return the sequence number of the newest entry, 0 if there is none."""
    return session.exec(select(func.max(EntryRow.sequence))).one() or 0


def _json(detail: Mapping[str, Any]) -> str:
    # An attacker may have written parts of it. Halves of surrogate pairs could never be sent.
    text = json.dumps(dict(detail), allow_nan=False, ensure_ascii=False)
    return text.encode("utf-8", "replace").decode()


def _conditions(wanted: Filter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.since is not None:
        found.append(col(EntryRow.at) >= wanted.since)
    if wanted.until is not None:
        found.append(col(EntryRow.at) < wanted.until)
    if wanted.actor_id is not None:
        found.append(col(EntryRow.actor_id) == wanted.actor_id)
    if wanted.organisation_id is not None:
        found.append(col(EntryRow.organisation_id) == wanted.organisation_id)
    if wanted.outcome is not None:
        found.append(col(EntryRow.outcome) == wanted.outcome.value)
    for column, text in ((EntryRow.action, wanted.action), (EntryRow.target, wanted.target)):
        if text is not None and text.endswith("*"):
            found.append(col(column).startswith(text[:-1], autoescape=True))
        elif text is not None:
            found.append(col(column) == text)
    return found


def _entry(row: EntryRow) -> Entry:
    assert row.sequence is not None
    return Entry(
        sequence=row.sequence,
        at=row.at,
        actor_id=row.actor_id,
        actor_name=row.actor_name,
        organisation_id=row.organisation_id,
        action=row.action,
        target=row.target,
        outcome=Outcome(row.outcome),
        detail=json.loads(row.detail),
        node=row.node,
        ip=row.ip,
    )
