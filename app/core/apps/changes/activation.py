"""What people get: promote, roll back, switch off and on."""

from __future__ import annotations

from sqlmodel import Session

from app.core.apps import rows
from app.core.apps.changes.failures import clear, has_failed
from app.core.apps.changes.transaction import (
    Done,
    activate,
    begin,
    change,
    checked_note,
    complete,
    unchanged,
)
from app.core.apps.errors import NoEarlierVersion
from app.core.apps.model import Action, App, State
from app.core.apps.stack import earlier, end_previews
from app.core.apps.tables import AppRow
from app.core.audit import Stamp
from app.core.context import Core


async def promote(
    core: Core, app_id: str, number: int, *, base_revision: int | None, note: str = ""
) -> App:
    """Make a version the current one, for everybody; its previews end.

    One that failed is tried again: what it failed for may have been the server's.

    Args:
        core: where the app is.
        app_id: the app.
        number: which version.
        base_revision: the `App.revision` on which the caller decided; None takes any.
        note: why, for the history.

    Raises:
        NotFound: there is no such app or version.
        Changed: the app is at another revision by now.
        NotReady: the version waits for capabilities.
        UrlTaken: another app has the url of this version.
        Deleted: the app is deleted.
        Forbidden: a client app asks.
    """
    reason = checked_note(note)

    def work(session: Session, stamp: Stamp) -> Done[App]:
        row = begin(session, app_id, base_revision)
        return _go_to(session, stamp, row, number, Action.PROMOTE, reason)

    return await change(core, "promote versions", work)


async def rollback(
    core: Core, app_id: str, to: int | None = None, *, base_revision: int | None, note: str = ""
) -> App:
    """Make an earlier version the current one again: `to`, else the one before.

    "The one before" undoes: rolling back twice goes two versions back and never forward again to
    one that was rolled back. Versions that failed are passed over.

    Raises:
        NoEarlierVersion: there is none.
        As `promote`.
    """
    reason = checked_note(note)

    def work(session: Session, stamp: Stamp) -> Done[App]:
        row = begin(session, app_id, base_revision)
        number = to
        if number is None:
            before = next(earlier(session, row), None)
            if before is None:
                failed = next(earlier(session, row, State.FAILED), None)
                raise NoEarlierVersion(app_id, failed.number if failed else None)
            number = before.number
        return _go_to(session, stamp, row, number, Action.ROLLBACK, reason)

    return await change(core, "roll back versions", work)


async def enable(core: Core, app_id: str, *, base_revision: int | None, note: str = "") -> App:
    """Serve an app again that was disabled; one that is enabled stays as it is.

    Raises:
        NotFound, Changed, Deleted, Forbidden: as `promote`.
    """
    return await _switch(core, app_id, True, base_revision, checked_note(note))


async def disable(core: Core, app_id: str, *, base_revision: int | None, note: str = "") -> App:
    """Serve an app no longer, until it is enabled; its versions can be changed meanwhile.

    Raises:
        NotFound, Changed, Deleted, Forbidden: as `promote`.
    """
    return await _switch(core, app_id, False, base_revision, checked_note(note))


def _go_to(
    session: Session, stamp: Stamp, row: AppRow, number: int, action: Action, note: str
) -> Done[App]:
    version = rows.version_row(session, row.id, number)
    if row.current == number:
        return unchanged(session, row)
    before = row.current
    end_previews(session, row.id, number)
    cleared = clear(session, stamp, row, version).changes if has_failed(version) else ()
    activate(session, row, version)
    done = complete(
        session, stamp, row, action, number=number, note=note, detail={"before": before}
    )
    return Done(done.value, cleared + done.changes)


async def _switch(
    core: Core, app_id: str, enabled: bool, base_revision: int | None, note: str
) -> App:
    def work(session: Session, stamp: Stamp) -> Done[App]:
        row = begin(session, app_id, base_revision)
        if row.enabled == enabled:
            return unchanged(session, row)
        row.enabled = enabled
        action = Action.ENABLE if enabled else Action.DISABLE
        return complete(session, stamp, row, action, note=note)

    return await change(core, "switch apps on and off", work)
