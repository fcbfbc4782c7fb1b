"""What the page of users shows of each."""

from collections.abc import Mapping
from typing import TypedDict

from app.core.accounts import Invitation, Membership
from app.platform.permissions import Requester
from app.web.admin.rows import when


class MemberRow(TypedDict):
    """One member."""

    id: str
    name: str
    email: str
    roles: list[str]
    disabled: bool
    own: bool


class InvitationRow(TypedDict):
    """An invitation that nobody accepted yet."""

    id: str
    whom: str
    role: str
    made_by: str
    until: str


class OrganisationRow(TypedDict):
    """An organisation that an operator may look after."""

    id: str
    name: str


def matches(member: Membership, words: list[str]) -> bool:
    """Tell whether all words are in what is known of a member."""
    text = f"{member.user.name} {member.user.email} {' '.join(member.roles)}".casefold()
    return all(word in text for word in words)


def member_row(member: Membership, who: Requester) -> MemberRow:
    """Return the row of a member."""
    return MemberRow(
        id=member.user.id,
        name=member.user.name,
        email=member.user.email,
        roles=sorted(member.roles),
        disabled=member.disabled,
        own=member.user.id == who.actor.user.id,
    )


def invitation_row(invitation: Invitation, names: Mapping[str, str]) -> InvitationRow:
    """Return the row of an invitation; `names` are those of users that one may know."""
    by = invitation.created_by
    return InvitationRow(
        id=invitation.id,
        whom=invitation.email or "anybody with the link",
        role=invitation.role,
        made_by=names.get(by, "an operator" if by else "a command"),
        until=when(invitation.expires_at),
    )
