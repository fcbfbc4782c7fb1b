"""Who may see an app, what it may do, and when it is loaded."""

from __future__ import annotations

import json
from collections.abc import Iterable

from sqlmodel import Session, col, delete, select

from app.core.accounts.tables import MembershipRow, OrganisationRow
from app.core.apps import rows
from app.core.apps.changing import Done, begin, change, complete, missing, unchanged
from app.core.apps.model import Action, App, State, Visibility
from app.core.apps.tables import (
    AppOrganisationRow,
    AppRow,
    AppUserRow,
    GrantRow,
    VersionRow,
)
from app.core.apps.upload import checked_capability
from app.core.audit import Stamp
from app.core.context import Core
from app.core.errors import NotFound


async def set_visibility(
    core: Core, app_id: str, visible_to: Visibility, *, base_revision: int | None
) -> App:
    """Say who may see an app; everybody may, until this was called.

    Raises:
        NotFound: there is no such app or organisation, or a user is not in the organisation.
        Changed: the app is at another revision than `base_revision` (None takes any).
        Deleted: the app is deleted.
        Forbidden: a client app asks.
    """

    def work(session: Session, stamp: Stamp) -> Done[App]:
        row = begin(session, app_id, base_revision)
        if rows.app_of(session, row).visible_to == visible_to:
            return unchanged(session, row)
        write_visibility(session, row, visible_to)
        return complete(
            session, stamp, row, Action.VISIBILITY, detail={"visible_to": as_detail(visible_to)}
        )

    return await change(core, "change who sees apps", work)


async def grant(
    core: Core, app_id: str, capabilities: Iterable[str], *, base_revision: int | None
) -> App:
    """Grant capabilities; versions that waited for nothing else are ready, none is activated.

    Raises:
        Invalid: one is not the name of a capability.
        NotFound, Changed, Deleted, Forbidden: as `set_visibility`.
    """
    wanted = sorted({checked_capability(each) for each in capabilities})

    def work(session: Session, stamp: Stamp) -> Done[App]:
        row = begin(session, app_id, base_revision)
        held = set(session.exec(select(GrantRow.capability).where(GrantRow.app_id == app_id)))
        new = [each for each in wanted if each not in held]
        if not new:
            return unchanged(session, row)
        for capability in new:
            session.add(_grant(app_id, capability, stamp))
        session.flush()
        _wake(session, app_id)
        return complete(
            session, stamp, row, Action.GRANT, note=_note(new), detail={"capabilities": new}
        )

    return await change(core, "grant capabilities", work)


async def revoke(
    core: Core, app_id: str, capabilities: Iterable[str], *, base_revision: int | None
) -> App:
    """Take capabilities away, also from the version that runs: its calls are refused from now on.

    Versions that were ready stay so: they were accepted, and rolling back must stay possible. The
    next upload that asks for them waits again.

    Raises:
        Invalid, NotFound, Changed, Deleted, Forbidden: as `grant`.
    """
    wanted = sorted({checked_capability(each) for each in capabilities})

    def work(session: Session, stamp: Stamp) -> Done[App]:
        row = begin(session, app_id, base_revision)
        held = rows.granted(session, app_id)
        gone = [each for each in wanted if each in held]
        if not gone:
            return unchanged(session, row)
        session.exec(
            delete(GrantRow).where(
                col(GrantRow.app_id) == app_id, col(GrantRow.capability).in_(gone)
            )
        )
        return complete(
            session, stamp, row, Action.REVOKE, note=_note(gone), detail={"capabilities": gone}
        )

    return await change(core, "revoke capabilities", work)


async def set_load_at_boot(
    core: Core, app_id: str, load_at_boot: bool, *, base_revision: int | None
) -> App:
    """Say whether nodes load the app when they start, and not at its first opening.

    Raises:
        NotFound, Changed, Deleted, Forbidden: as `set_visibility`.
    """

    def work(session: Session, stamp: Stamp) -> Done[App]:
        row = begin(session, app_id, base_revision)
        if row.load_at_boot == load_at_boot:
            return unchanged(session, row)
        row.load_at_boot = load_at_boot
        note = "at the start of a node" if load_at_boot else "at the first opening"
        return complete(session, stamp, row, Action.LOADING, note=note)

    return await change(core, "change when apps are loaded", work)


def write_visibility(session: Session, row: AppRow, visible_to: Visibility) -> None:
    """Write who may see an app.

    Raises:
        NotFound: there is no such organisation, or a user is not in it.
    """
    session.exec(delete(AppUserRow).where(col(AppUserRow.app_id) == row.id))
    session.exec(delete(AppOrganisationRow).where(col(AppOrganisationRow.app_id) == row.id))
    row.everybody = visible_to.organisations is None
    for organisation_id, users in (visible_to.organisations or {}).items():
        if session.get(OrganisationRow, organisation_id) is None:
            raise NotFound(f"there is no organisation {organisation_id[:64]!r}")
        members = MembershipRow.user_id
        query = select(members).where(MembershipRow.organisation_id == organisation_id)
        inside = frozenset(session.exec(query))
        strangers = sorted((users or frozenset()) - inside)
        if strangers:
            raise NotFound(f"user {strangers[0][:64]!r} is not in organisation {organisation_id}")
        session.add(
            AppOrganisationRow(
                app_id=row.id, organisation_id=organisation_id, all_users=users is None
            )
        )
        session.add_all(
            AppUserRow(app_id=row.id, organisation_id=organisation_id, user_id=user_id)
            for user_id in users or ()
        )
    session.flush()


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


def as_detail(visible_to: Visibility) -> object:
    """Return who may see an app as the audit log has it."""
    if visible_to.organisations is None:
        return "everybody"
    return {
        organisation: "everybody" if users is None else sorted(users)
        for organisation, users in visible_to.organisations.items()
    }
