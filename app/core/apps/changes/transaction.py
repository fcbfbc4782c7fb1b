"""How every change of an app is made: one transaction, history and audit in it, then the bus."""

from __future__ import annotations

import logging
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlmodel import Session, col, select

from app.core import audit
from app.core.apps import rows
from app.core.apps.errors import Changed, Deleted, NotReady, UrlTaken
from app.core.apps.model import TOPIC, Action, App, State, Step
from app.core.apps.tables import AppRow, ChangesRow, StepRow, VersionRow
from app.core.audit import Stamp
from app.core.context import Core
from app.kernel.actor import refuse_apps
from app.kernel.errors import Invalid
from app.kernel.grants import not_granted

T = TypeVar("T")
# A change as it is told: the app's id, the number of the change, what happened.
Told = tuple[str, int, Action]

MAX_NOTE = 500
_HELD = "app_changes"  # in a session's own notes: the row that it has locked

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Done(Generic[T]):
    """What a transaction returns, and the changes it made, to be told after its commit."""

    value: T
    changes: tuple[Told, ...] = ()


async def change(core: Core, what: str, work: Callable[[Session, Stamp], Done[T]]) -> T:
    """Run `work` in one transaction and tell the bus what it changed.

    `what` says in words what is refused to client apps. It goes on to its end even when the caller
    is cancelled; a bus that fails does not make it look undone.
    """
    refuse_apps(what)
    stamp = audit.stamp(core)

    async def write_and_tell() -> T:
        done = await core.database.write(lambda session: work(session, stamp))
        for app_id, number, action in done.changes:
            try:
                await core.bus.publish(
                    TOPIC, {"app": app_id, "change": number, "action": action.value}
                )
            except Exception:
                _log.exception("could not tell of a change of %s", app_id)
        return done.value

    return await core.finish(write_and_tell())


def lock(session: Session) -> ChangesRow:
    """Hold the counter of changes: from here on nobody else changes any app, on any database."""
    held: ChangesRow | None = session.info.get(_HELD)
    if held is None:
        held = session.info[_HELD] = session.get_one(ChangesRow, 1, with_for_update=True)
    return held


def begin(
    session: Session, app_id: str, base_revision: int | None, *, also_deleted: bool = False
) -> AppRow:
    """Return the app's row, to be changed, at the revision that the caller knows.

    Raises:
        NotFound: there is no such app.
        Changed: it is not at `base_revision` (None takes any).
        Deleted: it is deleted.
    """
    lock(session)
    row = rows.app_row(session, app_id)
    if base_revision is not None and base_revision != row.revision:
        raise Changed(rows.app_of(session, row), _since(session, app_id, base_revision))
    if row.deleted_at is not None and not also_deleted:
        raise Deleted(rows.app_of(session, row))
    return row


def complete(
    session: Session,
    stamp: Stamp,
    row: AppRow,
    action: Action,
    *,
    number: int | None = None,
    note: str = "",
    detail: Mapping[str, Any] | None = None,
) -> Done[App]:
    """Count a change of `row`, write its history and audit entry, and return the app."""
    counter = lock(session)
    counter.number += 1
    row.change = counter.number
    row.revision += 1
    session.add(
        StepRow(
            app_id=row.id,
            revision=row.revision,
            action=action.value,
            number=number,
            at=stamp.at,
            by=stamp.actor.id,
            by_name=stamp.actor.name,
            note=note,
        )
    )
    told = {"revision": row.revision, "number": number, "note": note, **(detail or {})}
    audit.append(session, stamp, f"app.{action.value}", row.id, told)
    session.flush()
    return Done(rows.app_of(session, row), ((row.id, row.change, action),))


def unchanged(session: Session, row: AppRow) -> Done[App]:
    """Return the app, to which nothing was to be done."""
    return Done(rows.app_of(session, row))


def activate(session: Session, row: AppRow, version: VersionRow) -> None:
    """Make `version` the current one; the app takes over its name, url and so on.

    Raises:
        NotReady: it failed, or asks for more than was granted.
        UrlTaken: another app has its url.
    """
    if version.state != State.READY:
        found = rows.version_of(version)
        raise NotReady(found, missing(session, row.id, found.capabilities))
    require_free(session, version.url, row.id)
    row.current = version.number
    show_as(row, version)


def show_as(row: AppRow, version: VersionRow) -> None:
    """Let the app take over what a version says about itself."""
    row.name, row.url, row.description = version.name, version.url, version.description
    row.icon, row.kind = version.icon, version.kind


def require_free(session: Session, url: str, app_id: str) -> None:
    """Return if no other app that is not deleted has the url.

    Raises:
        UrlTaken: one has.
    """
    query = select(AppRow.id).where(
        AppRow.url == url, AppRow.id != app_id, col(AppRow.deleted_at).is_(None)
    )
    owner = session.exec(query).first()
    if owner is not None:
        raise UrlTaken(url, owner)


def missing(session: Session, app_id: str, asked: tuple[str, ...]) -> tuple[str, ...]:
    """Return which of the capabilities asked for the app was not granted."""
    return tuple(not_granted(asked, rows.granted(session, app_id)))


def checked_note(note: str) -> str:
    """Return `note` without blanks around it; it may be empty.

    Raises:
        Invalid: it is too long, or has control characters.
    """
    stripped = " ".join(note.split())
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in stripped):
        raise Invalid("the note has control characters in it")
    if len(stripped) > MAX_NOTE:
        raise Invalid(f"the note has {len(stripped)} characters, at most {MAX_NOTE} are allowed")
    return stripped


def _since(session: Session, app_id: str, base_revision: int) -> tuple[Step, ...]:
    query = select(StepRow).where(StepRow.app_id == app_id, StepRow.revision > base_revision)
    return tuple(rows.step_of(row) for row in session.exec(query.order_by(col(StepRow.revision))))
