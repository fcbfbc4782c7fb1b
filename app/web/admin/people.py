"""Changing who is what in an organisation, with the rules of who may."""

from __future__ import annotations

from app.core import accounts
from app.core.accounts import Membership, NewLink, Role
from app.core.actor import acting_as
from app.core.context import Core
from app.core.errors import Forbidden, Invalid, NotFound
from app.platform.permissions import Action, Requester, may, require


async def members(core: Core, who: Requester) -> list[Membership]:
    """Return everybody in the requester's organisation.

    Raises:
        NotAllowed: the requester may not look after users.
    """
    require(who, Action.USERS)
    return await accounts.members_of(core, who.actor.organisation.id)


async def set_role(core: Core, who: Requester, user_id: str, role: str, *, given: bool) -> None:
    """Give a member of the requester's organisation a role, or take it.

    Raises:
        NotAllowed: the requester may not look after users.
        Forbidden: only an operator makes or unmakes operators; nobody takes from themselves what
            lets them in here.
        NotFound: there is no such member.
    """
    everybody = await members(core, who)
    if not any(member.user.id == user_id for member in everybody):
        raise NotFound("there is no such member of your organisation")
    if role == Role.OPERATOR and not may(who, Action.OPERATE):
        raise Forbidden("only an operator makes operators")
    if not given and user_id == who.actor.user.id and role in (Role.ADMIN, Role.OPERATOR):
        raise Forbidden("you cannot take this from yourself: another administrator can")
    change = accounts.grant if given else accounts.revoke
    with acting_as(who.actor):
        await change(core, who.actor.organisation.id, user_id, role)


async def invite(core: Core, who: Requester, role: str, email: str) -> NewLink:
    """Make a link with which one person joins the requester's organisation.

    Raises:
        NotAllowed, Forbidden: the requester may not invite, or not with this role.
        Invalid: role or address cannot be accepted.
    """
    require(who, Action.USERS)
    if len(email) > 300:
        raise Invalid("the address is too long")
    with acting_as(who.actor):
        home = who.actor.organisation.id
        return await accounts.invite(core, who.actor, home, role, email)
