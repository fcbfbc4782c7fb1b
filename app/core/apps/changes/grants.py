"""What an app may do: the capabilities that it was granted."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable

from sqlmodel import Session, col, delete, select

from app.core.apps import rows
from app.core.apps.changes.package_facts import checked_capability
from app.core.apps.changes.transaction import (
    Done,
    Told,
    begin,
    change,
    complete,
    missing,
    unchanged,
)
from app.core.apps.model import Action, App, State
from app.core.apps.tables import GrantRow, VersionRow
from app.core.audit import Stamp
from app.core.context import Core

Held = frozenset[str]


async def set_grants(
    core: Core, app_id: str, capabilities: Iterable[str], *, base_revision: int | None
) -> App:
    """Say which capabilities an app has: the others are taken away, all of it at once or nothing.

    Raises:
        Invalid, NotFound, Changed, Deleted, Forbidden: as `grant`.
    """
    wanted = _checked(capabilities)
    return await _change(core, app_id, lambda held: wanted, base_revision)


async def grant(
    core: Core, app_id: str, capabilities: Iterable[str], *, base_revision: int | None
) -> App:
    """Grant capabilities; versions that waited for nothing else are ready, none is activated.

    Raises:
        Invalid: one is not the name of a capability.
        NotFound, Changed, Deleted, Forbidden: as `set_visibility`.
    """
    more = _checked(capabilities)
    return await _change(core, app_id, lambda held: held | more, base_revision)


async def revoke(
    core: Core, app_id: str, capabilities: Iterable[str], *, base_revision: int | None
) -> App:
    """Take capabilities away, also from the version that runs: its calls are refused from now on.

    Versions that were ready stay so: they were accepted, and rolling back must stay possible. The
    next upload that asks for them waits again.

    Raises:
        Invalid, NotFound, Changed, Deleted, Forbidden: as `grant`.
    """
    less = _checked(capabilities)
    return await _change(core, app_id, lambda held: held - less, base_revision)


async def _change(
    core: Core, app_id: str, choose: Callable[[Held], Held], base_revision: int | None
) -> App:
    """Let an app have what `choose` makes of the capabilities that it has."""

    def work(session: Session, stamp: Stamp) -> Done[App]:
        row = begin(session, app_id, base_revision)
        held = rows.granted(session, app_id)
        wanted = choose(held)
        new, gone = sorted(wanted - held), sorted(held - wanted)
        fits = (col(GrantRow.app_id) == app_id, col(GrantRow.capability).in_(gone))
        session.exec(delete(GrantRow).where(*fits))
        session.add_all(_grant(app_id, capability, stamp) for capability in new)
        session.flush()
        if new:
            _wake(session, app_id)
        done, told = unchanged(session, row), list[Told]()
        for action, some in ((Action.GRANT, new), (Action.REVOKE, gone)):
            if some:
                detail = {"capabilities": some}
                done = complete(session, stamp, row, action, note=_note(some), detail=detail)
                told += done.changes
        return Done(done.value, tuple(told))

    return await change(core, "change capabilities", work)


def _checked(capabilities: Iterable[str]) -> Held:
    return frozenset(checked_capability(each) for each in capabilities)


def _grant(app_id: str, capability: str, stamp: Stamp) -> GrantRow:
    return GrantRow(
        app_id=app_id,
        capability=capability,
        granted_at=stamp.at,
        granted_by=stamp.actor.id,
        granted_by_name=stamp.actor.name,
    )


def _wake(session: Session, app_id: str) -> None:
    """Make ready the versions that wait for nothing any more."""
    waiting = select(VersionRow).where(
        VersionRow.app_id == app_id, VersionRow.state == State.WAITING.value
    )
    for version in session.exec(waiting).all():
        if not missing(session, app_id, tuple(json.loads(version.capabilities))):
            version.state = State.READY.value


def _note(capabilities: list[str]) -> str:
    text = ", ".join(capabilities)
    return text if len(text) <= 500 else f"{len(capabilities)} capabilities"
