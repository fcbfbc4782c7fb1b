"""A version whose `upgrade` raises is refused before anybody is moved to it."""

from __future__ import annotations

import pytest

from app.core import apps
from app.platform.operations.lifecycle import Disable, Enable
from app.testing import Page
from tests.unit.apps.helpers import find
from tests.unit.platform.conftest import Server

NOTES = "acme/notes"
PATH = "/apps/acme-notes"
ENTRY = """
import reflex as rx
from app.sdk import DynamicApp


class NotesState(rx.State):
    count: int = 0

    @rx.event
    def click(self):
        self.count += 1


def index():
    return rx.el.main(rx.button("click", on_click=NotesState.click), rx.text(NotesState.count))


class AppEntry(DynamicApp):
    name = "Notes"
    version = {version!r}
    pages = {{"/": index}}
"""
EXITS = """
    @classmethod
    def upgrade(cls, values, previous):
        import sys

        sys.exit("no")
"""
RAISES = """
    @classmethod
    def upgrade(cls, values, previous):
        return values["Gone"]
"""


async def deploy(server: Server, version: str, upgrade: str = "") -> None:
    await server.deploy(NOTES, {"entry.py": ENTRY.format(version=version) + upgrade})


async def click(server: Server, page: Page) -> int:
    state = find(await server.node.engine.version_of(NOTES), "NotesState")
    await page.send(state.click)
    count: int = page.get(state.count)
    return count


@pytest.fixture
async def page(server: Server) -> Page:
    """A page of the first version, in which somebody clicked."""
    (server.sources / NOTES).mkdir(parents=True)
    await deploy(server, "1")
    page = await server.open(PATH)
    assert await click(server, page) == 1
    return page


async def require_refused(server: Server) -> None:
    """Version 1 is served, and whoever looks after the app reads why version 2 is not."""
    app = await apps.get(server.core, NOTES)
    version = await apps.version(server.core, NOTES, 2)
    assert (app.current, version.state) == (1, apps.State.FAILED)
    (problem,) = version.problems
    lines = (ENTRY.format(version="2") + RAISES).splitlines()
    assert problem["message"] == "KeyError: 'Gone'"
    assert (problem["file"], problem["line"]) == ("entry.py", len(lines))
    entry = server.node.engine.observed.errors.of(NOTES)[0]
    assert (entry.event, entry.number, entry.count) == ("upgrade", 2, 1)


async def test_open_pages_stay_where_they_are_and_the_version_has_failed(
    server: Server, page: Page
) -> None:
    await deploy(server, "2", RAISES)
    await require_refused(server)
    assert page.message["number"] == 1
    assert await click(server, page) == 2
    assert (await server.open(PATH, user="Grace")).message["number"] == 1


async def test_an_upgrade_that_returns_no_values_is_told_with_its_place_and_a_remedy(
    server: Server, page: Page
) -> None:
    await deploy(server, "2", RAISES.replace('values["Gone"]', "None"))
    (problem,) = (await apps.version(server.core, NOTES, 2)).problems
    line = ENTRY.format(version="2").splitlines().index("class AppEntry(DynamicApp):") + 6
    assert (problem["file"], problem["line"]) == ("entry.py", line)
    assert problem["message"] == "WrongUpgrade: upgrade returned nothing instead of the values"
    assert problem["remedy"].startswith("Return what it was given")


async def test_an_upgrade_that_would_end_the_server_is_refused(server: Server, page: Page) -> None:
    await deploy(server, "2", EXITS)
    (problem,) = (await apps.version(server.core, NOTES, 2)).problems
    lines = (ENTRY.format(version="2") + EXITS).splitlines()
    assert (problem["message"], problem["line"]) == ("SystemExit: no", len(lines))
    assert await click(server, page) == 2


async def test_values_that_do_not_fit_are_counted_for_whoever_looks_after_the_app(
    server: Server, page: Page
) -> None:
    for _ in range(2):
        assert await click(server, await server.open(PATH)) == 1
    await server.deploy(
        NOTES, {"entry.py": ENTRY.format(version="2").replace("int = 0", "str = ''")}
    )
    (entry,) = server.node.engine.observed.errors.of(NOTES)
    assert (entry.event, entry.number, entry.count) == ("carrying values", 2, 3)
    assert entry.problem.message == "NotesState.count: it was int and is str now"


async def test_values_that_are_put_aside_are_looked_at_too(server: Server, page: Page) -> None:
    await server.platform.do(server.operator, NOTES, Disable())
    await server.settle()
    await server.platform.do(server.operator, NOTES, Enable())
    await server.settle()
    await page.goto("/")
    await deploy(server, "2", RAISES)
    await require_refused(server)
    await page.goto(PATH)
    assert await click(server, page) == 2


async def test_the_next_version_is_moved_to_and_the_refused_one_is_gone(
    server: Server, page: Page
) -> None:
    await deploy(server, "2", RAISES)
    await deploy(server, "3")
    assert page.message["number"] == 3
    assert await click(server, page) == 2
    numbers = [version.info.number for version in server.node.engine.versions.of(NOTES)]
    assert numbers == [3]


async def test_without_anybody_s_values_there_is_nothing_to_refuse(server: Server) -> None:
    (server.sources / NOTES).mkdir(parents=True)
    await deploy(server, "1")
    await deploy(server, "2", RAISES)
    assert (await server.open(PATH)).message["number"] == 2
