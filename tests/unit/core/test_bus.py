"""What every bus does, over every implementation; below, what only the one in memory does."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from app.core.bus import Bus, Callback, InMemoryBus, in_organisation
from app.kernel.actor import Actor, NoActor, Organisation, User, acting_as, actor

IMPLEMENTATIONS: dict[str, Callable[[], Bus]] = {"memory": InMemoryBus}


@pytest.fixture(params=IMPLEMENTATIONS)
async def bus(request: pytest.FixtureRequest) -> AsyncIterator[Bus]:
    made = IMPLEMENTATIONS[request.param]()
    yield made
    await made.close()


class Inbox:
    """A subscriber that keeps what it gets."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def __call__(self, payload: dict[str, Any]) -> None:
        self._queue.put_nowait(payload)

    async def next(self, count: int = 1) -> list[dict[str, Any]]:
        async with asyncio.timeout(120):
            return [await self._queue.get() for _ in range(count)]


async def test_every_subscriber_of_a_topic_gets_the_message_and_no_other_does(bus: Bus) -> None:
    first, second, other = Inbox(), Inbox(), Inbox()
    bus.subscribe("a", first)
    bus.subscribe("a", second)
    bus.subscribe("b", other)
    await bus.publish("a", {"n": 1})
    await bus.publish("b", {"n": 2})
    assert await first.next() == await second.next() == [{"n": 1}]
    assert await other.next() == [{"n": 2}]


async def test_messages_arrive_in_the_order_in_which_they_were_published(bus: Bus) -> None:
    inbox = Inbox()
    bus.subscribe("a", inbox)
    for number in range(100):
        await bus.publish("a", {"n": number})
    assert [payload["n"] for payload in await inbox.next(100)] == list(range(100))


async def test_a_subscriber_gets_one_message_at_a_time(bus: Bus) -> None:
    inbox, running = Inbox(), 0

    async def slow(payload: dict[str, Any]) -> None:
        nonlocal running
        running += 1
        for _ in range(5):
            await asyncio.sleep(0)
        await inbox({"running": running})
        running -= 1

    bus.subscribe("a", slow)
    for _ in range(3):
        await bus.publish("a", {})
    assert await inbox.next(3) == [{"running": 1}] * 3


async def test_publishing_does_not_wait_for_a_subscriber(bus: Bus) -> None:
    go_on, inbox = asyncio.Event(), Inbox()

    async def waits(payload: dict[str, Any]) -> None:
        await go_on.wait()
        await inbox(payload)

    bus.subscribe("a", waits)
    async with asyncio.timeout(120):
        await bus.publish("a", {"n": 1})
    go_on.set()
    assert await inbox.next() == [{"n": 1}]


async def test_a_failing_subscriber_harms_neither_others_nor_its_own_next_message(
    bus: Bus, caplog: pytest.LogCaptureFixture
) -> None:
    healthy, sick = Inbox(), Inbox()

    async def fails_first(payload: dict[str, Any]) -> None:
        if payload["n"] == 1:
            raise KeyError("sick")
        await sick(payload)

    bus.subscribe("a", fails_first)
    bus.subscribe("a", healthy)
    await bus.publish("a", {"n": 1})
    await bus.publish("a", {"n": 2})
    assert await healthy.next(2) == [{"n": 1}, {"n": 2}]
    assert await sick.next() == [{"n": 2}]
    assert "a subscriber of a failed" in caplog.text


async def test_after_unsubscribing_nothing_arrives(bus: Bus) -> None:
    gone, here = Inbox(), Inbox()
    unsubscribe = bus.subscribe("a", gone)
    bus.subscribe("a", here)
    unsubscribe()
    unsubscribe()
    await bus.publish("a", {"n": 1})
    bus.subscribe("a", gone)
    await bus.publish("a", {"n": 2})
    assert await here.next(2) == [{"n": 1}, {"n": 2}]
    assert await gone.next() == [{"n": 2}]


async def test_a_subscriber_may_unsubscribe_itself_while_it_runs(bus: Bus) -> None:
    inbox, other = Inbox(), Inbox()

    async def once(payload: dict[str, Any]) -> None:
        unsubscribe()
        await inbox(payload)

    unsubscribe = bus.subscribe("a", once)
    bus.subscribe("a", other)
    await bus.publish("a", {"n": 1})
    await bus.publish("a", {"n": 2})
    await other.next(2)
    assert await inbox.next() == [{"n": 1}]
    bus.subscribe("a", inbox)
    await bus.publish("a", {"n": 3})
    assert await inbox.next() == [{"n": 3}]


async def test_what_a_subscriber_changes_in_a_message_nobody_else_sees(bus: Bus) -> None:
    inbox = Inbox()

    async def changes(payload: dict[str, Any]) -> None:
        payload["list"].append("changed")

    bus.subscribe("a", changes)
    bus.subscribe("a", inbox)
    sent = {"list": ["sent"]}
    await bus.publish("a", sent)
    assert await inbox.next() == [{"list": ["sent"]}]
    assert sent == {"list": ["sent"]}


async def test_a_message_that_is_not_json_is_refused(bus: Bus) -> None:
    with pytest.raises(TypeError):
        await bus.publish("a", {"object": object()})
    with pytest.raises(ValueError, match="JSON"):
        await bus.publish("a", {"nan": float("nan")})


async def test_a_subscriber_acts_as_whoever_subscribed_and_not_as_the_publisher(bus: Bus) -> None:
    ada = Actor(User("1", "Ada", "ada@example.com"), Organisation("2", "Acme"))
    grace = Actor(User("3", "Grace", "grace@example.com"), Organisation("4", "Globex"))
    inbox = Inbox()

    async def who(payload: dict[str, Any]) -> None:
        try:
            await inbox({"name": actor().user.name})
        except NoActor:
            await inbox({"name": None})

    with acting_as(ada):
        bus.subscribe("by ada", who)
    bus.subscribe("by nobody", who)
    with acting_as(grace):
        await bus.publish("by ada", {})
        assert await inbox.next() == [{"name": "Ada"}]
        await bus.publish("by nobody", {})
        assert await inbox.next() == [{"name": None}]


async def test_closing_waits_for_a_callback_that_runs_and_ends_all_subscriptions(bus: Bus) -> None:
    begun, done = asyncio.Event(), []

    async def takes_its_time(payload: dict[str, Any]) -> None:
        begun.set()
        for _ in range(5):
            await asyncio.sleep(0)
        done.append(payload)

    bus.subscribe("a", takes_its_time)
    await bus.publish("a", {"n": 1})
    await begun.wait()
    await bus.publish("a", {"n": 2})
    await bus.close()
    await bus.publish("a", {"n": 3})
    assert done == [{"n": 1}]


def test_topics_of_two_organisations_never_meet() -> None:
    assert in_organisation("acme", "document:1") != in_organisation("globex", "document:1")


async def test_a_subscriber_that_is_far_behind_loses_its_oldest_messages(
    caplog: pytest.LogCaptureFixture,
) -> None:
    bus, inbox = InMemoryBus(max_pending=3), Inbox()
    bus.subscribe("a", inbox)
    for number in range(10):
        await bus.publish("a", {"n": number})
    assert await inbox.next(3) == [{"n": 7}, {"n": 8}, {"n": 9}]
    warnings = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert len(warnings) == 1


async def test_idle_returns_when_all_was_handled_even_within_a_callback() -> None:
    bus, seen = InMemoryBus(), []

    async def callback(payload: dict[str, Any]) -> None:
        await bus.idle()
        seen.append(payload)

    bus.subscribe("a", callback)
    await bus.publish("a", {})
    async with asyncio.timeout(120):
        await bus.idle()
    assert seen == [{}]


async def test_topics_without_subscribers_leave_nothing_behind() -> None:
    bus = InMemoryBus()

    async def callback(payload: dict[str, Any]) -> None: ...

    callbacks: list[Callback] = [callback, callback]
    ends = [bus.subscribe(f"topic {number}", each) for number, each in enumerate(callbacks)]
    for end in ends:
        end()
    assert not bus._subscribers
