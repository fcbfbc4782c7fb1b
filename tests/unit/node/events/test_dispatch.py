"""Which handler an event gets; what was decided before holds for as long as it is still true."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from app.node.releases.access import Access
from app.testing import EventRefused, Kit, Page, kit
from tests.unit.apps.helpers import APPS, COUNTER, newest, relabel, set_access


@pytest.fixture
async def node() -> AsyncIterator[Kit]:
    async with kit(APPS, only=COUNTER) as running:
        yield running


def session_of(node: Kit, page: Page) -> Any:
    return node._node.engine.sessions.get(page._token)


async def clicked(node: Kit) -> tuple[Page, Any]:
    page = await node.open(COUNTER)
    state = await newest(node, COUNTER, "CounterState")
    await page.send(state.increment)
    return page, state


@pytest.mark.parametrize(
    "access", [Access(enabled=False), Access(organisations={"other": None})], ids=["off", "hidden"]
)
async def test_an_app_that_may_not_be_used_any_more_runs_no_further_event(
    node: Kit, access: Access
) -> None:
    page, state = await clicked(node)
    set_access(node, COUNTER, access)
    with pytest.raises(EventRefused, match="its app is off"):
        await page.send(state.increment)
    assert page.get(state.count) == 1
    set_access(node, COUNTER, Access())
    await page.send(state.increment)
    assert page.get(state.count) == 2


async def test_an_event_runs_as_whoever_the_user_is_by_now(node: Kit) -> None:
    page, state = await clicked(node)
    session = session_of(node, page)
    session.actor = replace(session.actor, roles=frozenset({"admin"}))
    await page.send(state.increment)
    (decision,) = session.decisions.values()
    assert decision.actor.roles == frozenset({"admin"})


async def test_after_a_swap_the_new_versions_handler_runs(node: Kit) -> None:
    page, _ = await clicked(node)
    text = node.source(COUNTER).replace("self.count += 1\n", "self.count += 10\n")
    await node.swap(COUNTER, {"entry.py": text})
    state = await newest(node, COUNTER, "CounterState")
    await page.send(state.increment)
    assert page.get(state.count) == 11


async def test_what_was_decided_keeps_no_version_alive(node: Kit) -> None:
    page, _ = await clicked(node)
    session = session_of(node, page)
    before = session.attached[COUNTER]
    assert [d.version for d in session.decisions.values()] == [before]
    await relabel(node, "again")
    assert before not in [d.version for d in session.decisions.values()]
