"""The users of organisations over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self

from fastapi import APIRouter
from pydantic import AliasPath, Field

from app.api.caller import Id, QueryId, Who
from app.api.errors import RESPONSES
from app.api.models import Out, Sorted
from app.core.accounts import MAX_NAME, NewLink, Role
from app.platform.operations.fields import Identifier
from app.platform.operations.operation import In
from app.platform.people import LONGEST_ADDRESS
from app.platform.platform import Platform


class OrganisationOut(Out):
    """An organisation."""

    id: str
    name: str


class NewOrganisation(In):
    """What a new organisation is called; no other may be called that."""

    name: Annotated[str, Field(min_length=1, max_length=MAX_NAME)]


class MemberOut(Out):
    """Somebody, with their roles in one organisation. Whose account is off is `disabled`."""

    id: str = Field(validation_alias=AliasPath("user", "id"))
    name: str = Field(validation_alias=AliasPath("user", "name"))
    email: str = Field(validation_alias=AliasPath("user", "email"))
    roles: Sorted
    disabled: bool


class LinkOut(Out):
    """A link that works once, on this server. It cannot be shown again."""

    link: str
    expires_at: datetime

    @classmethod
    def to(cls, page: str, made: NewLink) -> Self:
        """Describe a new link to the page /invite or /password."""
        return cls(link=f"/{page}/{made.secret}", expires_at=made.expires_at)


class NewInvitation(LinkOut):
    """An invitation that was just made."""

    id: str


class OpenInvitation(Out):
    """An invitation that nobody accepted yet. Its link was told when it was made, and only then.

    Without an `email` anybody with the link chooses it. `created_by` is the id of a user.
    """

    id: str
    role: Role
    email: str
    created_by: str
    created_at: datetime
    expires_at: datetime


class Invitation(In):
    """Who is invited as what; without an address, anybody with the link chooses it."""

    role: Role
    email: Annotated[str, Field(max_length=LONGEST_ADDRESS)] = ""
    organisation: Identifier | None = None


class Roles(In):
    """Which roles somebody has from now on; with none they are no member any more."""

    roles: Annotated[list[Role], Field(max_length=len(Role))]


def people_router(platform: Platform) -> APIRouter:
    """Return the routes; `platform` does the work."""
    router = APIRouter(tags=["users"], responses=RESPONSES)
    people = platform.people

    @router.get("/organisations")
    async def organisations(who: Who) -> list[OrganisationOut]:
        """List the organisations whose users you manage."""
        found = await people.organisations(who)
        return [OrganisationOut.of(one) for one in found]

    @router.post("/organisations", status_code=201)
    async def create_organisation(who: Who, body: NewOrganisation) -> OrganisationOut:
        """Create an organisation without any users. Only operators may."""
        return OrganisationOut.of(await people.create_organisation(who, body.name))

    @router.get("/users")
    async def users(who: Who, organisation: QueryId | None = None) -> list[MemberOut]:
        """List everybody in an organisation, by name; yours by default."""
        return [MemberOut.of(member) for member in await people.members(who, organisation)]

    @router.post("/users/invitations", status_code=201)
    async def invite(who: Who, body: Invitation) -> NewInvitation:
        """Create a link with which one person joins an organisation."""
        made = await people.invite(who, body.role, body.email, body.organisation)
        return NewInvitation(id=made.id, **LinkOut.to("invite", made).model_dump())

    @router.get("/users/invitations")
    async def invitations(who: Who, organisation: QueryId | None = None) -> list[OpenInvitation]:
        """List the open invitations to an organisation, newest first."""
        found = await people.invitations(who, organisation)
        return [OpenInvitation.of(one) for one in found]

    @router.delete("/users/invitations/{invitation_id}", status_code=204)
    async def revoke_invitation(
        who: Who, invitation_id: Id, organisation: QueryId | None = None
    ) -> None:
        """Revoke an invitation: its link stops working."""
        await people.revoke_invitation(who, invitation_id, organisation)

    @router.get("/users/{user_id}")
    async def user(who: Who, user_id: Id, organisation: QueryId | None = None) -> MemberOut:
        """Return one member of an organisation."""
        return MemberOut.of(await people.member(who, user_id, organisation))

    @router.put("/users/{user_id}/roles")
    async def roles(
        who: Who, user_id: Id, body: Roles, organisation: QueryId | None = None
    ) -> MemberOut:
        """Set somebody's roles in an organisation."""
        member = await people.set_roles(who, user_id, body.roles, organisation)
        return MemberOut.of(member)

    @router.post("/users/{user_id}/disable", status_code=204)
    async def disable(who: Who, user_id: Id) -> None:
        """Switch an account off: it is signed out everywhere, and its tokens stop working."""
        await people.disable(who, user_id)

    @router.post("/users/{user_id}/enable", status_code=204)
    async def enable(who: Who, user_id: Id) -> None:
        """Switch an account on again."""
        await people.enable(who, user_id)

    @router.post("/users/{user_id}/password-link", status_code=201)
    async def password_link(who: Who, user_id: Id) -> LinkOut:
        """Create a link with which a user chooses a new password."""
        return LinkOut.to("password", await people.password_link(who, user_id))

    return router
