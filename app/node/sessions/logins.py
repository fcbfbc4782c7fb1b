"""Open pages by the login that they prove who they are with.

A socket proves who it is only once, when it opens. Whoever ends a login, or changes what somebody
may do, tells it here, and open pages know at once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, MutableMapping
from dataclasses import replace

import structlog

from app.bridge.sockets.outbox import Outbox
from app.kernel.actor import Actor
from app.node.sessions.sessions import Arrival, Session, Sessions

log = structlog.get_logger("graft")

Arrivals = MutableMapping[str, Arrival]


def own_token(token: str, actor: Actor) -> str:
    """Return the name of the session that a client token stands for when `actor` sends it.

    A client token is chosen by the browser, kept in a tab that may change hands, and seen by other
    people (presence). So whose session it names depends on who sends it: nobody gets into anybody
    else's. In development mode nobody signs in, and a token is as good as a person.
    """
    if actor.login is None:
        return token
    return f"{token}.{owner_mark(actor)}"


def owner_mark(actor: Actor) -> str:
    """Return what stands for a user in an organisation where others may see it."""
    # Nor does a page of an app on its own origin get into a session of the core's pages.
    return _mark(f"{actor.user.id}/{actor.organisation.id}{'/apps' * actor.on_apps}")


def login_mark(login: str | None) -> str:
    """Return what stands for a login where scripts may see it."""
    return _mark(f"login/{login}") if login else ""


def _mark(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


class Logins:
    """Ends and updates the sessions of logins."""

    def __init__(self, sessions: Sessions, outbox: Outbox, arrivals: Arrivals) -> None:
        """`arrivals` are the sockets on their way to a session, by socket id."""
        self._sessions = sessions
        self._outbox = outbox
        self._arrivals = arrivals

    def open(self) -> frozenset[str]:
        """Return the ids of the logins that have an open page."""
        return frozenset(s.actor.login for s in self._sessions if s.connected and s.actor.login)

    def actor(self, login: str) -> Actor | None:
        """Return who a login with an open page is, None if it has none."""
        mine = (s for s in self._sessions if s.actor.login == login)
        return next((s.actor for s in mine if s.connected and not s.ended), None)

    def take_used(self) -> frozenset[str]:
        """Return the ids of the logins whose pages sent an event since this was last asked."""
        used = set()
        for session in self._sessions:
            if session.used and session.actor.login:
                used.add(session.actor.login)
            session.used = False
        return frozenset(used)

    def of_user(self, user_id: str) -> frozenset[str]:
        """Return the ids of a user's logins that have an open page."""
        mine = (s.actor for s in self._sessions if s.connected and s.actor.user.id == user_id)
        return frozenset(actor.login for actor in mine if actor.login)

    def update(self, actors: Mapping[str, Actor]) -> None:
        """Let open pages act as these actors, by login; who became somebody else must `end`."""
        for session in self._sessions:
            actor = actors.get(session.actor.login or "")
            if actor is not None:
                session.actor = replace(actor, on_apps=session.actor.on_apps)

    async def end(self, logins: Collection[str], why: str = "ended") -> None:
        """End all sessions of these logins: what they run, what they hear, their sockets.

        Their pages are sent to the login page, which says why: "ended" by somebody, "left" by its
        user, or "over". State trees stay until they expire, for the same user only.
        """
        for sid in [sid for sid, a in self._arrivals.items() if a.actor.login in logins]:
            self._arrivals.pop(sid)
        for session in self._sessions:
            if session.actor.login in logins and not session.ended:
                await self._end(session, why)

    async def _end(self, session: Session, why: str) -> None:
        session.ended = True
        session.end_subscriptions()
        for task in tuple(session.tasks):
            task.cancel()
        if session.connected:
            log.info("session ended", user=session.actor.user.id)
            await self._outbox.dismiss(session.token, why)
