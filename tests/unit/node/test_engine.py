"""One node: sessions, events and swaps, as pages see them."""

from __future__ import annotations

import asyncio
import gc
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from reflex.state import State

from app.cell.loading.version import LoadedVersion
from app.core.bus import in_organisation
from app.node.engine import running_host
from app.node.events.admission import take_vars
from app.source import discover
from app.source.problems import AppError
from app.testing import EventRefused, Kit, Page, kit
from tests.unit.apps.helpers import APPS, COUNTER, newest, relabel

BOARD = "globex/board"
ASSET_USE = '        rx.image(src=AppEntry.asset("style.css")),\n'
NO_EVENT = "reflex___state____state.client_apps___acme___counter___entry____counter_state.nothing"


@pytest.fixture
async def node() -> AsyncIterator[Kit]:
    async with kit(APPS) as running:
        yield running


async def counter(node: Kit) -> Any:
    return await newest(node, COUNTER, "CounterState")


async def board(node: Kit) -> Any:
    return await newest(node, BOARD, "BoardState")


async def publish(node: Kit, topic: str, text: str, organisation: str = "Demo") -> None:
    home = node._organisations[organisation]
    await node.core.bus.publish(in_organisation(home.id, topic), {"text": text})
    await node.settle()


def session_of(node: Kit, page: Page) -> Any:
    return node._node.engine.sessions.get(page._token)


async def save(node: Kit, app_id: str, text: str | None, name: str = "entry.py") -> None:
    """Save a file (without text: delete the app) and tell the node, which may refuse it."""
    file = node._apps / app_id / name
    if text is None:
        shutil.rmtree(node._apps / app_id)
    else:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    await node._node.engine.releases.changed([app_id])
    await node.settle()


# Opening


async def test_the_first_opening_loads_the_app(node: Kit) -> None:
    record = node._node.engine.catalog.get(COUNTER)
    assert record is not None
    assert record.version is None
    page = await node.open(COUNTER)
    assert (page.message["type"], page.message["number"]) == ("show", 1)
    assert page.title == "Acme / Counter"
    assert page.get((await counter(node)).double) == 0


async def test_opening_counts_as_one_version_however_many_pages_come_at_once(node: Kit) -> None:
    pages = await asyncio.gather(*(node.open(COUNTER) for _ in range(3)))
    assert {page.message["number"] for page in pages} == {1}


async def test_a_deep_link_runs_on_load_and_gives_its_parameters(node: Kit) -> None:
    page = await node.open(COUNTER, "/projects/p-7?tab=2")
    state = await counter(node)
    assert (page.title, page.message["page"]) == ("Project", "/projects/[project_id]")
    assert page.get(state.tags) == ["a", "loaded"]
    held = await page.state(state)
    assert held.project_id == "p-7"
    assert held.router.page.params["tab"] == "2"


async def test_going_from_page_to_page_keeps_the_state(node: Kit) -> None:
    page = await node.open(COUNTER)
    state = await counter(node)
    await page.send(state.increment)
    await page.goto("/apps/acme-counter/projects/9")
    assert (page.message["page"], page.get(state.count)) == ("/projects/[project_id]", 1)
    assert not [name for name in page.message["states"] if "client_apps" in name]


async def test_an_address_that_no_app_has_is_a_notice(node: Kit) -> None:
    page = await node.open(COUNTER)
    await page.goto("/apps/nothing")
    assert (page.message["type"], page.message["kind"]) == ("notice", "not-found")


async def test_a_page_that_the_app_does_not_have_is_a_notice_that_leads_home(node: Kit) -> None:
    page = await node.open(COUNTER, "/nothing/here")
    assert (page.message["kind"], page.message["path"]) == ("no-page", "/apps/acme-counter")


# Events


async def test_an_event_of_an_unknown_session_is_refused(
    node: Kit, caplog: pytest.LogCaptureFixture
) -> None:
    page = await node.open(COUNTER)
    state = await counter(node)
    session = session_of(node, page)
    node._node.engine.sessions.remove(session.token)
    page.raises = False
    await page.send(state.increment)
    assert page.get(state.count) == 0
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


async def test_an_event_that_the_app_does_not_have_is_refused(node: Kit) -> None:
    page = await node.open(COUNTER)
    await page._emit({"name": NO_EVENT, "payload": {}})
    await page.settle()
    assert page.get((await counter(node)).count) == 0


async def test_declared_methods_and_those_that_pages_name_are_open(node: Kit) -> None:
    await node.open(COUNTER)
    version = await node.version(COUNTER)
    assert isinstance(version, LoadedVersion)
    names = {name.rpartition(".")[2] for name in version.open_events.events}
    assert {"increment", "add", "slowly", "write"} <= names
    assert not {"setvar", "set_count", "double"} & names


async def test_an_event_of_an_app_that_is_gone_is_refused(node: Kit) -> None:
    page = await node.open(COUNTER)
    state = await counter(node)
    await page.send(state.increment)
    await save(node, COUNTER, None)
    assert page.message["kind"] == "not-found"
    with pytest.raises(EventRefused, match="its app is off, gone"):
        await page.send(state.increment)
    assert page.get(state.count) == 1


async def test_an_app_that_comes_back_goes_on_where_it_was(node: Kit) -> None:
    page = await node.open(COUNTER)
    text = node.source(COUNTER)
    await page.send((await counter(node)).increment)
    (node._apps / COUNTER / "entry.py").unlink()
    await node._node.engine.releases.changed([COUNTER])
    await node.settle()
    assert page.message["kind"] == "not-found"
    assert COUNTER not in node._node.engine.catalog.apps
    await save(node, COUNTER, text)
    assert page.message["type"] == "show"
    assert page.get((await counter(node)).count) == 1
    await page.send((await counter(node)).increment)
    assert page.get((await counter(node)).double) == 4


async def test_an_app_that_nobody_opened_goes_with_its_entry(node: Kit) -> None:
    (node._apps / COUNTER / "entry.py").unlink()
    await node._node.engine.releases.changed([COUNTER])
    assert COUNTER not in node._node.engine.catalog.apps


async def test_a_save_that_takes_the_entry_away_for_a_moment_is_a_save(
    node: Kit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(discover, "EDITOR_SECONDS", 60.0)
    page = await node.open(COUNTER)
    await page.send((await counter(node)).increment)
    entry = node._apps / COUNTER / "entry.py"
    text = entry.read_text().replace("Acme / Counter", "Renamed")
    entry.unlink()
    saving = asyncio.create_task(node._node.engine.releases.changed([COUNTER]))
    await asyncio.sleep(0)  # it finds no entry.py
    entry.write_text(text)
    await saving
    await node.settle()
    assert (page.title, page.message["number"]) == ("Renamed", 2)
    assert page.get((await counter(node)).count) == 1


async def test_an_event_before_the_page_was_opened_finds_its_states(node: Kit) -> None:
    """A browser that lost its connection may send an event before it opens its page again."""
    page = await node.open(COUNTER)
    state = await counter(node)
    await page.send(state.increment)
    session_of(node, page).view = None
    await page.send(state.increment)
    assert (await page.state(state)).count == 2


async def test_a_state_tree_that_expired_is_replaced(node: Kit) -> None:
    page = await node.open(COUNTER)
    state = await counter(node)
    await page.send(state.increment)
    manager = node._node.app.state_manager
    for token in [token for _, token in list(manager._token_expires_at.values())]:
        manager._purge_token(token)
    gc.collect()
    await page.send(state.increment)
    assert (await page.state(state)).count == 1
    await page.goto("/apps/acme-counter")
    assert page.get(state.count) == 1
    await page.send(state.increment)
    assert page.get(state.count) == 2


async def test_a_closed_tab_is_forgotten_with_its_state_tree(node: Kit) -> None:
    page = await node.open(COUNTER)
    await page.send((await counter(node)).increment)
    await page.disconnect()
    assert session_of(node, page) is not None
    manager = node._node.app.state_manager
    for token in [token for _, token in list(manager._token_expires_at.values())]:
        manager._purge_token(token)
    gc.collect()
    assert session_of(node, page) is None


async def test_sessions_do_not_share_state(node: Kit) -> None:
    one, two = await node.open(COUNTER), await node.open(COUNTER)
    state = await counter(node)
    await one.send(state.add, 5)
    assert (one.get(state.count), two.get(state.count)) == (5, 0)


# Swaps


async def test_a_swap_reaches_every_open_page_with_its_state(node: Kit) -> None:
    one, two = await node.open(COUNTER), await node.open(COUNTER, user="Bob")
    state = await counter(node)
    await one.send(state.increment)
    first = one.message["module"]
    await relabel(node, "Two")
    state = await counter(node)
    assert (one.message["number"], two.message["number"]) == (2, 2)
    assert one.message["module"] != first
    assert (one.get(state.count), one.get(state.double), two.get(state.count)) == (1, 2, 0)
    await one.send(state.increment)
    assert one.get(state.double) == 4


async def test_computed_vars_of_the_new_version_show_at_once(node: Kit) -> None:
    page = await node.open(COUNTER)
    await page.send((await counter(node)).add, 3)
    source = node.source(COUNTER)
    await node.swap(COUNTER, {"entry.py": source.replace("self.count * 2", "self.count * 10")})
    assert page.get((await counter(node)).double) == 30


async def test_a_page_that_left_the_app_gets_nothing_and_finds_its_state_later(node: Kit) -> None:
    page = await node.open(COUNTER)
    await page.send((await counter(node)).add, 4)
    await page.goto("/")
    shown = page.message
    await relabel(node, "Two")
    assert page.message is shown
    session = session_of(node, page)
    assert (session.attached, set(session.parked)) == ({}, {COUNTER})
    await page.goto("/apps/acme-counter")
    assert (page.message["number"], page.get((await counter(node)).count)) == (2, 4)
    assert session.parked == {}


async def test_a_page_that_was_offline_is_current_when_it_is_back(node: Kit) -> None:
    page = await node.open(COUNTER)
    await page.send((await counter(node)).add, 4)
    await page.disconnect()
    await relabel(node, "Two")
    await relabel(node, "Three")
    await page.connect()
    assert (page.message["number"], page.get((await counter(node)).count)) == (3, 4)


async def test_other_apps_do_not_notice_a_swap(node: Kit) -> None:
    other = await node.open(BOARD)
    before = other.message
    await node.open(COUNTER)
    await relabel(node, "Two")
    assert other.message is before


async def test_saving_the_same_again_changes_nothing(node: Kit) -> None:
    page = await node.open(COUNTER)
    await save(node, COUNTER, node.source(COUNTER))
    assert page.message["number"] == 1


async def test_a_swap_back_and_forth_uses_the_same_module_again(node: Kit) -> None:
    page = await node.open(COUNTER)
    first, text = page.message["module"], node.source(COUNTER, "labels.py")
    await relabel(node, "Two")
    await save(node, COUNTER, text, "labels.py")
    assert (page.message["module"], page.message["number"]) == (first, 3)


async def test_a_session_with_two_apps_runs_the_events_of_both(node: Kit) -> None:
    page = await node.open(COUNTER)
    await page.goto("/apps/board")
    assert set(session_of(node, page).attached) == {COUNTER, BOARD}
    await page.send((await board(node)).introduce)
    await page.goto("/apps/acme-counter")
    await page.send((await counter(node)).increment)
    assert page.get((await counter(node)).count) == 1
    assert page.get((await board(node)).heard) == ["Ada of Demo in globex/board"]
    await relabel(node, "Two")
    await page.goto("/apps/board")
    assert page.get((await board(node)).where) == "/apps/board"
    assert page.get((await board(node)).heard) == ["Ada of Demo in globex/board"]


async def test_a_background_event_goes_on_over_a_swap_and_sees_that_it_is_outdated(
    node: Kit,
) -> None:
    page = await node.open(COUNTER)
    await page.send((await counter(node)).slowly)
    await page.send((await counter(node)).increment)
    await relabel(node, "Two")
    state = await counter(node)
    await page.wait_for(lambda: page.get(state.count) == 101)
    assert (await page.state(state)).count == 101
    assert page.get(state.double) == 202


ENDLESS = """
    @rx.event(background=True)
    async def endless(self):
        try:
            await asyncio.Event().wait()
        finally:
            ENDED.append(current.app.number)
"""


async def test_the_third_version_ends_what_runs_of_the_first(node: Kit) -> None:
    source = node.source(COUNTER)
    source = source.replace("    @rx.event\n    def add", ENDLESS + "\n    @rx.event\n    def add")
    source = source.replace(
        "class CounterState", "ENDED: list[int] = []\n\n\nclass CounterState", 1
    )
    await save(node, COUNTER, source)
    page = await node.open(COUNTER)
    ended = await newest(node, COUNTER, "ENDED")
    await page.send((await counter(node)).endless)
    await relabel(node, "Two")
    assert ended == []
    await relabel(node, "Three")
    await node.settle()
    assert len(ended) == 1


async def test_a_version_that_cannot_be_loaded_is_shown_over_the_one_that_goes_on(
    node: Kit,
) -> None:
    page = await node.open(COUNTER)
    good = node.source(COUNTER)
    await save(node, COUNTER, good + "\n1 / 0\n")
    assert page.problems[0]["message"] == "ZeroDivisionError: division by zero"
    assert page.problems[0]["line"] == good.count("\n") + 2
    record = node._node.engine.catalog.get(COUNTER)
    assert record is not None
    assert record.failure is not None
    await page.send((await counter(node)).increment)
    assert page.get((await counter(node)).count) == 1
    assert page.message["number"] == 1
    await save(node, COUNTER, good)
    assert page.problems == []


async def test_the_same_mistake_made_twice_is_told_twice(node: Kit) -> None:
    page = await node.open(COUNTER)
    good = node.source(COUNTER)
    for _ in range(2):
        await save(node, COUNTER, good + "\n1 / 0\n")
        assert page.problems
        await save(node, COUNTER, good)
        assert not page.problems


async def test_an_app_that_never_worked_is_a_notice_until_it_does(node: Kit) -> None:
    page = await node.open(COUNTER)
    await save(node, "acme/new", "1 / 0")
    await page.goto("/apps/acme-new")
    assert (page.message["kind"], page.message["problems"][0]["app"]) == ("failed", "acme/new")
    good = node.source(COUNTER).replace('"acme-counter"', '"acme-new"')
    await save(node, "acme/new", "def heading():\n    return 'x'\n", "labels.py")
    await save(node, "acme/new", good)
    assert (page.message["type"], page.message["app"]) == ("show", "acme/new")


async def test_an_app_that_appears_bit_by_bit_is_served_when_it_is_complete(node: Kit) -> None:
    new = "acme/new"
    entry = node.source(COUNTER).replace('url = "acme-counter"', 'url = "acme-new"')
    await save(node, new, "from .gone import nothing\n", name="labels.py")
    failure = node._node.engine.catalog.apps[new].failure
    assert failure is not None
    assert "There is no entry.py" in failure.problems[0].message
    await save(node, new, entry)
    failure = node._node.engine.catalog.apps[new].failure
    assert failure is not None
    assert "gone" in failure.problems[0].message
    await save(node, new, node.source(COUNTER, "labels.py"), name="labels.py")
    page = await node.open(new)
    assert page.message["type"] == "show"
    assert page.problems == []


def problem_of(node: Kit, app_id: str) -> Any:
    failure = node._node.engine.catalog.apps[app_id].failure
    assert failure is not None
    return failure.problems[0]


async def test_an_interrupt_that_an_app_raises_is_a_failure_of_the_app(node: Kit) -> None:
    text = node.source(COUNTER)
    for raised in ("KeyboardInterrupt", "SystemExit", "asyncio.CancelledError"):
        await save(node, COUNTER, f"import asyncio\nraise {raised}('mine')\n{text}")
        assert raised.rpartition(".")[2] in problem_of(node, COUNTER).message
        assert problem_of(node, COUNTER).place == "entry.py:2"
    await save(node, COUNTER, text)
    assert node._node.engine.catalog.apps[COUNTER].failure is None


async def test_a_folder_that_cannot_be_read_is_told_until_it_can(
    node: Kit, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = await node.open(COUNTER)
    scandir, locked = os.scandir, node._apps / COUNTER / "locked"
    locked.mkdir()

    def refuse(path: Any) -> Any:
        if Path(path) == locked:
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    with monkeypatch.context() as patched:
        patched.setattr(os, "scandir", refuse)
        await save(node, COUNTER, node.source(COUNTER) + "\n")
    assert page.problems[0]["message"] == "locked cannot be read: Permission denied"
    await save(node, COUNTER, node.source(COUNTER) + "\n")
    assert page.problems == []


async def test_a_fault_of_graft_is_shown_as_a_failure_and_is_over_with_the_next_save(
    node: Kit, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    page, before = await node.open(COUNTER), await node.open(BOARD)
    releases = node._node.engine.releases

    def fail(*args: Any) -> Any:
        raise RuntimeError("nobody thought of this")

    for app_id in (COUNTER, BOARD):
        file = node._apps / app_id / "entry.py"
        file.write_text(file.read_text() + "\n")
    with monkeypatch.context() as patched:
        patched.setattr("app.cell.loading.loader.read_metadata", fail)
        await releases.changed([COUNTER])
    assert "nobody thought of this" in page.problems[0]["message"]
    assert "RuntimeError" in problem_of(node, COUNTER).detail
    with monkeypatch.context() as patched:
        patched.setattr("app.node.releases.folder.read_source", fail)
        await releases.changed([COUNTER, BOARD])
        await node.settle()
    assert "RuntimeError" in problem_of(node, BOARD).message
    assert before.problems
    await releases.changed([COUNTER, BOARD])
    await node.settle()
    assert (page.problems, before.problems) == ([], [])


async def test_a_save_while_the_one_before_is_loading_is_the_one_that_counts(
    node: Kit, tmp_path: Path
) -> None:
    page = await node.open(COUNTER)
    os.mkfifo(tmp_path / "door")
    text = node.source(COUNTER)
    releases = node._node.engine.releases
    entry = node._apps / COUNTER / "entry.py"
    wait = f"import pathlib\npathlib.Path({str(tmp_path / 'door')!r}).read_text()\n"
    entry.write_text(wait + text)
    loading = asyncio.create_task(releases.changed([COUNTER]))
    # Opened for writing, a pipe waits for its reader: the app is being imported from here on.
    door = await asyncio.to_thread(open, tmp_path / "door", "w")
    entry.write_text(text.replace("Acme / Counter", "The last"))
    last = asyncio.create_task(releases.changed([COUNTER]))
    door.close()
    await asyncio.gather(loading, last)
    await node.settle()
    assert (page.title, page.message["number"]) == ("The last", 3)
    assert page.problems == []


async def test_an_upgrade_that_raises_keeps_the_session_on_the_version_it_has(node: Kit) -> None:
    page = await node.open(COUNTER)
    state = await counter(node)
    await page.send(state.increment)
    source = node.source(COUNTER)
    other = source.replace("self.count += 1\n", "self.count += 10\n")
    bad = (
        other
        + "\n    @classmethod\n    def upgrade(cls, state, values, previous):\n        1 / 0\n"
    )
    await save(node, COUNTER, bad)
    assert page.problems[0]["message"].startswith("ZeroDivisionError")
    await page.send(state.increment)
    assert page.get(state.count) == 2
    assert page.message["number"] == 1
    await save(node, COUNTER, source.replace('"1.0.0"', '"1.0.1"'))
    assert (page.message["number"], page.get((await counter(node)).count)) == (3, 2)


async def test_a_version_that_cannot_take_the_state_of_a_page_that_comes_back_loses_nothing(
    node: Kit,
) -> None:
    page = await node.open(COUNTER)
    await page.send((await counter(node)).add, 3)
    await page.goto("/")
    good = node.source(COUNTER)
    await save(node, COUNTER, good.replace("self.count * 2", "1 // (self.count - 3)"))
    await page.goto("/apps/acme-counter")
    assert (page.message["type"], page.get((await counter(node)).count)) == ("show", 3)
    assert "ZeroDivisionError" in page.problems[0]["message"]
    await save(node, COUNTER, good.replace('"1.0.0"', '"1.0.1"'))
    assert (page.message["type"], page.get((await counter(node)).count)) == ("show", 3)


async def test_a_version_whose_upgrade_raises_is_not_there_for_a_page_that_comes_back(
    node: Kit,
) -> None:
    page = await node.open(COUNTER)
    await page.send((await counter(node)).add, 3)
    await page.goto("/")
    mistake = "\n    @classmethod\n    def upgrade(cls, values, previous):\n        1 / 0\n"
    await save(node, COUNTER, node.source(COUNTER) + mistake)
    await page.goto("/apps/acme-counter")
    assert (page.message["number"], page.get((await counter(node)).count)) == (1, 3)
    failure = node._node.engine.catalog.apps[COUNTER].failure
    assert failure is not None
    assert failure.problems[0].place.startswith("entry.py:")


async def test_two_apps_with_one_url_are_told_and_the_first_keeps_it(node: Kit) -> None:
    page = await node.open(COUNTER)
    clash = node.source(BOARD).replace('"board"', '"acme-counter"')
    with pytest.raises(AppError, match="acme-counter"):
        await node.swap(BOARD, {"entry.py": clash})
    await page.goto("/apps/acme-counter")
    assert page.message["app"] == COUNTER


@pytest.mark.parametrize("opened", [True, False])
async def test_a_new_app_does_not_take_the_url_of_one_that_is_there(
    node: Kit, opened: bool
) -> None:
    """The newcomer comes first in the alphabet."""
    if opened:
        await node.open(COUNTER)
    clash = node.source(BOARD).replace('"board"', '"acme-counter"').replace(ASSET_USE, "")
    clash = clash.replace('    stylesheets = ("style.css",)\n', "")
    await save(node, "aaa/thief", clash)
    page = await node.open(COUNTER)
    await page.goto("/apps/acme-counter")
    assert (page.message["type"], page.message["app"]) == ("show", COUNTER)


async def test_a_url_that_becomes_free_can_be_taken(node: Kit) -> None:
    await node.open(COUNTER)
    clash = node.source(BOARD).replace('"board"', '"acme-counter"')
    await save(node, BOARD, clash)
    await save(node, COUNTER, None)
    await save(node, BOARD, clash)
    page = await node.open(BOARD)
    assert (page.path, page.message["app"]) == ("/apps/acme-counter", BOARD)


# What connects pages


async def test_a_broadcast_reaches_pages_of_the_same_organisation_only(node: Kit) -> None:
    one = await node.open(COUNTER)
    two = await node.open(COUNTER, user="Bob")
    other = await node.open(COUNTER, user="Eve", organisation="Other")
    left = await node.open(COUNTER)
    await left.goto("/")
    state = await counter(node)
    await one.send(state.increment_everywhere)
    counts = [(await page.state(state)).count for page in (one, two, other, left)]
    assert counts == [1, 1, 0, 0]
    assert two.get(state.double) == 2


async def test_a_broadcast_may_leave_the_sender_out(node: Kit) -> None:
    source = node.source(COUNTER).replace(".increment)\n", ".increment, to_self=False)\n", 1)
    await save(node, COUNTER, source)
    one, two = await node.open(COUNTER), await node.open(COUNTER)
    state = await counter(node)
    await one.send(state.increment_everywhere)
    assert (one.get(state.count), two.get(state.count)) == (0, 1)


async def test_a_subscription_survives_swaps_and_ends_when_the_page_leaves(node: Kit) -> None:
    page = await node.open(BOARD)
    await page.send((await board(node)).watch)
    await page.send((await board(node)).watch)
    await publish(node, "news", "one")
    source = node.source(BOARD)
    await node.swap(BOARD, {"entry.py": source.replace('payload["text"]', 'payload["text"] * 2')})
    await publish(node, "news", "two")
    await publish(node, "news", "theirs", organisation="Demo")
    assert page.get((await board(node)).heard) == ["one", "twotwo", "theirstheirs"]
    await page.goto("/")
    await publish(node, "news", "late")
    assert len((await page.state(await board(node))).heard) == 3


async def test_a_topic_of_another_organisation_is_not_heard(node: Kit) -> None:
    page = await node.open(BOARD)
    await node.open(BOARD, user="Eve", organisation="Other")
    await page.send((await board(node)).watch)
    await publish(node, "news", "secret", organisation="Other")
    assert page.get((await board(node)).heard) == []


async def test_presence_shows_who_is_here_until_the_tab_closes(node: Kit) -> None:
    ada, bob = await node.open(BOARD), await node.open(BOARD, user="Bob")
    state = await board(node)
    await ada.send(state.join, "red")
    await bob.send(state.join, "blue")
    assert ada.get(state.members) == ["Ada red", "Bob blue"]
    await bob.send(state.recolor, "green")
    assert ada.get(state.members) == ["Ada red", "Bob green"]
    await bob.disconnect()
    await node.settle()
    assert ada.get(state.members) == ["Ada red"]
    await ada.send(state.leave)
    assert ada.get(state.members) == []


async def test_presence_is_of_one_organisation(node: Kit) -> None:
    ada = await node.open(BOARD)
    eve = await node.open(BOARD, user="Eve", organisation="Other")
    state = await board(node)
    await eve.send(state.join, "black")
    await ada.send(state.join, "red")
    assert (ada.get(state.members), eve.get(state.members)) == (["Ada red"], ["Eve black"])


# Storage


async def test_values_of_the_browsers_storage_are_asked_for_before_the_page_is_shown(
    node: Kit,
) -> None:
    page = await node.open(BOARD, storage={"board-theme": "dark"})
    state = await board(node)
    assert page.get(state.theme) == "dark"
    assert (await page.state(state)).theme == "dark"
    assert page.get(state.visits) == "0"


async def test_values_of_the_browsers_storage_come_with_the_first_packet_of_a_reconnection(
    node: Kit,
) -> None:
    page = await node.open(BOARD)
    await page.disconnect()
    page.storage["board-theme"] = "dark"
    await page.connect()
    assert page.get((await board(node)).theme) == "dark"


ZOOM = (
    "    visits: str",
    '    zoom: str = rx.LocalStorage("1", name="board-zoom")\n    visits: str',
)


async def test_the_browser_is_asked_for_the_values_of_vars_that_a_swap_brings(node: Kit) -> None:
    page = await node.open(BOARD, storage={"board-theme": "dark", "board-zoom": "3"})
    await page.send((await board(node)).watch)
    loads = page.get((await board(node)).heard)
    await node.swap(BOARD, {"entry.py": node.source(BOARD).replace(*ZOOM)})
    state = await board(node)
    assert (page.get(state.zoom), page.get(state.theme)) == ("3", "dark")
    assert (await page.state(state)).zoom == "3"
    assert page.message["ask"] == {
        "local_storage": {
            f"{state.get_full_name()}.zoom_rx_state_": {"name": "board-zoom", "sync": False}
        }
    }
    assert page.get(state.heard) == loads  # nothing was opened anew


async def test_a_browser_that_was_away_is_asked_for_the_values_of_new_vars(node: Kit) -> None:
    page = await node.open(BOARD, storage={"board-theme": "dark", "board-zoom": "3"})
    await page.disconnect()
    await node.swap(BOARD, {"entry.py": node.source(BOARD).replace(*ZOOM)})
    await page.connect()
    state = await board(node)
    assert (page.get(state.zoom), page.get(state.theme)) == ("3", "dark")


async def test_the_core_never_sees_storage_values_of_apps(node: Kit) -> None:
    page = await node.open(BOARD, storage={"board-theme": "dark"})
    await page.send((await board(node)).darken)
    await page.disconnect()
    await page.connect()
    assert page.message["type"] == "show"
    async with node._node.engine.outbox.locked(page._token) as root:
        assert isinstance(root, State)
        assert not [name for name in vars(root) if "theme" in name]


@pytest.mark.parametrize(
    "event",
    [None, {}, {"payload": None}, {"payload": {}}, {"payload": []}, {"payload": {"vars": [1]}}],
)
def test_an_event_without_values_of_storage_has_none(event: Any) -> None:
    assert take_vars(event) == {}


def test_values_of_apps_are_taken_out_of_an_event_and_the_cores_stay() -> None:
    app, core = f"{NO_EVENT.rpartition('.')[0]}.theme_rx_state_", "reflex___state____state.mode"
    nobodys = "reflex___state____state.client_apps___x.theme"
    values = {app: "dark", core: "light", nobodys: "?"}
    assert take_vars({"payload": {"vars": values}}) == {COUNTER: {app: "dark"}}
    assert values == {core: "light"}
    open_here = {app: "dark"}
    assert take_vars({"payload": {"vars": open_here}}, without={COUNTER}) == {}
    assert open_here == {app: "dark"}


# Uploads


async def test_an_upload_reaches_the_handler(node: Kit) -> None:
    page = await node.open(BOARD)
    await page.upload((await board(node)).uploaded, {"a.txt": b"abc"})
    assert page.get((await board(node)).files) == ["a.txt 3"]


# Pages of the core


async def test_pages_get_the_engine_of_their_node_and_nothing_else(node: Kit) -> None:
    app = node._node.app
    assert running_host() is node._node.engine
    host, app.host = app.host, object()
    with pytest.raises(TypeError, match="served by object, and not by an engine"):
        running_host()
    app.host = host
