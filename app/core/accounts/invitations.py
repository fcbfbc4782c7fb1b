"""Invitations: links with which people join an organisation; made, listed and taken back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, delete, select

from app.core import audit
from app.core.accounts import store
from app.core.accounts.authority import require_role
from app.core.accounts.model import checked_email, checked_role
from app.core.accounts.sign_in_tables import LinkRow
from app.core.accounts.signing_in import links
from app.core.accounts.signing_in.links import Kind, NewLink
from app.core.context import Core
from app.kernel.actor import Actor, refuse_apps
from app.kernel.contexts.accounts import Role
from app.kernel.errors import NotFound

VALID = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Invitation:
    """An invitation that nobody accepted yet. Its link was shown when it was made, and only then.

    Attributes:
        email: the address that the account gets; "" when anybody with the link chooses it.
        created_by: id of the user who made it; "" for a command on the server.
    """

    id: str
    role: Role
    email: str
    created_by: str
    created_at: datetime
    expires_at: datetime


async def invite(
    core: Core, by: Actor | None, organisation_id: str, role: str, email: str = ""
) -> NewLink:
    """Make a link with which one person joins an organisation.

    Args:
        core: where it is kept.
        by: the admin who invites; None is whoever runs commands on the server.
        organisation_id: the organisation.
        role: their role; only an operator can make somebody an operator.
        email: the address that their account gets; by default they choose it.

    Raises:
        NotFound: there is no such organisation.
        Invalid: no such role, or not an address.
        Forbidden: `by` may not, or a client app asks.
    """
    refuse_apps("invite people")
    wanted = checked_role(role)
    _require(by, wanted, organisation_id)
    address = checked_email(email) if email else ""
    stamp = audit.stamp(core)

    def work(session: Session) -> NewLink:
        store.find_organisation(session, organisation_id)
        row = links.new_row(Kind.INVITATION, wanted, stamp.at, stamp.at + VALID)
        row.organisation_id = organisation_id
        row.email, row.created_by = address, by.user.id if by else ""
        detail = {"role": wanted.value, "email": address}
        audit.append(session, stamp, "invitation.create", organisation_id, detail)
        return links.add(session, row)

    return await core.database.write(work)


async def open_invitations(core: Core, organisation_id: str) -> list[Invitation]:
    """Return the invitations to an organisation that still work, the newest first.

    Raises:
        Forbidden: a client app asks.
    """
    refuse_apps("list invitations")
    now = core.clock()

    def work(session: Session) -> list[Invitation]:
        query = select(LinkRow).where(
            LinkRow.organisation_id == organisation_id,
            LinkRow.kind == Kind.INVITATION.value,
            col(LinkRow.used_at).is_(None),
            col(LinkRow.expires_at) > now,
        )
        newest = query.order_by(col(LinkRow.created_at).desc(), col(LinkRow.id))
        return [_invitation(row) for row in session.exec(newest)]

    return await core.database.read(work)


async def revoke_invitation(
    core: Core, by: Actor | None, organisation_id: str, invitation_id: str
) -> None:
    """Take an invitation back: its link does not work any more.

    Args:
        core: where it is kept.
        by: the admin who takes it back; None is whoever runs commands on the server.
        organisation_id: the organisation it is for.
        invitation_id: the invitation.

    Raises:
        NotFound: there is no such open invitation, or somebody was quicker to accept it.
        Forbidden: `by` may not, or a client app asks.
    """
    refuse_apps("revoke invitations")
    stamp = audit.stamp(core)

    def work(session: Session) -> None:
        row = session.get(LinkRow, invitation_id)
        fits = row is not None and row.organisation_id == organisation_id
        if row is None or not fits or row.kind != Kind.INVITATION or row.expires_at <= stamp.at:
            raise NotFound(_MISSING)
        _require(by, Role(row.role), organisation_id)
        detail = {"role": row.role, "email": row.email}
        unused = delete(LinkRow).where(
            col(LinkRow.id) == invitation_id, col(LinkRow.used_at).is_(None)
        )
        if session.exec(unused).rowcount != 1:
            raise NotFound(_MISSING)
        audit.append(session, stamp, "invitation.revoke", organisation_id, detail)

    await core.database.write(work)


_MISSING = "there is no such open invitation: it was accepted, taken back, or is too old"


def _require(by: Actor | None, role: Role, organisation_id: str) -> None:
    """Refuse whoever may not let people in with a role."""
    if by is not None:
        needed = Role.OPERATOR if role is Role.OPERATOR else Role.ADMIN
        require_role(by, needed, organisation_id)


def _invitation(row: LinkRow) -> Invitation:
    return Invitation(
        id=row.id,
        role=Role(row.role),
        email=row.email,
        created_by=row.created_by,
        created_at=row.created_at,
        expires_at=row.expires_at,
    )
