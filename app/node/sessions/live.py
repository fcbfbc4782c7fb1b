"""What connects open pages: broadcasts, subscriptions and presence."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from app.bridge.sockets.events import EventCall
from app.bridge.sockets.outbox import Outbox
from app.core.bus import Bus, in_organisation
from app.kernel.grants import is_granted
from app.kernel.tasks import in_background
from app.node.sessions.sessions import Session, Sessions
from app.sdk.live import presence
from app.sdk.scope import Member, OutsideApp, Scope

BROADCAST = "broadcast"


class Live:
    """Broadcast, subscribe and presence on one node.

    Attributes:
        present_changed: called with an organisation and a topic before others hear who is there.
    """

    def __init__(self, sessions: Sessions, outbox: Outbox, bus: Bus) -> None:
        self._sessions = sessions
        self._outbox = outbox
        self._bus = bus
        self.present_changed: Callable[[str, str], None] = lambda organisation, topic: None
        self._present: dict[tuple[str, str], dict[str, Member]] = {}
        self._telling: set[asyncio.Task[bool]] = set()
        # Subscriptions outlive the version that makes them, and would keep it alive by its context.
        self._context = contextvars.copy_context()

    async def broadcast(self, scope: Scope, event: Any, *, to_self: bool) -> None:
        """Run an event in every session of the organisation that shows the app."""
        _require(scope, BROADCAST)
        organisation = _organisation(scope)
        for session in self._sessions.viewing(scope.app.id):
            if session.actor.organisation.id != organisation:
                continue
            if session.token != scope.session or to_self:
                await self._outbox.enqueue(session.token, event)

    async def subscribe(self, scope: Scope, topic: str, handler: Any) -> None:
        """Run `handler(payload)` in the scope's session on every message of a topic.

        What is kept is the event's name, so that the newest version's handler runs after a swap.
        """
        await self.subscribe_call(scope, topic, EventCall.of(handler))

    async def subscribe_call(self, scope: Scope, topic: str, call: EventCall) -> None:
        """Run an event in the scope's session on every message of a topic; see `subscribe`."""
        session = self._session(scope)
        capability = capability_for(topic)
        _require(scope, capability)
        key = (scope.app.id, topic, call.name)
        if key in session.subscriptions:
            return
        # Not the scope: it would keep the version alive.
        grants = scope.grants

        async def deliver(payload: dict[str, Any]) -> None:
            if grants is None or is_granted(capability, grants):
                await self._outbox.enqueue(session.token, call.event(payload))

        session.subscriptions[key] = self._context.copy().run(
            self._bus.subscribe, in_organisation(_organisation(scope), topic), deliver
        )

    async def presence_set(self, scope: Scope, topic: str, meta: Mapping[str, Any]) -> None:
        """Add the scope's session to a topic, or change what it shows of itself there."""
        _require(scope, BROADCAST)
        session = self._session(scope)
        key = (_organisation(scope), topic)
        members = self._present.setdefault(key, {})
        known = members.get(session.token)
        if known is not None and known.meta == meta:
            return
        user = session.actor.user
        members[session.token] = (
            replace(known, meta=dict(meta))
            if known
            else Member(session.token, user.id, user.name, dict(meta))
        )
        session.subscriptions.setdefault(
            (scope.app.id, topic, "presence"), lambda: self._leave(key, session.token)
        )
        await self._tell(key)

    async def presence_leave(self, scope: Scope, topic: str) -> None:
        """Remove the scope's session from a topic."""
        session = self._session(scope)
        key = (_organisation(scope), topic)
        session.subscriptions.pop((scope.app.id, topic, "presence"), None)
        self._leave(key, session.token)

    def presence_here(self, scope: Scope, topic: str) -> Sequence[Member]:
        """Return the members of a topic in the order in which they came."""
        _require(scope, BROADCAST)
        return self.members(_organisation(scope), topic)

    def members(self, organisation: str, topic: str) -> Sequence[Member]:
        """Return who is in a topic of an organisation."""
        return tuple(self._present.get((organisation, topic), {}).values())

    def topics(self, organisation: str) -> list[str]:
        """Return the topics of an organisation in which somebody is."""
        return [topic for owner, topic in self._present if owner == organisation]

    def _leave(self, key: tuple[str, str], token: str) -> None:
        members = self._present.get(key, {})
        if members.pop(token, None) is None:
            return
        if not members:
            self._present.pop(key, None)
        in_background(self._tell(key), "telling who left", tasks=self._telling)

    async def _tell(self, key: tuple[str, str]) -> None:
        organisation, topic = key
        self.present_changed(organisation, topic)
        await self._bus.publish(
            in_organisation(organisation, presence.topic(topic)), {"topic": topic}
        )

    def _session(self, scope: Scope) -> Session:
        session = self._sessions.get(scope.session or "")
        if session is None:
            raise OutsideApp("Only an event handler of an open page can do this.")
        return session


def capability_for(topic: str) -> str:
    """Return what an app needs to hear of a topic.

    Changes of documents need what reading them needs; whatever else is published comes from open
    pages.
    """
    return "documents:read" if topic.startswith(("document:", "documents:")) else BROADCAST


def _require(scope: Scope, capability: str) -> None:
    if scope.grants is not None:
        scope.grants.require(capability)


def _organisation(scope: Scope) -> str:
    if scope.actor is None:
        raise OutsideApp("Only an event handler of an open page can do this.")
    return scope.actor.organisation.id
