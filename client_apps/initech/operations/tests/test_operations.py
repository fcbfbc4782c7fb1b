"""The dashboard and the page of a machine as their users use them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from app.core import documents
from app.core.actor import acting_as
from app.testing import Kit, Page, kit
from client_apps.initech.operations.acknowledgements import KEPT, KIND, acknowledge, read
from client_apps.initech.operations.board_state import BoardState
from client_apps.initech.operations.charts import POINTS
from client_apps.initech.operations.feed import FeedState
from client_apps.initech.operations.incident_views import RECENT
from client_apps.initech.operations.machine_state import MachineState
from client_apps.initech.operations.simulation import Machine, incidents, plant

APP = "initech/operations"
ROUTE = "/apps/initech-operations"


class Clock:
    """Stands in for the time of day; only a test moves it."""

    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock(float(int(time.time())))
    monkeypatch.setattr(time, "time", found)
    sleep = asyncio.sleep

    async def hurry(delay: float, *rest: Any) -> Any:
        return await sleep(delay / 50, *rest)

    # The feeds beat faster; what they see of the time is the clock above.
    monkeypatch.setattr(asyncio, "sleep", hurry)
    return found


@pytest.fixture
async def server(clock: Clock) -> AsyncIterator[Kit]:
    async with kit(only=APP) as running:
        yield running


def with_incident(now: float) -> Machine:
    """A machine with an incident that is recent now and will still be in a few minutes."""
    tick = int(now)
    return next(each for each in plant() if incidents(each, tick - RECENT + 300, tick))


async def runs(page: Page) -> None:
    await page.wait_for(lambda: page.get(FeedState.running))


async def test_the_dashboard_shows_a_minute_of_the_past_at_once(server: Kit) -> None:
    page = await server.open(APP)
    assert len(page.get(BoardState.points)) == POINTS
    assert page.get(BoardState.kpis)["machines"] == len(plant())
    assert page.get(BoardState.selection)["matching"] == len(plant())


async def test_the_feed_goes_on_with_time(server: Kit, clock: Clock) -> None:
    page = await server.open(APP)
    await runs(page)
    before = page.get(BoardState.tick)
    clock.now += 3
    await page.wait_for(lambda: page.get(BoardState.tick) == before + 3)
    points = page.get(BoardState.points)
    assert [point["tick"] for point in points][-4:] == [before, before + 1, before + 2, before + 3]
    assert len(points) == POINTS


async def test_a_paused_feed_stands_still_and_goes_on_from_now(server: Kit, clock: Clock) -> None:
    page = await server.open(APP)
    await runs(page)
    before = page.get(BoardState.tick)
    await page.send(FeedState.pause)
    clock.now += 100
    assert not page.get(FeedState.running)
    await page.send(FeedState.start)
    await page.wait_for(lambda: page.get(BoardState.tick) == before + 100)
    assert page.get(FeedState.running)


async def test_a_pause_holds_over_pages_which_still_show_something(server: Kit) -> None:
    page = await server.open(APP)
    await page.send(FeedState.pause)
    await page.goto(f"{ROUTE}/machines/{plant()[0].id}")
    assert len(page.get(MachineState.points)) == POINTS
    assert not page.get(FeedState.running)


async def test_each_tab_has_a_feed_of_its_own(server: Kit, clock: Clock) -> None:
    one, two = await server.open(APP, user="Ada"), await server.open(APP, user="Grace")
    await one.send(FeedState.pause)
    await runs(two)
    before = two.get(BoardState.tick)
    clock.now += 2
    await two.wait_for(lambda: two.get(BoardState.tick) == before + 2)
    assert one.get(BoardState.tick) == before
    await one.send(FeedState.start)
    await one.wait_for(lambda: one.get(BoardState.tick) == before + 2)
    assert one.get(BoardState.points) == two.get(BoardState.points)


async def test_a_slower_pace_waits_longer(server: Kit, clock: Clock) -> None:
    page = await server.open(APP)
    await runs(page)
    before = page.get(BoardState.tick)
    await page.send(FeedState.set_pace, "5")
    await page.send(FeedState.set_pace, "0.001")
    assert page.get(FeedState.interval) == "5"
    clock.now += 4
    step = (await page.state(FeedState))._shown
    clock.now += 1
    await page.wait_for(lambda: page.get(BoardState.tick) == before + 5)
    assert step == before


async def test_the_feed_ends_when_the_tab_is_closed(server: Kit) -> None:
    page = await server.open(APP)
    await runs(page)
    await page.disconnect()
    await page.ended(FeedState.feed)


async def test_a_feed_that_was_started_by_hand_ends_when_the_tab_is_closed(server: Kit) -> None:
    """Reflex does not end it, as it does with what the opening of a page started."""
    page = await server.open(APP)
    await page.send(FeedState.pause)
    await page.send(FeedState.start)
    await runs(page)
    await page.disconnect()
    await page.ended(FeedState.feed)
    assert not (await page.state(FeedState)).running


async def test_the_feed_goes_on_when_the_connection_is_back(server: Kit, clock: Clock) -> None:
    page = await server.open(APP)
    await runs(page)
    await page.disconnect()
    await page.ended(FeedState.feed)
    await page.connect()
    clock.now += 2
    tick = int(clock.now)
    await page.wait_for(lambda: page.get(BoardState.tick) == tick)
    assert page.get(FeedState.running)


async def test_the_feed_goes_on_in_a_new_version_of_the_app(server: Kit, clock: Clock) -> None:
    page = await server.open(APP)
    await runs(page)
    wanted = "                if not self._wanted()"
    source = server.source(APP, "feed.py")
    assert wanted in source
    new = source.replace(wanted, f'                self.problem = "new loop"\n{wanted}')
    await server.swap(APP, {"feed.py": new})
    await page.wait_for(lambda: page.get(FeedState.problem) == "new loop")
    clock.now += 2
    tick = int(clock.now)
    await page.wait_for(lambda: page.get(BoardState.tick) == tick)
    assert page.get(FeedState.running)


async def test_the_table_is_filtered_sorted_and_turned(server: Kit) -> None:
    page = await server.open(APP)
    await page.send(BoardState.only_area, "Packing")
    await page.send(BoardState.sort, "output")
    await page.send(BoardState.sort, "output")
    rows = page.get(BoardState.selection)["rows"]
    assert {row["area"] for row in rows} == {"Packing"}
    assert [row["output"] for row in rows] == sorted((r["output"] for r in rows), reverse=True)
    await page.send(BoardState.search, "submarine")
    assert page.get(BoardState.selection)["matching"] == 0
    await page.send(BoardState.clear)
    await page.send(BoardState.turn, 1)
    assert page.get(BoardState.selection)["page"] == 2
    assert page.get(BoardState.address) == "?sort=-output&page=2"


async def test_an_address_opens_the_view_it_names(server: Kit) -> None:
    page = await server.open(APP, "/?area=Packing&sort=-output&text=3")
    assert [row["name"] for row in page.get(BoardState.selection)["rows"]] == ["Packer 3"]
    assert page.get(BoardState.view)["descending"] is True


async def test_the_charts_show_the_chosen_machines(server: Kit) -> None:
    page = await server.open(APP)
    whole = page.get(BoardState.points)[-1]["output"]
    await page.send(BoardState.choose, plant()[0].id, True)
    assert 0 <= page.get(BoardState.points)[-1]["output"] < whole / 4
    assert len(page.get(BoardState.points)) == POINTS
    await page.send(BoardState.choose_none)
    assert page.get(BoardState.points)[-1]["output"] == whole


async def test_a_machine_that_does_not_exist_is_told_so_and_not_fed(server: Kit) -> None:
    page = await server.open(APP, "/machines/press-99")
    assert page.get(MachineState.phase) == "missing"
    assert not page.get(FeedState.running)


async def test_an_acknowledgement_reaches_everybody_and_stays(server: Kit, clock: Clock) -> None:
    machine = with_incident(clock.now)
    path = f"/machines/{machine.id}"
    ada, grace = await server.open(APP, path), await server.open(APP, path, user="Grace")
    board = await server.open(APP, user="Grace")
    open_before = board.get(BoardState.kpis)["open_incidents"]
    incident = ada.get(MachineState.incidents)[0]["id"]
    await ada.send(MachineState.acknowledge, incident)
    assert [toast.kind for toast in ada.toasts] == ["success"]
    assert grace.get(MachineState.incidents)[0]["by"] == "Ada"
    assert board.get(BoardState.kpis)["open_incidents"] == open_before - 1
    await grace.send(MachineState.acknowledge, incident)
    late = await server.open(APP, path, user="Linus")
    assert late.get(MachineState.incidents)[0]["by"] == "Ada"


async def test_what_is_no_recent_incident_cannot_be_acknowledged(server: Kit) -> None:
    page = await server.open(APP, f"/machines/{plant()[0].id}")
    await page.send(MachineState.acknowledge, "press-1-12")
    assert [toast.kind for toast in page.toasts] == ["error"]


async def test_acknowledging_at_the_same_moment_loses_nothing(server: Kit) -> None:
    page = await server.open(APP)
    with acting_as(page.actor):
        for first in (0, 8):  # when there is no document yet, and when there is one
            some = range(first, first + 8)
            await asyncio.gather(*(acknowledge(f"press-1-{n}", "Ada", n) for n in some))
        assert set(await read()) == {f"press-1-{n}" for n in range(16)}


async def test_old_acknowledgements_are_forgotten(server: Kit) -> None:
    page = await server.open(APP)
    with acting_as(page.actor):
        old = {f"old-{n}": {"by": "Ada", "tick": n} for n in range(KEPT)}
        await documents.create(KIND, "Acknowledged incidents", {"incidents": old})
        await acknowledge("new-1", "Ada", KEPT)
        found = await read()
    assert len(found) == KEPT
    assert "new-1" in found
    assert "old-0" not in found


async def test_an_error_of_the_documents_is_shown_and_can_be_got_over(
    server: Kit, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(**_: object) -> None:
        raise documents.Invalid("out of order")

    with monkeypatch.context() as patch:
        patch.setattr(documents, "list", broken)
        page = await server.open(APP)
        assert page.get(BoardState.problem) == "out of order"
        assert page.get(BoardState.tick) > 0
    await page.send(BoardState.retry)
    assert page.get(BoardState.problem) == ""
