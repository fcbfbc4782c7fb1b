"""Vars that hold components: what a tab is sent, may fetch and may send because of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from app.bridge.compiling.parts import Part
from app.node.sessions import keepsakes
from app.node.sessions.keepsakes import Parts
from app.testing import EventFailed, Kit, Page, kit
from tests.unit.apps.helpers import newest

APP = "acme/parted"
ENTRY = """
import reflex as rx
from app.sdk import DynamicApp


@rx.memo
def badge(text: rx.Var[str]) -> rx.Component:
    return rx.text(text)


class Foreign(rx.Component):
    library = "no-such-library@1.0.0"
    tag = "Foreign"


class PartState(rx.State):
    kind: str = "plain"
    shown: rx.Component = rx.text("first")
    count: int = 0

    @rx.var
    def computed(self) -> rx.Component:
        return rx.heading(self.kind)

    @rx.var
    def rows(self) -> list[rx.Component]:
        return [rx.text(str(number)) for number in range(self.count)]

    def show(self, kind: str):
        self.kind = kind
        self.count += 1
        if kind == "button":
            self.shown = rx.button("press", on_click=PartState.pressed)
        elif kind == "memo":
            self.shown = badge(text="memo")
        elif kind == "foreign":
            self.shown = Foreign.create()

    def pressed(self):
        self.count += 100

    def hidden(self):
        self.count += 1000


def index():
    return rx.box(
        PartState.shown,
        PartState.computed,
        rx.foreach(PartState.rows, lambda row: row),
        rx.input(on_change=PartState.show),
    )


class AppEntry(DynamicApp):
    name = "Parted"
    pages = {"/": index}
"""


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Kit]:
    (tmp_path / APP).mkdir(parents=True)
    (tmp_path / APP / "entry.py").write_text(ENTRY)
    async with kit(tmp_path, only=APP) as running:
        yield running


@pytest.fixture
async def state(server: Kit) -> Any:
    return await newest(server, APP, "PartState")


def code(server: Kit, page: Page, var: Any) -> str:
    """The module at the address that the browser was sent, as its user gets it."""
    found = server._node.engine.sessions.part(page.actor.user.id, page.get(var))
    assert found is not None
    return found[0]


async def test_a_var_is_sent_as_the_address_of_a_module(server: Kit, state: Any) -> None:
    page = await server.open(APP)
    assert page.get(state.shown).startswith("/_graft/parts/")
    assert '"first"' in code(server, page, state.shown)
    assert '"plain"' in code(server, page, state.computed)
    before = page.get(state.computed)
    await page.send(state.show, "other")
    assert page.get(state.computed) != before
    assert '"other"' in code(server, page, state.computed)
    assert len(page.get(state.rows)) == 1


async def test_nobody_else_gets_what_a_tab_was_sent(server: Kit, state: Any) -> None:
    ada, ben = await server.open(APP), await server.open(APP, user="Ben")
    await ada.send(state.show, "secret")
    sessions = server._node.engine.sessions
    address = ada.get(state.computed)
    assert sessions.part(ada.actor.user.id, address) is not None
    assert sessions.part(ben.actor.user.id, address) is None


async def test_what_a_component_names_is_open_for_the_tab_that_got_it(
    server: Kit, state: Any
) -> None:
    ada, ben = await server.open(APP), await server.open(APP, user="Ben")
    await ada.send(state.show, "button")
    await ada.send(state.pressed)
    assert ada.get(state.count) == 101
    ada.raises = ben.raises = False
    with capture_logs() as logs:
        await ben.send(state.pressed)
        await ada.send(state.hidden)
    assert [entry["event"] for entry in logs].count("unknown event refused") == 2
    assert (ada.get(state.count), ben.get(state.count)) == (101, 0)


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        ("foreign", r'PartState\.shown cannot be sent .*"no-such-library" is not in the front end'),
        ("memo", r"PartState\.shown cannot be sent .*[bB]adge is an rx\.memo component"),
    ],
)
async def test_what_cannot_be_shown_fails_the_event_that_made_it(
    server: Kit, state: Any, kind: str, why: str
) -> None:
    page = await server.open(APP)
    before = page.get(state.shown)
    with pytest.raises(EventFailed, match=why):
        await page.send(state.show, kind)
    assert page.get(state.shown) == before
    await page.send(state.show, "button")
    assert page.get(state.shown) != before


async def test_a_component_stays_over_a_swap_and_its_events_go_on(server: Kit, state: Any) -> None:
    page = await server.open(APP)
    await page.send(state.show, "button")
    await server.swap(APP, {"entry.py": ENTRY.replace("+= 100", "+= 200")})
    state = await newest(server, APP, "PartState")
    assert '"press"' in code(server, page, state.shown)
    await page.send(state.pressed)
    assert page.get(state.count) == 201


def test_a_session_keeps_the_newest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keepsakes, "MOST_PART_BYTES", 10)
    kept = Parts()
    kept.add([Part("a", "1234"), Part("b", "1234")])
    kept.add([Part("c", "1234")])
    assert [kept.get(address) for address in "abc"] == [None, "1234", "1234"]
    kept.add([Part("d", "123456789012"), Part("e", "1")])  # one update is there as a whole
    assert [kept.get(address) for address in "bcde"] == [None, None, "123456789012", "1"]
    kept.add([Part("e", "1")])
    assert kept.size == sum(map(len, kept.codes.values()))
