"""A version in a cell: what its server asks of it, and what it tells."""

from __future__ import annotations

import asyncio

import pytest

from app.cell.serving import messages as say
from app.cell.serving.frames import Kind
from app.node.cells.remote import CellEnded
from app.source.problems import AppError
from tests.unit.cell.serving.conftest import ADA, Server

APP = """
import asyncio

import reflex as rx
from pydantic import BaseModel

from app.sdk import DynamicApp, Page, broadcast, current


class Item(BaseModel):
    name: str


class S(rx.State):
    count: int = 0
    who: str = ""
    items: list[Item] = []
    raw: dict = {}
    _started: bool = False

    @rx.var
    def double(self) -> int:
        return self.count * 2

    @rx.event
    def add(self, n: int = 1):
        self.count += n
        self.who = current.user.name

    @rx.event
    def twice(self):
        self.items.append(Item(name="one"))
        yield
        return S.add(10)

    @rx.event
    def fail(self):
        self.count = 99
        raise ValueError("this fails")

    @rx.event
    async def wait(self):
        self.who = "waits"
        yield
        await asyncio.Event().wait()

    @rx.event(background=True)
    async def later(self):
        for _ in range(3):
            async with self:
                self.count += 100

    @rx.event
    def unsendable(self):
        self.count = 5
        self.raw = {}
        self.raw["again"] = self.raw

    @rx.event
    async def shout(self):
        await broadcast(S.add(3), to_self=False)

    @rx.event
    def leave(self):
        return rx.redirect("/other")

    def helper(self):
        self.count = -1


def index() -> rx.Component:
    return rx.vstack(rx.text(S.count), rx.text(S.double), rx.button("+", on_click=S.add(1)))


class AppEntry(DynamicApp):
    name = "Tried"
    capabilities = {"broadcast"}
    pages = {"/": Page(index, on_load=S.add(5)), "/other": index}
"""


async def test_a_server_learns_what_it_needs_to_know(server: Server) -> None:
    served = await server.load(APP)
    facts = served.facts
    assert (facts.name, facts.url) == ("Tried", "acme-tried")
    assert facts.pages["/"].on_load == ((f"{served.state}.add", {"n": 5}),)
    assert facts.handlers[f"{served.state}.later"].background
    assert f"{served.state}.add" in facts.open_events
    assert f"{served.state}.helper" not in facts.open_events
    assert served.bundle


async def test_what_is_wrong_with_a_version_is_told_with_its_place(server: Server) -> None:
    with pytest.raises(AppError) as refused:
        await server.load("import reflex as rx\nfrom nowhere import nothing\n")
    assert refused.value.problems[0].file == "entry.py"
    assert refused.value.problems[0].line == 2


async def test_an_event_changes_the_tab_that_sent_it_and_no_other(server: Server) -> None:
    served = await server.load(APP)
    assert (await served.open("t1"))["count"] == 0
    await served.open("t2")
    await served.send("add", n=3)
    (update,) = served.heard.updates
    assert update[0] == "t1"
    assert update[1]["delta"][served.state] == {
        "count_rx_state_": 3,
        "double_rx_state_": 6,
        "who_rx_state_": "Ada",
    }
    assert (await served.open("t2"))["count"] == 0


async def test_events_of_a_tab_run_in_their_order(server: Server) -> None:
    served = await server.load(APP)
    await served.open()
    await asyncio.gather(*(served.send("add", n=n) for n in (1, 20, 300)))
    counts = [u["delta"][served.state]["count_rx_state_"] for _, u in served.heard.updates]
    assert counts == [1, 21, 321]


async def test_what_an_event_leads_to_runs_too_and_is_told(server: Server) -> None:
    served = await server.load(APP)
    await served.open()
    await served.send("twice")
    while served.heard.value("count") != 10:
        served.heard.changed.clear()
        await served.heard.changed.wait()
    while len(served.heard.ran_events) < 2:
        served.heard.changed.clear()
        await served.heard.changed.wait()
    assert [ran.name for ran in served.heard.ran_events] == ["S.twice", "S.add"]


async def test_an_error_is_told_with_its_place_and_to_the_user(server: Server) -> None:
    served = await server.load(APP)
    await served.open()
    await served.send("fail")
    (ran,) = served.heard.ran_events
    assert ran.outcome == "error"
    assert ran.problem is not None
    assert ran.problem.file == "entry.py"
    assert "this fails" in ran.problem.message
    await served.send("add")
    assert any("An error occurred" in str(update) for _, update in served.heard.updates)


async def test_a_background_event_holds_up_nothing(server: Server) -> None:
    served = await server.load(APP)
    await served.open()
    await served.send("later")
    await served.send("add")
    assert served.heard.value("count") == 301


async def test_a_value_that_cannot_be_sent_is_taken_back(server: Server) -> None:
    served = await server.load(APP)
    await served.open()
    await served.send("add", n=2)
    await served.send("unsendable")
    assert served.heard.ran_events[-1].outcome == "error"
    assert (await served.open())["count"] == 2


async def test_an_event_that_is_cancelled_ends_and_those_after_it_run(server: Server) -> None:
    served = await server.load(APP)
    await served.open()
    waiting = asyncio.ensure_future(served.send("wait"))
    while served.heard.value("who") != "waits":
        served.heard.changed.clear()
        await served.heard.changed.wait()
    waiting.cancel()
    await served.send("add")
    assert served.heard.value("count") == 1
    assert served.heard.ran_events[0].outcome == "cancelled"


async def test_values_go_to_another_version_in_another_cell(server: Server) -> None:
    old = await server.load(APP)
    await old.open()
    await old.send("add", n=7)
    await old.send("twice")
    values = await old.park()
    new = await server.load(APP.replace("count * 2", "count * 3"), number=2)
    opened = await new.open(values=values)
    assert opened["count"] in (7, 17)  # what `twice` led to may have run by then
    assert opened["double"] == opened["count"] * 3
    assert opened["items"] == [{"name": "one"}]


async def test_a_tab_stays_where_it_is_until_it_is_told_to_leave(server: Server) -> None:
    served = await server.load(APP)
    await served.open()
    await served.send("add", n=7)
    await served.park()
    assert (await served.open())["count"] == 7
    await served.cell.ask(Kind.LEAVE, say.OfTab(tab="t1"))
    assert (await served.open())["count"] == 0


async def test_what_code_asks_of_the_server_names_the_tab(server: Server) -> None:
    served = await server.load(APP)
    await served.open()
    await served.send("shout")
    (call,) = served.heard.calls
    assert (call.tab, call.name) == ("t1", "broadcast")
    assert call.arguments == {
        "name": f"{served.state}.add",
        "payload": {"n": 3},
        "to_self": False,
    }


async def test_a_path_of_its_own_leads_to_a_page_of_the_app(server: Server) -> None:
    served = await server.load(APP)
    await served.open()
    await served.send("leave")
    assert "/apps/acme-tried/other" in str(served.heard.updates[-1])


@pytest.mark.parametrize("event", ["nothing", "setvar.x"])
async def test_what_is_no_event_is_over_at_once(server: Server, event: str) -> None:
    served = await server.load(APP)
    await served.open()
    await served.send(event)
    assert served.heard.updates == []
    assert (await served.open())["count"] == 0


async def test_a_tab_that_is_not_open_has_no_events(server: Server) -> None:
    served = await server.load(APP)
    await served.send("add", tab="t9")
    assert served.heard.ran_events == []


async def test_whoever_waits_for_a_cell_that_is_closed_is_told(server: Server) -> None:
    served = await server.load(APP)
    await served.open()
    waiting = asyncio.ensure_future(served.send("wait"))
    while served.heard.value("who") != "waits":
        served.heard.changed.clear()
        await served.heard.changed.wait()
    served.cell.close()
    with pytest.raises(CellEnded):
        await waiting
    with pytest.raises(CellEnded):
        await served.cell.ask(Kind.OPEN, say.Open(tab="t1", who=ADA))
    assert served.heard.why == [""]
