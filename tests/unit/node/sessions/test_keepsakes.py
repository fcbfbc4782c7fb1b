"""What a browser can make its session keep has limits, whatever it sends, and however often."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from typing import Any

import pytest

from app.node.sessions.keepsakes import (
    LARGEST_PAGE,
    MOST_EVENT_BYTES,
    MOST_EVENTS,
    MOST_STORED,
    Stored,
    weight,
)
from app.testing import Kit, Page, kit
from tests.unit.apps.helpers import APPS, COUNTER, KITCHEN, newest

REFLEX = "reflex___state____state"
UPDATE_VARS = f"{REFLEX}.reflex___state____update_vars_internal_state.update_vars_internal"
ON_LOAD = f"{REFLEX}.reflex___state____on_load_internal_state"
STORED = f"{REFLEX}.client_apps___acme___kitchen___entry____kitchen_state"
LONG = "x" * 900_000


@pytest.fixture
async def node() -> AsyncIterator[Kit]:
    async with kit(APPS) as running:
        yield running


@pytest.fixture
async def page(node: Kit) -> Page:
    return await node.open(COUNTER)


def session_of(node: Kit, page: Page) -> Any:
    return node._node.engine.sessions.get(page._token)


def refused(node: Kit, app_id: str = "") -> float:
    return node._node.engine.observed.metrics.of(app_id).outcomes["refused"]._value.get()


async def send(page: Page, **event: Any) -> None:
    """Send what a browser that means ill might send, without waiting for what comes of it."""
    page_data = {"pathname": page.path, "asPath": page.path, "query": {}}
    await page._node.namespace.on_event(page._sid, {"router_data": page_data, **event})


async def test_storage_values_of_an_app_that_is_not_open(node: Kit, page: Page) -> None:
    for number in range(300):
        values = {f"{STORED}.var{number}_rx_state_": LONG}
        await send(page, name=UPDATE_VARS, payload={"vars": values})
    await page.settle()
    assert 0 < weight(session_of(node, page).stored.values, sys.maxsize) <= MOST_STORED
    assert session_of(node, page).connected


async def test_storage_values_that_come_with_the_connection(node: Kit, page: Page) -> None:
    await page.disconnect()
    page._stored_vars = {f"{STORED}.var{n}_rx_state_": str(n) for n in range(10)}
    page.storage = {str(n): LONG for n in range(10)}
    await page.connect()
    assert weight(session_of(node, page).stored.values, sys.maxsize) <= MOST_STORED
    assert page.message["type"] == "show"


async def test_an_app_opens_without_storage_values_that_are_too_many(node: Kit, page: Page) -> None:
    for number in range(10):
        values = {f"{STORED}.var{number}_rx_state_": LONG}
        await send(page, name=UPDATE_VARS, payload={"vars": values})
    await page.goto("/apps/acme-kitchen")
    assert page.message["type"] == "show"
    assert KITCHEN not in session_of(node, page).stored


async def test_words_of_an_address_that_no_page_says(node: Kit, page: Page) -> None:
    counter = await newest(node, COUNTER, "CounterState")
    name = f"{counter.get_full_name()}.increment"
    for number in range(100):
        page_data = {"pathname": page.path, "asPath": page.path, f"word{number}": LONG[:100_000]}
        await send(page, name=name, router_data=page_data)
    await page.settle()
    assert page.get(counter.count) == 100
    root = (await page.state(counter))._get_root_state()
    assert weight(dict(root.router_data), sys.maxsize) < LARGEST_PAGE
    assert root.router_data["asPath"] == page.path


@pytest.mark.parametrize("where", ["pathname", "asPath", "query"])
async def test_an_endless_address(node: Kit, page: Page, where: str) -> None:
    endless: Any = {"q": LONG} if where == "query" else f"/apps/{LONG}"
    event = await newest(node, COUNTER, "CounterState")
    name = f"{event.get_full_name()}.increment"
    before = refused(node)
    await send(page, name=name, router_data={"pathname": page.path, where: endless})
    await page.settle()
    assert (page.get(event.count), refused(node)) == (0, before + 1)


async def test_events_that_come_faster_than_they_run(node: Kit, page: Page) -> None:
    state = await newest(node, COUNTER, "CounterState")
    name = f"{state.get_full_name()}.increment"
    async with node._node.engine.outbox.locked(page._token):
        for _ in range(MOST_EVENTS + 200):
            await send(page, name=name)
        assert session_of(node, page).unfinished.events == MOST_EVENTS
    await page.settle()
    assert page.get(state.count) == MOST_EVENTS
    await page.send(state.increment)
    assert page.get(state.count) == MOST_EVENTS + 1
    assert session_of(node, page).unfinished.events == 0


async def test_arguments_that_come_faster_than_events_run(node: Kit, page: Page) -> None:
    state = await newest(node, COUNTER, "CounterState")
    name = f"{state.get_full_name()}.increment"
    async with node._node.engine.outbox.locked(page._token):
        for _ in range(100):
            await send(page, name=name, payload={"more": LONG})
        kept = session_of(node, page).unfinished
        assert kept.events < 100
        assert kept.bytes < MOST_EVENT_BYTES + 2 * len(LONG)
    page.raises = False
    await page.settle()
    await page.send(state.increment)
    assert page.get(state.count) == 1
    assert session_of(node, page).unfinished.bytes == 0


@pytest.mark.parametrize(
    "name", [f"{REFLEX}.hydrate", f"{REFLEX}.set_is_hydrated", f"{ON_LOAD}.set_is_hydrated"]
)
async def test_events_of_reflex_that_no_page_sends(node: Kit, page: Page, name: str) -> None:
    before = refused(node)
    await send(page, name=name, payload={"value": True} if "set_" in name else {})
    await page.settle()
    assert refused(node) == before + 1


def test_values_of_several_messages_and_apps_are_kept_together() -> None:
    stored = Stored()
    assert stored.add({"a/b": {"x": 1}})
    assert stored.add({"a/b": {"y": 2}, "a/c": {}})
    assert not stored.add({"a/b": {"z": "x" * (MOST_STORED + 1)}})
    assert (stored.take("a/b"), stored.take("a/b"), stored.take("a/c")) == (
        {"x": 1, "y": 2},
        None,
        {},
    )


def test_the_weight_of_a_value_counts_all_that_is_in_it() -> None:
    assert weight({"a": [{"b": LONG}]}, sys.maxsize) > len(LONG)
    assert weight({LONG: 1}, sys.maxsize) > len(LONG)
