"""Versions that turned out not to load, and that may be tried again."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

from sqlmodel import Session

from app.core.apps import rows
from app.core.apps.changes.transaction import (
    MAX_NOTE,
    Done,
    activate,
    begin,
    change,
    complete,
    missing,
    unchanged,
)
from app.core.apps.errors import UrlTaken
from app.core.apps.model import Action, App, State
from app.core.apps.stack import earlier, end_previews, once_current
from app.core.apps.tables import AppRow, VersionRow
from app.core.audit import Stamp
from app.core.audit.model import shown
from app.core.context import Core
from app.kernel.errors import Invalid


async def record_failure(
    core: Core, app_id: str, number: int, problems: Sequence[Mapping[str, Any]]
) -> App:
    """Record that a version does not load; its previews end. For the node.

    If it is the current one, the last good version before it takes its place, else the last good
    one that it took the place of itself; if there is none, the app has no current version. Only
    for what is wrong with the version itself: that a store cannot be reached is no failure of the
    version. A failure that is known is not recorded again.

    Args:
        core: where the app is.
        app_id: the app.
        number: which version.
        problems: why, as JSON objects; at least one.

    Raises:
        NotFound: there is no such app or version.
        Invalid: there are no problems, or they are not JSON.
        Forbidden: a client app asks.
    """
    told = _json(problems)

    def work(session: Session, stamp: Stamp) -> Done[App]:
        row = begin(session, app_id, None, also_deleted=True)
        version = rows.version_row(session, app_id, number)
        if has_failed(version) and row.current != number:
            return unchanged(session, row)
        return fail(session, stamp, row, version, told)

    return await change(core, "record failures", work)


def has_failed(version: VersionRow) -> bool:
    """Tell whether a version is recorded as one that does not load."""
    return version.state == State.FAILED.value


def clear(session: Session, stamp: Stamp, row: AppRow, version: VersionRow) -> Done[App]:
    """Let a version that failed be tried again: it is ready, or waits, and is not activated."""
    waits = missing(session, row.id, tuple(json.loads(version.capabilities)))
    version.state = (State.WAITING if waits else State.READY).value
    version.problems = "[]"
    return complete(session, stamp, row, Action.CLEAR, number=version.number)


def fail(
    session: Session, stamp: Stamp, row: AppRow, version: VersionRow, problems: str
) -> Done[App]:
    """Mark a version as failed; if it is the current one, let an earlier one take its place."""
    version.state, version.problems = State.FAILED.value, problems
    end_previews(session, row.id, version.number)
    message = str(json.loads(problems)[0].get("message", ""))
    note = shown(message, MAX_NOTE)
    done = complete(session, stamp, row, Action.FAIL, number=version.number, note=note)
    if row.current != version.number:
        return done
    fallen = fall_back(session, stamp, row)
    return Done(fallen.value, done.changes + fallen.changes)


def fall_back(session: Session, stamp: Stamp, row: AppRow) -> Done[App]:
    """Go to the last good version before the current one, or else to the one that people had last:
    rolling back to what does not load must not leave them without any. To none, if there is none.
    """
    for good in chain(earlier(session, row), once_current(session, row)):
        try:
            activate(session, row, good)
        except UrlTaken:
            continue
        break
    else:
        row.current = None
    return complete(session, stamp, row, Action.FALLBACK, number=row.current)


def _json(problems: Sequence[Mapping[str, Any]]) -> str:
    if not problems:
        raise Invalid("a failure needs at least one problem that says why")
    try:
        return json.dumps([dict(problem) for problem in problems], allow_nan=False)
    except (TypeError, ValueError) as error:
        raise Invalid(f"problems are not JSON: {error}") from error
