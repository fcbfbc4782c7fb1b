"""What makes several open pages one shared place: broadcast, subscribe, presence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.sdk.scope import Member, scope


async def broadcast(event: Any, *, to_self: bool = True) -> None:
    """Run an event of this app in every session of the organisation that has the app open.

    Needs the capability "broadcast".

    Args:
        event: an event handler of the app, or one called with its arguments.
        to_self: whether the session that broadcasts runs it too.
    """
    running = scope()
    await running.host.broadcast(running, event, to_self=to_self)


async def subscribe(topic: str, handler: Any) -> None:
    """Run `handler(payload)` in this session whenever `topic` is published in the organisation.

    The subscription ends when the page leaves the app or its tab is closed. Subscribing the same
    handler to the same topic again changes nothing.

    Topics of documents need the capability "documents:read", all others "broadcast".
    """
    running = scope()
    await running.host.subscribe(running, topic, handler)


class presence:
    """Who is here. Every change of a topic is published to `presence.topic(topic)`.

    All but `leave` needs the capability "broadcast".
    """

    @staticmethod
    def topic(topic: str) -> str:
        """Return the topic that tells about arrivals, departures and changes in `topic`."""
        return f"presence:{topic}"

    @staticmethod
    async def join(topic: str, **meta: Any) -> None:
        """Be seen in `topic`, with `meta`, until `leave`, or until the page is left or closed."""
        running = scope()
        await running.host.presence_set(running, topic, meta)

    @staticmethod
    async def update(topic: str, **meta: Any) -> None:
        """Replace what this session shows of itself in `topic`."""
        running = scope()
        await running.host.presence_set(running, topic, meta)

    @staticmethod
    async def leave(topic: str) -> None:
        """Be no longer seen in `topic`."""
        running = scope()
        await running.host.presence_leave(running, topic)

    @staticmethod
    def here(topic: str) -> Sequence[Member]:
        """Return the members of `topic`, in the order in which they came."""
        running = scope()
        return running.host.presence_here(running, topic)
