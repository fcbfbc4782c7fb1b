"""Looking after the people of an organisation: roles, invitations, switching off, passwords."""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import TypeVar

from app.core import accounts
from app.core.accounts import ApiToken, Invitation, Login, Membership, NewLink, Organisation, Role
from app.core.context import Core
from app.kernel.actor import Actor
from app.kernel.errors import Forbidden, Invalid, NotFound
from app.platform.gate import Gate
from app.platform.permissions import Action, Requester, may

LONGEST_ADDRESS = 300
Owned = TypeVar("Owned", ApiToken, Login)


class People:
    """The users of a server. An admin looks after their organisation, an operator after all.

    `organisation_id` is that of the requester by default; for whoever is no operator, others are
    not there.

    Args:
        gate: checks who asks.
    """

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._core = gate.core

    async def organisations(self, who: Requester) -> list[Organisation]:
        """Return the organisations whose users the requester looks after, by name.

        Raises:
            NotAllowed: the requester looks after no users; so everywhere here.
        """
        await self._gate.require(who, Action.USERS, "organisations")
        if not may(who, Action.OPERATE):
            return [who.actor.organisation]
        return await accounts.all_organisations(self._core)

    async def create_organisation(self, who: Requester, name: str) -> Organisation:
        """Make an organisation, without anybody in it; `invite` brings its first people.

        Raises:
            NotAllowed: the requester is no operator.
            Invalid: the name cannot be accepted, or another organisation has it.
        """
        for action in (Action.USERS, Action.OPERATE):
            await self._gate.require(who, action, "organisations")
        with self._gate.acting(who):
            return await accounts.create_organisation(self._core, name)

    async def members(self, who: Requester, organisation_id: str | None = None) -> list[Membership]:
        """Return everybody in an organisation, by name.

        Raises:
            NotFound: there is no such organisation; so everywhere here.
        """
        home = await self._home(who, "users", organisation_id)
        return await accounts.members_of(self._core, home)

    async def member(
        self, who: Requester, user_id: str, organisation_id: str | None = None
    ) -> Membership:
        """Return one member of an organisation.

        Raises:
            NotFound: there is no such member; so wherever a user is named.
        """
        for member in await self.members(who, organisation_id):
            if member.user.id == user_id:
                return member
        raise NotFound("there is no such member of the organisation")

    async def invite(
        self,
        who: Requester,
        role: str,
        email: str = "",
        organisation_id: str | None = None,
    ) -> NewLink:
        """Make a link with which one person joins an organisation; its secret is told once.

        Raises:
            Forbidden: only an operator can make somebody an operator.
            Invalid: role or address cannot be accepted.
        """
        home = await self._home(who, "invitation", organisation_id)
        if role == Role.OPERATOR and not may(who, Action.OPERATE):
            raise Forbidden("only an operator can make somebody an operator")
        if len(email) > LONGEST_ADDRESS:
            raise Invalid("the address is too long")
        with self._gate.acting(who):
            return await accounts.invite(self._core, _by(who), home, role, email)

    async def invitations(
        self, who: Requester, organisation_id: str | None = None
    ) -> list[Invitation]:
        """Return the invitations to an organisation that nobody accepted yet, the newest first."""
        home = await self._home(who, "invitations", organisation_id)
        return await accounts.open_invitations(self._core, home)

    async def names(
        self, who: Requester, ids: Collection[str], organisation_id: str | None = None
    ) -> Mapping[str, str]:
        """Return the names of users by id: for an operator of all, else of an organisation's."""
        home = await self._home(who, "users", organisation_id)
        return await accounts.names_of(self._core, ids, None if may(who, Action.OPERATE) else home)

    async def revoke_invitation(
        self, who: Requester, invitation_id: str, organisation_id: str | None = None
    ) -> None:
        """Take an invitation back: its link does not work any more.

        Raises:
            NotFound: there is no such open invitation.
            Forbidden: it makes an operator, and the requester is none.
        """
        home = await self._home(who, invitation_id, organisation_id)
        with self._gate.acting(who):
            await accounts.revoke_invitation(self._core, _by(who), home, invitation_id)

    async def set_role(
        self,
        who: Requester,
        user_id: str,
        role: str,
        *,
        given: bool,
        organisation_id: str | None = None,
    ) -> None:
        """Give a member a role, or take it; whoever has none left is no member any more.

        Raises:
            Invalid: there is no such role, or it is the last operator's.
            Forbidden: only an operator makes or unmakes operators; nobody takes from themselves
                what lets them in here.
        """
        home = await self._home(who, user_id, organisation_id)
        change = accounts.grant if given else accounts.revoke
        with self._gate.acting(who):
            await change(self._core, home, user_id, role, by=_by(who))

    async def set_roles(
        self,
        who: Requester,
        user_id: str,
        roles: Collection[str],
        organisation_id: str | None = None,
    ) -> Membership:
        """Give a member exactly these roles, at once; returns what they are then.

        Raises:
            Invalid, Forbidden: as `set_role`; nothing is changed then.
        """
        member = await self.member(who, user_id, organisation_id)
        home = organisation_id or who.actor.organisation.id
        with self._gate.acting(who):
            await accounts.set_roles(self._core, _by(who), home, user_id, roles)
        return dataclasses.replace(member, roles=frozenset(roles))

    async def disable(self, who: Requester, user_id: str) -> None:
        """Switch an account off: at once it is signed out everywhere, and its tokens end.

        Raises:
            Forbidden: it is the requester's own, or that of an operator or of somebody who is also
                in another organisation, and the requester is no operator.
            Invalid: nobody could operate the server any more.
        """
        await self._require_reach(who, user_id)
        if user_id == who.actor.user.id:
            raise Forbidden("you cannot switch yourself off: another administrator can")
        with self._gate.acting(who):
            await accounts.disable_user(self._core, _by(who), user_id)

    async def enable(self, who: Requester, user_id: str) -> None:
        """Switch an account on again; tokens that are not too old work again.

        Raises:
            Forbidden: see `disable`.
        """
        await self._require_reach(who, user_id)
        with self._gate.acting(who):
            await accounts.enable_user(self._core, _by(who), user_id)

    async def password_link(self, who: Requester, user_id: str) -> NewLink:
        """Make a link with which a user chooses a new password; its secret is told once.

        Raises:
            Forbidden: see `disable`: anybody with the link becomes the user.
        """
        await self._require_reach(who, user_id)
        with self._gate.acting(who):
            return await accounts.password_link(self._core, _by(who), user_id)

    async def owned(
        self,
        who: Requester,
        user_id: str | None,
        of_user: Callable[[Core, str], Awaitable[list[Owned]]],
    ) -> list[Owned]:
        """Return a user's tokens or sessions, by default the requester's own; an admin gets those
        of others for their own organisation only.

        Raises:
            NotAllowed: they are of somebody else, or a token asks, without the right to look after
                users.
            NotFound: there is no such member.
        """
        owner = await self._owner(who, user_id)
        found = await of_user(self._core, owner)
        if owner == who.actor.user.id or may(who, Action.OPERATE):
            return found
        return [one for one in found if one.organisation_id == who.actor.organisation.id]

    async def _owner(self, who: Requester, user_id: str | None) -> str:
        owner = user_id or who.actor.user.id
        if who.scopes is not None or owner != who.actor.user.id:
            await self._gate.require(who, Action.USERS, owner)
        if owner != who.actor.user.id and not may(who, Action.OPERATE):
            await self.member(who, owner)
        return owner

    async def _home(self, who: Requester, target: str, organisation_id: str | None) -> str:
        await self._gate.require(who, Action.USERS, organisation_id or target)
        wanted = organisation_id or who.actor.organisation.id
        if wanted not in {known.id for known in await self.organisations(who)}:
            raise NotFound("there is no such organisation")
        return wanted

    async def _require_reach(self, who: Requester, user_id: str) -> None:
        """Refuse what is about an account, for users that the requester does not look after."""
        await self._gate.require(who, Action.USERS, user_id)
        if not may(who, Action.OPERATE):
            await self.member(who, user_id)


def _by(who: Requester) -> Actor:
    """Return the requester as accounts know them: no operator with a token that is not for that."""
    if may(who, Action.OPERATE):
        return who.actor
    roles = (who.actor.roles - {Role.OPERATOR}) | {Role.ADMIN}
    return dataclasses.replace(who.actor, roles=roles)
