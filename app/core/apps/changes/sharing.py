"""Who may see an app, when it is loaded, and how much it may keep."""

from __future__ import annotations

from sqlmodel import Session, col, delete, select

from app.core.accounts.tables import MembershipRow, OrganisationRow
from app.core.apps import rows
from app.core.apps.changes.transaction import Done, begin, change, complete, unchanged
from app.core.apps.model import Action, App, Visibility
from app.core.apps.tables import AppOrganisationRow, AppRow, AppUserRow
from app.core.audit import Stamp
from app.core.context import Core
from app.kernel.errors import Invalid, NotFound
from app.kernel.quotas import MOST_FOLDER_MB


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


async def set_folder_quota(
    core: Core, app_id: str, megabytes: int | None, *, base_revision: int | None
) -> App:
    """Say how much an app may keep in each of its folders; None: as much as any app.

    Raises:
        Invalid: it is not from 1 to 1,000,000.
        NotFound, Changed, Deleted, Forbidden: as `set_visibility`.
    """
    if megabytes is not None and not 1 <= megabytes <= MOST_FOLDER_MB:
        raise Invalid(f"an app may keep 1 to {MOST_FOLDER_MB:,} MB in a folder")

    def work(session: Session, stamp: Stamp) -> Done[App]:
        row = begin(session, app_id, base_revision)
        if row.folder_mb == megabytes:
            return unchanged(session, row)
        row.folder_mb = megabytes
        note = "as any app" if megabytes is None else f"{megabytes:,} MB"
        detail = {"megabytes": megabytes}
        return complete(session, stamp, row, Action.FOLDER_QUOTA, note=note, detail=detail)

    return await change(core, "change how much apps keep", work)


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


def as_detail(visible_to: Visibility) -> object:
    """Return who may see an app as the audit log has it."""
    if visible_to.organisations is None:
        return "everybody"
    return {
        organisation: "everybody" if users is None else sorted(users)
        for organisation, users in visible_to.organisations.items()
    }
