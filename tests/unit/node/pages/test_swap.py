"""A swap with several open pages: who is moved when."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from app.testing import Kit, Page, kit
from tests.unit.apps.helpers import newest
from tests.unit.conftest import WriteApp

APP = "acme/waiting"
ENTRY = """
import asyncio
from pathlib import Path

import reflex as rx

from app.sdk import DynamicApp, current

GATE = Path({gate!r})


async def gate() -> None:
    while not GATE.exists():
        await asyncio.sleep(0.001)


class WaitState(rx.State):
    by: str = ""

    @rx.event
    async def hold(self):
        await gate()
        self.by = "one"

    @rx.var
    async def slow(self) -> str:
        if {slow} and current.user.name == "Ada":
            await gate()
        return "slow"


def index() -> rx.Component:
    return rx.vstack(rx.heading("one"), rx.text(WaitState.by, WaitState.slow))


class AppEntry(DynamicApp):
    name = "Waiting"
    version = "1.0.0"
    pages = {{"/": index}}
"""


class Gate:
    """What waits in the app goes on when it is open."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def open(self) -> None:
        self.file.touch()


@pytest.fixture
def gate(tmp_path: Path) -> Gate:
    return Gate(tmp_path / "gate")


@pytest.fixture
async def node(apps_root: Path, write_app: WriteApp, gate: Gate) -> AsyncIterator[Kit]:
    write_app(APP, {"entry.py": ENTRY.format(gate=str(gate.file), slow=False)})
    async with kit(apps_root) as running:
        yield running
        gate.open()


async def save(node: Kit, text: str) -> None:
    """Save the app, without waiting until everybody has it."""
    (node._apps / APP / "entry.py").write_text(text, encoding="utf-8")
    await node._node.engine.releases.changed([APP])


def has(page: Page, number: int) -> bool:
    return bool(page.message["number"] == number)


async def state(node: Kit) -> Any:
    return await newest(node, APP, "WaitState")


async def test_a_page_whose_event_runs_is_moved_after_it_and_the_others_at_once(
    node: Kit, gate: Gate
) -> None:
    ada, bob = await node.open(APP), await node.open(APP, user="Bob")
    await ada._emit({"name": f"{(await state(node)).get_full_name()}.hold", "payload": {}})
    second = node.source(APP).replace('rx.heading("one")', 'rx.heading("two")')
    await save(node, second.replace('self.by = "one"', 'self.by = "two"'))
    await bob.wait_for(lambda: has(bob, 2))
    assert has(ada, 1)
    gate.open()
    await node.settle()
    assert has(ada, 2)
    assert ada.get((await state(node)).by) == "one"  # the code that the event began with


async def test_a_page_whose_new_values_take_long_keeps_nobody_waiting(
    node: Kit, gate: Gate
) -> None:
    ada = await node.open(APP)
    others = [await node.open(APP, user=f"User {number}") for number in range(5)]
    await save(node, ENTRY.format(gate=str(gate.file), slow=True))
    for page in others:
        await page.wait_for(lambda page=page: has(page, 2))
    assert has(ada, 1)
    gate.open()
    await node.settle()
    assert has(ada, 2)


async def test_a_page_that_closed_meanwhile_is_left_alone(node: Kit) -> None:
    ada, bob = await node.open(APP), await node.open(APP, user="Bob")
    await save(node, node.source(APP).replace('rx.heading("one")', 'rx.heading("two")'))
    await bob.disconnect()
    await node.settle()
    assert (ada.message["number"], bob.message["number"]) == (2, 1)
