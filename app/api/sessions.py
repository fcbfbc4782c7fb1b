"""Where people are signed in, over HTTP."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter

from app.api.caller import Id, QueryId, Who
from app.api.errors import RESPONSES
from app.api.models import Out
from app.platform.platform import Platform


class SessionOut(Out):
    """A browser in which somebody is signed in; `address` is that of the network."""

    id: str
    user_id: str
    organisation_id: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    browser: str
    address: str


class Ended(Out):
    """In how many browsers somebody was signed out."""

    ended: int


def sessions_router(platform: Platform) -> APIRouter:
    """Return the routes; `platform` does the work."""
    router = APIRouter(prefix="/sessions", tags=["sessions"], responses=RESPONSES)

    @router.get("")
    async def sessions(who: Who, user: QueryId | None = None) -> list[SessionOut]:
        """List where you, or a member, are signed in. A token needs the scope `users:admin`."""
        found = await platform.sessions.all(who, user)
        return [SessionOut.of(one) for one in found]

    @router.delete("")
    async def end_all(who: Who, user: QueryId | None = None) -> Ended:
        """Sign yourself, or a member, out everywhere; open pages end at once."""
        return Ended(ended=await platform.sessions.end_all(who, user))

    @router.delete("/{session_id}", status_code=204)
    async def end(who: Who, session_id: Id, user: QueryId | None = None) -> None:
        """Sign one browser out; its open pages end at once."""
        await platform.sessions.end(who, session_id, user)

    return router
