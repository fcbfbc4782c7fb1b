"""Sessions: the browsers in which people are signed in, one's own and those of one's members."""

from __future__ import annotations

from app.core import accounts
from app.core.accounts import Login
from app.kernel.errors import NotFound
from app.platform.gate import Gate
from app.platform.people import People
from app.platform.permissions import Requester


class Sessions:
    """Browsers that are signed in. Whose they are to look after is as with `Tokens`.

    Args:
        gate: checks who asks.
        people: knows who is a member.
    """

    def __init__(self, gate: Gate, people: People) -> None:
        self._gate = gate
        self._core = gate.core
        self._people = people

    async def all(self, who: Requester, user_id: str | None = None) -> list[Login]:
        """Return where a user is signed in, the most recently used first; by default oneself.

        An admin sees those for their organisation.

        Raises:
            NotAllowed: see the class; so everywhere here.
            NotFound: there is no such member.
        """
        return await self._people.owned(who, user_id, accounts.logins_of)

    async def end(self, who: Requester, session_id: str, user_id: str | None = None) -> None:
        """Sign one browser out, at once and with its open pages.

        Raises:
            NotFound: there is no such session.
        """
        if session_id not in {one.id for one in await self.all(who, user_id)}:
            raise NotFound("there is no such session")
        with self._gate.acting(who):
            await accounts.end_login(self._core, who.actor, session_id)

    async def end_all(self, who: Requester, user_id: str | None = None) -> int:
        """Sign somebody out everywhere; returns of how many browsers."""
        found = await self.all(who, user_id)
        with self._gate.acting(who):
            for one in found:
                await accounts.end_login(self._core, who.actor, one.id)
        return len(found)
