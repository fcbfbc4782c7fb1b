"""Telling others of changes: a port for publish and subscribe, and the adapter for one node.

What every adapter keeps to (tests/unit/core/test_bus.py runs over each of them):

- payloads are JSON objects; every subscriber gets a copy of its own;
- each subscriber gets the messages of a topic in the order in which they were published on its
  node, one at a time, and never more than once;
- publishing never waits for subscribers, and an error in one reaches neither publisher nor others;
- callbacks run in the context in which they were subscribed, so nobody acts as the publisher;
- a subscriber that is far behind loses its oldest messages, not the memory of the server.
"""

from __future__ import annotations

import asyncio
import contextvars
import json
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

Callback = Callable[[dict[str, Any]], Awaitable[None]]
Unsubscribe = Callable[[], None]

# Far above what a page is behind in practice, and small enough for thousands of subscribers.
MAX_PENDING = 1_000

_log = logging.getLogger(__name__)


def in_organisation(organisation_id: str, topic: str) -> str:
    """Return the bus topic that carries `topic` for one organisation.

    Contexts publish only to such topics and the sdk subscribes only to them, so that no topic name
    that an app can think of lets it hear another organisation.
    """
    return f"{organisation_id}/{topic}"


class Bus(Protocol):
    """Publishes JSON objects to topics."""

    async def publish(self, topic: str, payload: Mapping[str, Any]) -> None:
        """Hand `payload` to every subscriber of `topic`.

        Raises:
            TypeError, ValueError: the payload is not JSON.
        """
        ...

    def subscribe(self, topic: str, callback: Callback) -> Unsubscribe:
        """Await `callback(payload)` for every message published to `topic` from now on.

        Must be called on the event loop. Calling what is returned ends it: no further callback
        begins, one that runs goes on. Calling it again does nothing.
        """
        ...

    async def close(self) -> None:
        """End all subscriptions and wait for callbacks that run."""
        ...


class InMemoryBus:
    """The bus of a single node. Use it on one event loop only."""

    def __init__(self, max_pending: int = MAX_PENDING) -> None:
        """`max_pending` is how many undelivered messages are kept for each subscriber."""
        self._max_pending = max_pending
        self._subscribers: dict[str, list[_Subscriber]] = {}
        self._delivering: set[asyncio.Task[Any]] = set()

    async def publish(self, topic: str, payload: Mapping[str, Any]) -> None:
        """See `Bus.publish`."""
        message = json.dumps(dict(payload), allow_nan=False)
        for subscriber in self._subscribers.get(topic, ()):
            subscriber.offer(message)

    def subscribe(self, topic: str, callback: Callback) -> Unsubscribe:
        """See `Bus.subscribe`."""
        subscriber = _Subscriber(topic, callback, self._max_pending, self._delivering)
        self._subscribers.setdefault(topic, []).append(subscriber)

        def unsubscribe() -> None:
            subscriber.stop()
            remaining = self._subscribers.get(topic, [])
            if subscriber in remaining:
                remaining.remove(subscriber)
            if not remaining:
                self._subscribers.pop(topic, None)

        return unsubscribe

    async def idle(self) -> None:
        """Return when everything published so far was handled."""
        # A callback that waits for everything must not wait for itself.
        while others := self._delivering - {asyncio.current_task()}:
            await asyncio.gather(*others, return_exceptions=True)

    async def close(self) -> None:
        """See `Bus.close`."""
        for subscribers in self._subscribers.values():
            for subscriber in subscribers:
                subscriber.stop()
        self._subscribers.clear()
        await self.idle()


class _Subscriber:
    """One subscription: its queue, and the task that exists only while the queue is not empty."""

    def __init__(
        self,
        topic: str,
        callback: Callback,
        max_pending: int,
        delivering: set[asyncio.Task[Any]],
    ) -> None:
        self._topic = topic
        self._callback = callback
        self._max_pending = max_pending
        self._delivering = delivering
        self._pending: deque[str] = deque()
        self._running = False
        self._stopped = False
        self._behind = False
        # Without this, a callback would inherit the publisher's context and act as the publisher.
        self._context = contextvars.copy_context()

    def offer(self, message: str) -> None:
        if len(self._pending) == self._max_pending:
            self._pending.popleft()
            if not self._behind:
                _log.warning("a subscriber of %s is too slow and loses messages", self._topic)
            self._behind = True
        self._pending.append(message)
        if not self._running:
            self._running = True
            task = asyncio.get_running_loop().create_task(
                self._deliver(), context=self._context.copy()
            )
            self._delivering.add(task)
            task.add_done_callback(self._delivering.discard)

    def stop(self) -> None:
        self._stopped = True
        self._pending.clear()

    async def _deliver(self) -> None:
        try:
            while self._pending and not self._stopped:
                payload = json.loads(self._pending.popleft())
                try:
                    await self._callback(payload)
                except Exception:
                    _log.exception("a subscriber of %s failed", self._topic)
        finally:
            self._running = self._behind = False
