"""API tokens: one's own, and those of the members one looks after."""

from __future__ import annotations

from collections.abc import Iterable

from app.core import accounts
from app.core.accounts import ApiToken, NewApiToken
from app.kernel.errors import Forbidden, NotFound
from app.platform.gate import Gate
from app.platform.people import People
from app.platform.permissions import Requester


class Tokens:
    """API tokens, without their secrets.

    Whoever is signed in looks after their own. For those of others, and for whoever comes with an
    API token, it needs the right to look after users.

    Args:
        gate: checks who asks.
        people: knows who is a member.
    """

    def __init__(self, gate: Gate, people: People) -> None:
        self._gate = gate
        self._core = gate.core
        self._people = people

    async def all(self, who: Requester, user_id: str | None = None) -> list[ApiToken]:
        """Return a user's tokens, the newest first, expired ones included; by default one's own.

        An admin sees those for their organisation.

        Raises:
            NotAllowed: see the class; so everywhere here.
            NotFound: there is no such member.
        """
        return await self._people.owned(who, user_id, accounts.tokens_of)

    async def create(
        self, who: Requester, name: str, scopes: Iterable[str], days: int
    ) -> NewApiToken:
        """Make a token with which a program acts as the requester; its secret is told once.

        Raises:
            Forbidden: the requester comes with a token: one that leaked must not live on in others.
            Invalid: name, scopes or days cannot be accepted.
        """
        if who.scopes is not None:
            raise Forbidden(
                "a token cannot create tokens: sign in, or use the command `token create`"
            )
        with self._gate.acting(who):
            return await accounts.create_token(self._core, who.actor, name, scopes, days)

    async def revoke(self, who: Requester, token_id: str, user_id: str | None = None) -> None:
        """Delete a token of a user, by default of the requester; it ends at once.

        Raises:
            NotFound: there is no such token.
        """
        if token_id not in {token.id for token in await self.all(who, user_id)}:
            raise NotFound("there is no such token")
        with self._gate.acting(who):
            await accounts.revoke_token(self._core, user_id or who.actor.user.id, token_id)
