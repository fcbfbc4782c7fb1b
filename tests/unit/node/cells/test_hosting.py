"""A node whose apps run in cells: what people in open pages have of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from app.node.cells.deaths import MOST
from app.node.cells.versions import VersionInCell
from app.source.problems import NotNow
from app.testing import Kit, Page, kit
from app.testing.upload import post_files

APP, OTHER = "acme/tried", "acme/other"
ENTRY = """
import asyncio

import reflex as rx
from pydantic import BaseModel

from app.core import documents, files
from app.sdk import DynamicApp, Page, broadcast, current, log, presence, settings, subscribe


class Settings(BaseModel):
    greeting: str = "hello"


class S(rx.State):
    count: int = 0
    text: str = ""
    notes: list[str] = []
    _hidden: int = 0

    @rx.var
    def greeting(self) -> str:
        return settings(Settings).greeting

    @rx.var
    def hidden(self) -> int:
        return self._hidden

    @rx.event
    def add(self, n: int = 1):
        self.count += n

    @rx.event
    def hide(self):
        self._hidden += 1

    @rx.event
    def chain(self):
        return S.add(10)

    @rx.event
    def fail(self):
        raise ValueError("this fails")

    @rx.event
    async def shout(self):
        await broadcast(S.heard("loud"), to_self=False)

    @rx.event
    def heard(self, what: str):
        self.text = what

    @rx.event
    async def join(self):
        await subscribe(presence.topic("room"), S.looked)
        await presence.join("room", at=1)

    @rx.event
    def looked(self, payload: dict):
        self.notes = [member.user_name for member in presence.here("room")]

    @rx.event
    async def write(self):
        made = await documents.create("note", "A note", {"text": "one"})
        await documents.save(made.id, {"text": "two"}, base_revision=1)
        try:
            await documents.save(made.id, {"text": "three"}, base_revision=1)
        except documents.Conflict as conflict:
            self.text = f"{conflict.current.revision} {conflict.current.content['text']}"

    @rx.event
    async def keep(self):
        async def chunks():
            for piece in (b"one ", b"two"):
                yield piece

        saved = await files.save("note.txt", chunks())
        self.text = b"".join([chunk async for chunk in await files.open(saved.id)]).decode()

    @rx.event(background=True)
    async def later(self):
        async with self:
            self.text = "began"
        for _ in range(300):
            await asyncio.sleep(0.01)
            async with self:
                if self.notes == ["go"]:
                    self.count += 1000
                    self.notes = []
                    return

    @rx.event
    def go(self):
        self.notes = ["go"]

    @rx.event
    def leave(self):
        return rx.redirect("/second")

    @rx.event
    async def receive(self, files: list[rx.UploadFile]):
        self.text = " ".join([(await file.read()).decode() for file in files])

    @rx.event
    def say(self):
        log.warning("something happened", why="a test", app="acme/other")

    @rx.event
    def where(self):
        self.text = f"{current.user.name} {current.app.number} {current.outdated}"


def index() -> rx.Component:
    upload = rx.upload(rx.text("Files"), id="files", on_drop=S.receive)
    texts = (rx.text(S.count), rx.text(S.text), rx.text(S.greeting), rx.text(S.notes))
    return rx.vstack(*texts, upload)


class AppEntry(DynamicApp):
    name = "Tried"
    settings = Settings
    capabilities = {"broadcast", "documents:write", "files:write"}
    pages = {
        "/": Page(index, on_load=S.add(1)),
        "/second": Page(index, on_load=S.heard("arrived")),
    }
"""


class There:
    """A page, by the names of events and vars of `S`."""

    def __init__(self, page: Page, version: VersionInCell) -> None:
        self.page = page
        self.state = next(iter(version.facts.handlers)).rpartition(".")[0]

    async def send(self, event: str, **payload: Any) -> None:
        await self.page._emit({"name": f"{self.state}.{event}", "payload": payload})
        await self.page._node.settle()

    def get(self, var: str) -> Any:
        return self.page._states[self.state][f"{var}_rx_state_"]


@pytest.fixture
async def node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Kit]:
    monkeypatch.setenv("GRAFT_CELLS", "1")
    folder = tmp_path / "apps" / APP
    folder.mkdir(parents=True)
    (folder / "entry.py").write_text(ENTRY, encoding="utf-8")
    async with kit(tmp_path / "apps") as running:
        yield running


@pytest.fixture
async def crowded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Kit]:
    """Two apps, of which one may run at a time."""
    monkeypatch.setenv("GRAFT_CELLS", "1")
    for name in (APP, OTHER):
        folder = tmp_path / "apps" / name
        folder.mkdir(parents=True)
        (folder / "entry.py").write_text(ENTRY, encoding="utf-8")
    async with kit(tmp_path / "apps") as running:
        running._node.starters[0].most = 1
        yield running


async def version_of(node: Kit) -> VersionInCell:
    version = await node.version(APP)
    assert isinstance(version, VersionInCell)
    return version


async def opened(node: Kit, user: str = "Ada") -> There:
    return There(await node.open(APP, user=user), await version_of(node))


def die(version: VersionInCell) -> None:
    """End a cell as a crash does."""
    assert version.cell._wire is not None
    version.cell._wire.close()


async def test_a_page_is_opened_and_does_what_is_to_be_done_then(node: Kit) -> None:
    page = await opened(node)
    assert page.get("count") == 1
    await page.send("chain")
    assert page.get("count") == 11


async def test_a_redirect_of_an_event_leads_to_the_page_and_its_on_load(node: Kit) -> None:
    page = await opened(node)
    await page.send("leave")
    assert page.page.path == "/apps/acme-tried/second"
    assert page.get("text") == "arrived"


async def test_files_are_taken_by_the_cell(node: Kit) -> None:
    page = await opened(node)
    files = {"one.txt": b"one", "two.txt": b"two"}
    for update in await post_files(
        node._node, page.page._token, f"{page.state}.receive", files, {}
    ):
        page.page.receive(update)
    assert page.get("text") == "one two"


async def test_pages_of_two_people_have_values_of_their_own(node: Kit) -> None:
    ada, bob = await opened(node), await opened(node, "Bob")
    await ada.send("add", n=5)
    assert (ada.get("count"), bob.get("count")) == (6, 1)


async def test_values_go_on_in_the_next_version_and_back(node: Kit) -> None:
    page = await opened(node)
    await page.send("add", n=5)
    await page.send("hide")
    await node.swap(APP, {"entry.py": ENTRY.replace("self.count += n", "self.count += 100 * n")})
    assert (page.get("count"), page.get("hidden")) == (6, 1)
    await page.send("add", n=1)
    assert page.get("count") == 106
    await node.swap(APP, {"entry.py": ENTRY})
    await page.send("add", n=1)
    assert page.get("count") == 107


async def test_what_runs_in_the_background_changes_its_page_also_after_a_swap(node: Kit) -> None:
    page = await opened(node)
    await page.send("add", n=5)
    await page.send("later")
    await page.page.wait_for(lambda: page.get("text") == "began")
    await node.swap(APP, {"entry.py": ENTRY.replace("self.count += n", "self.count += 2 * n")})
    await page.send("add", n=2)
    assert page.get("count") == 10
    await page.send("go")
    await page.page.wait_for(lambda: page.get("count") == 1010)
    assert page.get("notes") == []
    await page.send("add", n=2)
    assert page.get("count") == 1014


async def test_what_a_page_has_is_there_after_its_cell_died(node: Kit) -> None:
    page = await opened(node)
    await page.send("add", n=5)
    await page.send("hide")
    await page.send("heard", what="kept")
    die(await version_of(node))
    await page.send("add", n=1)
    assert (page.get("count"), page.get("text"), page.get("hidden")) == (7, "kept", 1)


async def test_a_page_is_opened_again_after_its_cell_died(node: Kit) -> None:
    page = await opened(node)
    await page.send("add", n=5)
    die(await version_of(node))
    await page.page.goto("/apps/acme-tried")
    assert page.page.message["type"] == "show"
    assert page.get("count") == 7


async def test_a_cell_that_nobody_uses_ends_and_starts_when_somebody_comes(node: Kit) -> None:
    page = await opened(node)
    await page.send("add", n=5)
    cells = node._node.engine.cells
    assert cells is not None
    assert await cells.end_idle(0) == []  # somebody has it open
    await page.page.disconnect()
    assert await cells.end_idle(3_600) == []  # it was used just now
    version = await version_of(node)
    assert await cells.end_idle(0) == [version]
    assert await cells.end_idle(0) == []
    await page.page.connect()
    assert page.get("count") == 7
    await page.send("add", n=1)
    assert page.get("count") == 8
    assert node._node.engine.errors.of(APP) == []


async def test_as_many_cells_run_as_may_and_that_of_an_open_page_starts_again(
    crowded: Kit,
) -> None:
    node = crowded
    page = await opened(node)
    await page.send("add", n=5)
    first = await version_of(node)
    await node.open(OTHER, user="Bob")
    assert first.cell.is_over
    await page.send("add", n=1)
    assert page.get("count") == 7
    assert not first.cell.is_over
    second = await node.version(OTHER)
    assert isinstance(second, VersionInCell)
    assert second.cell.is_over
    assert node._node.engine.errors.of(APP) == []


async def test_a_cell_at_work_is_not_ended_to_make_room(crowded: Kit) -> None:
    node = crowded
    page = await opened(node)
    await page.send("later")
    with pytest.raises(NotNow, match=r"as many apps run as may \(1\)"):
        await node.open(OTHER, user="Bob")
    assert not (await version_of(node)).cell.is_over


async def test_a_tab_that_does_not_come_back_is_forgotten_by_its_cell(node: Kit) -> None:
    ada, bob = await opened(node), await opened(node, "Bob")
    await ada.send("later")
    await ada.page.disconnect()
    node._node.engine.sessions.remove(ada.page._token)
    await bob.send("add")
    [runtime] = node._node.starters[0]._runtimes
    assert runtime._tabs is not None
    assert runtime._tabs._seats.keys() == {bob.page._token}
    assert (await version_of(node)).cell.tabs == {bob.page._token}


async def test_values_of_a_swap_are_there_after_its_cell_died(node: Kit) -> None:
    page = await opened(node)
    await page.send("add", n=5)
    await node.swap(APP, {"entry.py": ENTRY + "\n# another\n"})
    die(await version_of(node))
    await page.send("heard", what="on")
    await node.swap(APP, {"entry.py": ENTRY + "\n# a third\n"})
    assert (page.get("count"), page.get("text")) == (6, "on")


async def test_a_version_that_died_gives_its_values_to_the_next(node: Kit) -> None:
    page = await opened(node)
    await page.send("add", n=5)
    die(await version_of(node))
    await node.swap(APP, {"entry.py": ENTRY + "\n# another\n"})
    assert page.get("count") == 6


async def test_an_error_is_listed_with_its_place(node: Kit) -> None:
    page = await opened(node)
    await page.send("fail")
    [entry] = node._node.engine.errors.of(APP)
    assert (entry.problem.file, entry.event) == ("entry.py", "S.fail")
    assert [toast.kind for toast in page.page.toasts] == ["error"]


async def test_that_a_cell_died_is_listed(node: Kit) -> None:
    page = await opened(node)
    die(await version_of(node))
    await page.send("add")
    [entry] = node._node.engine.errors.of(APP)
    assert "the app's process ended" in entry.problem.message


async def test_everybody_of_an_organisation_hears_a_broadcast(node: Kit) -> None:
    ada, bob = await opened(node), await opened(node, "Bob")
    await ada.send("shout")
    assert (ada.get("text"), bob.get("text")) == ("", "loud")


async def test_who_is_here_is_known_without_waiting(node: Kit) -> None:
    ada, bob = await opened(node), await opened(node, "Bob")
    await ada.send("join")
    await bob.send("join")
    assert ada.get("notes") == bob.get("notes") == ["Ada", "Bob"]
    await bob.page.disconnect()
    assert ada.get("notes") == ["Ada"]


async def test_contexts_of_the_core_answer_with_their_types_and_errors(node: Kit) -> None:
    page = await opened(node)
    await page.send("write")
    assert page.get("text") == "2 two"


async def test_files_go_there_and_back_in_pieces(node: Kit) -> None:
    page = await opened(node)
    await page.send("keep")
    assert page.get("text") == "one two"


async def test_pages_follow_the_settings(node: Kit) -> None:
    page = await opened(node)
    assert page.get("greeting") == "hello"
    await node.set_settings(APP, greeting="welcome")
    assert page.get("greeting") == "welcome"


async def test_settings_that_do_not_fit_are_told(node: Kit) -> None:
    await opened(node)
    await node.set_settings(APP, greeting=["no", "text"])
    assert APP in node._node.engine.observed.wrong_settings
    await node.set_settings(APP, greeting="fits")
    assert APP not in node._node.engine.observed.wrong_settings


async def test_code_knows_whose_it_is_and_where(node: Kit) -> None:
    page = await opened(node)
    await page.send("where")
    assert page.get("text") == "Ada 1 False"


async def test_a_handler_that_ends_its_cell_again_and_again_is_refused_to_its_tab(
    node: Kit,
) -> None:
    ada, bob = await opened(node), await opened(node, "Bob")
    version = await version_of(node)
    deaths = node._node.app.events._deaths  # type: ignore[attr-defined]
    for _ in range(MOST):
        deaths.note(version, ada.page._token, "S.add")
    await ada.send("add")
    await bob.send("add")
    assert (ada.get("count"), bob.get("count")) == (1, 2)
    assert "several times" in ada.page.toasts[-1].text
