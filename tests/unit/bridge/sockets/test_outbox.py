"""Ways to sessions past Reflex's event queue."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from reflex.istate.manager.memory import StateManagerMemory
from reflex.istate.manager.token import BaseStateToken
from reflex.state import BaseState, State
from reflex_base.event.context import EventContext

from app.bridge.sockets.events import GraftApp, current_token, socket_of
from app.bridge.sockets.outbox import Outbox
from app.testing import Kit, Page, kit
from app.testing.isolated import own_registry
from tests.unit.apps.helpers import APPS, COUNTER, newest


@pytest.fixture
async def app() -> AsyncIterator[GraftApp]:
    with own_registry():
        made = GraftApp()
        yield made
        await made.state_manager.close()  # type: ignore[no-untyped-call]


@pytest.fixture
async def node() -> AsyncIterator[Kit]:
    async with kit(APPS, only=COUNTER) as running:
        yield running


async def test_nothing_is_sent_to_a_tab_that_is_not_connected(app: GraftApp) -> None:
    sent: list[Any] = []
    assert app.event_namespace is not None

    async def emit(*args: Any, **options: Any) -> None:
        sent.append(args)

    app.event_namespace.emit = emit  # type: ignore[method-assign]
    await Outbox(app).send("nobody", {"graft": {"message": 1}})
    assert sent == []


async def test_the_locked_tree_is_the_sessions_own(app: GraftApp) -> None:
    async with Outbox(app).locked("token") as root:
        assert isinstance(root, State)
    async with Outbox(app).locked("token") as again:
        assert again is root
    async with Outbox(app).locked("other") as other:
        assert other is not root


async def test_a_socket_is_found_by_its_token(node: Kit) -> None:
    page = await node.open(COUNTER)
    namespace = node._node.namespace
    assert socket_of(namespace, page._token) == namespace.token_to_sid[page._token]
    assert socket_of(namespace, "nobody") is None


async def test_work_in_an_idle_session_runs_at_once_in_its_tree(node: Kit) -> None:
    page = await node.open(COUNTER)
    seen: list[Any] = []
    before = EventContext.get()

    async def work(root: BaseState) -> None:
        seen.extend((current_token(), root))

    assert await node._node.engine.outbox.at_once(page._token, work)
    async with node._node.engine.outbox.locked(page._token) as root:
        assert seen == [page._token, root]
    assert EventContext.get() is before


async def test_what_the_work_changes_is_sent(node: Kit) -> None:
    page = await node.open(COUNTER)
    counter = await newest(node, COUNTER, "CounterState")

    async def work(root: BaseState) -> None:
        (await root.get_state(counter)).count = 5

    assert await node._node.engine.outbox.at_once(page._token, work)
    assert page.get(counter.double) == 10


async def test_work_is_not_done_before_an_event_that_runs_or_waits(node: Kit) -> None:
    page = await node.open(COUNTER)
    counter = await newest(node, COUNTER, "CounterState")
    await page._emit({"name": f"{counter.get_full_name()}.increment", "payload": {}})
    while page._token not in node._node.app.event_processor._token_queues:  # noqa: ASYNC110
        await asyncio.sleep(0)
    assert not await node._node.engine.outbox.at_once(page._token, _never)
    await node.settle()
    assert page.get(counter.count) == 1


async def test_work_is_not_done_while_something_holds_the_state(node: Kit) -> None:
    page = await node.open(COUNTER)
    outbox = node._node.engine.outbox
    async with outbox.locked(page._token):
        assert not await outbox.at_once(page._token, _never)


async def test_work_is_not_done_in_a_tree_that_reflex_has_not_hydrated(node: Kit) -> None:
    page: Page = await node.open(COUNTER)
    manager = node._node.app.state_manager
    assert isinstance(manager, StateManagerMemory)
    manager._purge_token(BaseStateToken(ident=page._token, cls=State))
    assert not await node._node.engine.outbox.at_once(page._token, _never)


async def _never(root: BaseState) -> None:
    raise AssertionError("it is not the turn of this")
