"""A version that does not load never takes the one that runs: what runs goes on, untouched.

The app here cannot be imported twice in one process, in whatever version, like every app that
registers something with a library: were the version that runs imported again to get back to it, it
would be lost.
"""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from app.cell.loading.version import LoadedVersion, Version
from app.core import apps
from app.kernel.errors import Unavailable
from app.node.releases import loads as loading
from app.platform.operations.lifecycle import Disable, Enable
from app.platform.operations.serving import Promote, Rollback
from app.platform.outcome import DoesNotLoad
from app.platform.uploads import Uploaded
from app.testing import Page
from tests.unit.apps.helpers import find
from tests.unit.platform.conftest import Server

METERED = "acme/metered"
PATH = "/apps/acme-metered"
ENTRY = """
import reflex as rx
from app.sdk import DynamicApp
from prometheus_client import Counter

CLICKS = Counter({metric!r}, "Clicks in the app")
ROOM: list[str] = []


class MeteredState(rx.State):
    here: int = 0

    @rx.event
    def click(self):
        CLICKS.inc()
        ROOM.append("x")
        self.here = len(ROOM)


def index():
    return rx.el.main(rx.text({title!r}), rx.button("click", on_click=MeteredState.click))


class AppEntry(DynamicApp):
    name = {title!r}
    pages = {{"/": index}}
"""


class Metered:
    """The app, as `server` has it."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self._metric = f"clicks_{uuid4().hex}"  # the registry is the process's
        (server.sources / METERED).mkdir(parents=True)

    async def upload(self, title: str) -> Uploaded:
        return await self.server.upload(METERED, {"entry.py": self._entry(title)})

    async def deploy(self, title: str) -> Uploaded:
        return await self.server.deploy(METERED, {"entry.py": self._entry(title)})

    async def promote(self, number: int) -> None:
        await self.server.platform.do(self.server.operator, METERED, Promote(number=number))
        await self.server.settle()

    async def click(self, page: Page) -> int:
        """Click, and return how many clicks the module's own data knows of."""
        state = find(await self.version(), "MeteredState")
        await page.send(state.click)
        count: int = page.get(state.here)
        return count

    async def version(self) -> LoadedVersion:
        version = await self.server.node.engine.version_of(METERED)
        assert isinstance(version, LoadedVersion)
        return version

    async def current(self) -> int | None:
        return (await apps.get(self.server.core, METERED)).current

    async def states(self) -> list[str]:
        """What is recorded of the versions, the newest first."""
        return [one.state.value for one in await apps.versions(self.server.core, METERED)]

    def _entry(self, title: str) -> str:
        return ENTRY.format(metric=self._metric, title=title)


@pytest.fixture
def metered(server: Server) -> Metered:
    return Metered(server)


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Numbers of the versions whose code was run, or was to be."""
    numbers: list[int] = []
    load = loading.load_version

    def noting(source: Any, number: int, *rest: Any) -> Version:
        numbers.append(number)
        return load(source, number, *rest)

    monkeypatch.setattr(loading, "load_version", noting)
    return numbers


async def require_first_goes_on(metered: Metered, page: Page, first: LoadedVersion) -> None:
    """Open pages and new visitors have the first version, with the data of its module."""
    clicks = await metered.click(page)
    grace = await metered.server.open(PATH, user=f"Grace-{uuid4().hex}")
    assert (grace.message["type"], grace.message["number"]) == ("show", 1)
    assert await metered.click(grace) == clicks + 1
    assert page.message["number"] == 1
    assert await metered.version() is first
    record = metered.server.node.engine.catalog.apps[METERED]
    assert (record.version, record.number, record.released) == (first, 1, True)


async def test_a_version_that_does_not_load_leaves_the_one_that_runs_as_it_is(
    metered: Metered, loads: list[int]
) -> None:
    await metered.deploy("First")
    page = await metered.server.open(PATH)
    first = await metered.version()
    assert await metered.click(page) == 1
    await metered.deploy("Second")
    await require_first_goes_on(metered, page, first)
    assert loads == [1, 2]
    assert (await metered.current(), await metered.states()) == (1, ["failed", "ready"])
    (problem,) = (await apps.version(metered.server.core, METERED, 2)).problems
    assert "Duplicated timeseries" in str(problem["message"])


async def test_it_goes_on_through_every_way_back_without_being_imported_again(
    metered: Metered, loads: list[int]
) -> None:
    await metered.deploy("First")
    page = await metered.server.open(PATH)
    first = await metered.version()
    for title in ("Second", "Third"):
        await metered.deploy(title)
    await metered.promote(1)
    await require_first_goes_on(metered, page, first)
    await metered.upload("First")
    await metered.promote(1)
    await require_first_goes_on(metered, page, first)
    assert loads == [1, 2, 3]


async def test_it_goes_on_while_the_next_one_cannot_be_loaded_for_a_fault_of_the_server(
    metered: Metered, monkeypatch: pytest.MonkeyPatch
) -> None:
    await metered.deploy("First")
    page = await metered.server.open(PATH)
    first = await metered.version()

    def failing(*_: Any) -> Version:
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(loading, "load_version", failing)
        await metered.deploy("Second")
        assert (await metered.current(), await metered.states()) == (2, ["ready", "ready"])
        await require_first_goes_on(metered, page, first)
        await metered.server.platform.do(metered.server.operator, METERED, Rollback())
        await metered.server.settle()
        await require_first_goes_on(metered, page, first)
    assert metered.server.node.engine.catalog.apps[METERED].failure is None


async def test_it_is_not_outdated_while_the_next_one_does_not_load(
    metered: Metered, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A background event that goes on as long as its version is served would end."""
    await metered.deploy("First")
    await metered.server.open(PATH)
    first = await metered.version()

    def failing(*_: Any) -> Version:
        raise MemoryError

    monkeypatch.setattr(loading, "load_version", failing)
    await metered.deploy("Second")
    host = metered.server.node.engine._sdk_host
    assert not host.is_outdated(first.info)


async def test_a_failure_that_cannot_be_recorded_takes_nothing(
    metered: Metered, loads: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    await metered.deploy("First")
    page = await metered.server.open(PATH)
    first = await metered.version()

    async def no_disk(*_: Any) -> None:
        raise Unavailable("the disk is full")

    monkeypatch.setattr(apps, "record_failure", no_disk)
    await metered.deploy("Second")
    await require_first_goes_on(metered, page, first)
    assert loads == [1, 2]
    failure = metered.server.node.engine.catalog.apps[METERED].failure
    assert failure is not None
    assert "Duplicated timeseries" in failure.problems[0].message


async def test_what_is_promoted_while_the_app_is_off_takes_nothing_when_it_is_on_again(
    metered: Metered,
) -> None:
    server = metered.server
    await metered.deploy("First")
    page = await server.open(PATH)
    first = await metered.version()
    await server.platform.do(server.operator, METERED, Disable())
    await metered.deploy("Second")
    assert page.message["kind"] == "disabled"
    with pytest.raises(DoesNotLoad):
        await server.platform.do(server.operator, METERED, Enable())
    await server.settle()
    await require_first_goes_on(metered, page, first)


async def test_a_preview_that_does_not_load_takes_nothing(metered: Metered) -> None:
    server = metered.server
    await metered.deploy("First")
    page = await server.open(PATH)
    first = await metered.version()
    await metered.upload("Second")
    await server.open("/apps/none", user="Bob")
    bob = server.people["Bob"].user.id
    await server.platform.start_preview(server.operator, METERED, 2, users=[bob])
    await server.settle()
    preview = await server.open(PATH, user="Bob")
    assert (preview.message["type"], preview.message["number"]) == ("show", 1)
    assert await metered.states() == ["failed", "ready"]
    await require_first_goes_on(metered, page, first)


async def test_whoever_has_a_preview_that_cannot_be_loaded_now_keeps_what_runs(
    metered: Metered, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: Any) -> Version:
        raise MemoryError

    server = metered.server
    await metered.deploy("First")
    page = await server.open(PATH, user="Bob")
    await metered.upload("Second")
    monkeypatch.setattr(loading, "load_version", failing)
    bob = server.people["Bob"].user.id
    await server.platform.start_preview(server.operator, METERED, 2, users=[bob])
    await server.settle()
    again = await server.open(PATH, user="Bob")
    for seen in (page, again):
        assert (seen.message["type"], seen.message["number"]) == ("show", 1)


async def test_a_version_that_failed_is_tried_again_when_it_is_promoted(
    metered: Metered,
) -> None:
    """What it failed for was the server's."""
    await metered.deploy("First")
    problem = {"message": "the stored files are not those that were uploaded"}
    await apps.record_failure(metered.server.core, METERED, 1, [problem])
    await metered.server.settle()
    assert (await metered.current(), await metered.states()) == (None, ["failed"])
    await metered.promote(1)
    page = await metered.server.open(PATH)
    assert (page.message["type"], await metered.states()) == ("show", ["ready"])
