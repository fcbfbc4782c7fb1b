"""What a browser may send: declared events, what pages name, what a tab was sent. Nothing else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from app.testing import Kit, kit
from app.testing.page import Page
from tests.unit.apps.helpers import newest

APP = "acme/plain"
ENTRY = """
import reflex as rx
from app.sdk import DynamicApp, Page


class PlainState(rx.State):
    count: int = 0
    text: str = ""
    heard: str = ""

    def set_text(self, value: str):
        self.text = value

    def set_count(self, value: int):
        self.count = value

    def add(self):
        self.count += self.step()

    def step(self):
        return 2

    def arrive(self):
        self.heard = "arrived"

    def chain(self):
        return PlainState.hidden

    def hidden(self):
        self.count += 100

    def ask(self):
        return rx.call_script("1 + 1", callback=PlainState.answered)

    def answered(self, value: int):
        self.heard = f"answer {value}"


def index():
    return rx.box(
        rx.text(PlainState.count),
        rx.button("add", on_click=PlainState.add),
        rx.button("chain", on_click=PlainState.chain),
        rx.button("ask", on_click=PlainState.ask),
        rx.input(on_change=PlainState.setvar("text")),
    )


class AppEntry(DynamicApp):
    name = "Plain"
    version = "1.0.0"
    pages = {"/": Page(index, on_load=PlainState.arrive)}
"""


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Kit]:
    folder = tmp_path / APP
    folder.mkdir(parents=True)
    (folder / "entry.py").write_text(ENTRY)
    async with kit(tmp_path, only=APP) as running:
        yield running


@pytest.fixture
async def page(server: Kit) -> Page:
    opened = await server.open(APP)
    opened.raises = False
    return opened


@pytest.fixture
async def state(server: Kit, page: Page) -> Any:
    return await newest(server, APP, "PlainState")


async def refused(page: Page, event: Any, *arguments: Any) -> bool:
    """Send an event; tell whether it was refused."""
    with capture_logs() as lines:
        await page.send(event, *arguments)
    return any(line["event"] == "unknown event refused" for line in lines)


async def test_a_method_that_a_page_names_is_an_event(page: Page, state: Any) -> None:
    assert page.get(state.heard) == "arrived"  # `on_load` names it
    await page.send(state.add)
    assert page.get(state.count) == 2


@pytest.mark.parametrize("name", ["step", "arrive", "hidden", "answered", "set_count", "set_text"])
async def test_what_neither_a_page_nor_its_author_calls_an_event_is_none(
    page: Page, state: Any, name: str
) -> None:
    before = page.get(state.count)
    arguments = ("5",) if name in ("answered", "set_text") else (5,) * name.startswith("set")
    assert await refused(page, getattr(state, name), *arguments)
    assert page.get(state.count) == before


async def test_what_a_handler_returns_runs_and_is_no_event_of_browsers(
    page: Page, state: Any
) -> None:
    await page.send(state.chain)
    assert page.get(state.count) == 100
    assert await refused(page, state.hidden)
    assert page.get(state.count) == 100


async def test_what_a_tab_was_sent_names_events_for_this_tab_alone(
    server: Kit, page: Page, state: Any
) -> None:
    await page.send(state.ask)
    await page.send(state.answered, 2)
    assert page.get(state.heard) == "answer 2"
    other = await server.open(APP)
    other.raises = False
    assert await refused(other, state.answered, 3)


async def test_setvar_opens_the_var_that_a_page_names_and_no_other(page: Page, state: Any) -> None:
    await page.send(state.setvar("text"), "typed")
    assert page.get(state.text) == "typed"
    assert await refused(page, state.setvar("count"), 9)
    assert page.get(state.count) == 0
