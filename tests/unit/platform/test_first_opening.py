"""The first opening of an installed app on a node: what comes of it when something goes wrong."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from app.cell.loading.version import Version
from app.core import accounts, apps
from app.kernel.actor import acting_as
from app.node.releases import loads as loading
from app.node.releases.provider import Offer
from app.node.releases.releases import Releases
from app.platform.operations.allowing import Sharing
from app.platform.operations.lifecycle import Delete, Disable
from app.source.app_source import AppSource
from app.source.problems import AppError, NotNow, Problem
from app.testing import EventRefused
from tests.unit.apps.helpers import COUNTER, find
from tests.unit.platform.conftest import Server
from tests.unit.platform.test_platform import heading

PATH = "/apps/acme-counter"
OpenedMeanwhile = Callable[[Awaitable[object]], Awaitable[dict[str, Any]]]


def catalog(server: Server) -> Releases:
    return server.node.engine.releases


def fail(monkeypatch: pytest.MonkeyPatch, errors: dict[int, Exception]) -> None:
    """Let the load of these versions fail, once each."""
    load = loading.load_version

    def failing(source: AppSource, number: int, *rest: Any) -> Version:
        if number in errors:
            raise errors.pop(number)
        return load(source, number, *rest)

    monkeypatch.setattr(loading, "load_version", failing)


async def states(server: Server) -> list[str]:
    """What is recorded of the versions, the newest first."""
    return [version.state.value for version in await apps.versions(server.core, COUNTER)]


async def test_a_fault_of_the_server_is_told_and_not_held_against_the_version(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    await server.deploy(COUNTER)
    fail(monkeypatch, {1: RuntimeError("dictionary changed size during iteration")})
    page = await server.open(PATH)
    assert (page.message["type"], page.message["kind"]) == ("notice", "failed")
    (node,) = await server.platform.watching.nodes(server.operator)
    (failing,) = node.failing
    assert failing.problem is not None
    assert "dictionary changed size" in failing.problem.message
    assert "Traceback" in failing.problem.detail

    assert (await server.open(PATH, user="Grace")).message["type"] == "show"
    assert await states(server) == ["ready"]
    (node,) = await server.platform.watching.nodes(server.operator)
    assert node.failing == ()


async def test_what_cannot_be_loaded_at_the_moment_is_not_held_against_the_version(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    await server.deploy(COUNTER)
    problem = Problem(COUNTER, "load", "", None, "another load goes on", "Try again.")
    fail(monkeypatch, {1: NotNow((problem,))})
    page = await server.open(PATH)
    assert (page.message["type"], page.message["kind"]) == ("notice", "failed")
    assert (await server.open(PATH, user="Grace")).message["type"] == "show"
    assert await states(server) == ["ready"]


async def test_who_comes_while_a_version_cannot_be_loaded_gets_what_open_pages_have(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    await server.deploy(COUNTER)
    page = await server.open(PATH)

    def failing(*_: Any) -> Version:
        raise RuntimeError("too many open files")

    with monkeypatch.context() as patch:
        patch.setattr(loading, "load_version", failing)
        await server.deploy(COUNTER, heading("Second"))
        grace = await server.open(PATH, user="Grace")
        assert (grace.message["type"], grace.message["number"]) == ("show", 1)
        increment = find(await server.node.engine.version_of(COUNTER), "CounterState").increment
        await grace.send(increment)
        (node,) = await server.platform.watching.nodes(server.operator)
        assert [one.app_id for one in node.failing] == [COUNTER]
    await server.open(PATH, user="Cyd")
    assert [one.message["number"] for one in (page, grace)] == [2, 2]
    (node,) = await server.platform.watching.nodes(server.operator)
    assert node.failing == ()


async def test_pages_move_when_a_version_that_could_not_be_loaded_at_first_is_loaded(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    await server.deploy(COUNTER)
    page = await server.open(PATH)
    fail(monkeypatch, {2: RuntimeError("too many open files")})
    await server.deploy(COUNTER, heading("Second"))
    assert page.message["number"] == 1
    assert (await server.open(PATH, user="Grace")).message["number"] == 2
    assert page.message["number"] == 2


async def test_a_page_gets_an_answer_whatever_goes_wrong(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    await server.deploy(COUNTER)

    async def broken(app_id: str) -> None:
        raise LookupError(app_id)

    monkeypatch.setattr(server.node.engine.releases._settings, "prepare", broken)
    page = await server.open(PATH)
    assert (page.message["type"], page.message["kind"]) == ("notice", "failed")


async def test_of_several_versions_that_fail_the_last_good_one_is_served_at_once(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    for text in ("First", "Second", "Third"):
        await server.deploy(COUNTER, heading(text))
    problem = Problem(COUNTER, "load", "entry.py", 1, "does not work here", "Correct it.")
    fail(monkeypatch, {3: AppError((problem,)), 2: AppError((problem,))})
    assert (await server.node.engine.version_of(COUNTER)).info.number == 1
    assert await states(server) == ["failed", "failed", "ready"]


@pytest.fixture
def opened_meanwhile(server: Server, monkeypatch: pytest.MonkeyPatch) -> OpenedMeanwhile:
    """Open a page while the node brings itself in step with what `change` did to the app."""

    async def open_meanwhile(change: Awaitable[object]) -> dict[str, Any]:
        looking, look_on = asyncio.Event(), asyncio.Event()
        one = catalog(server)._provider.one

        async def slow(app_id: str) -> Offer | None:
            looking.set()
            await look_on.wait()
            return await one(app_id)

        monkeypatch.setattr(catalog(server)._provider, "one", slow)
        await change
        await looking.wait()
        opening = asyncio.create_task(server.open(PATH))
        # A lock sets no event.
        while not catalog(server)._lock(COUNTER)._waiters:  # noqa: ASYNC110
            await asyncio.sleep(0)
        look_on.set()
        return (await opening).message

    return open_meanwhile


async def decide(server: Server, number: int) -> None:
    """Promote a version without waiting for its load, which is held up in these tests."""
    with acting_as(server.operator.actor):
        await apps.promote(server.core, COUNTER, number, base_revision=None)


async def test_a_page_that_is_opened_while_a_version_is_promoted_gets_that_one(
    server: Server, opened_meanwhile: OpenedMeanwhile
) -> None:
    await server.deploy(COUNTER)
    second = await server.upload(COUNTER, heading("Second"))
    number = second.version.number

    message = await opened_meanwhile(decide(server, number))
    assert message["number"] == 2


async def test_a_page_that_is_opened_while_the_app_is_switched_off_shows_that(
    server: Server, opened_meanwhile: OpenedMeanwhile
) -> None:
    await server.deploy(COUNTER)
    message = await opened_meanwhile(server.platform.do(server.operator, COUNTER, Disable()))
    assert message["kind"] == "disabled"


async def test_a_page_that_is_opened_while_the_app_is_given_to_others_shows_none(
    server: Server, opened_meanwhile: OpenedMeanwhile
) -> None:
    await server.deploy(COUNTER)
    others = apps.Visibility({(await accounts.create_organisation(server.core, "O")).id: None})
    sharing = server.platform.do(server.operator, COUNTER, Sharing(organisations=others.lists))
    assert (await opened_meanwhile(sharing))["kind"] == "not-found"


async def test_an_event_for_which_the_app_is_loaded_does_not_run_if_it_is_switched_off_meanwhile(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    await server.deploy(COUNTER)
    state = find(await server.node.engine.version_of(COUNTER), "CounterState")
    page = await server.open("/apps/none")
    load = server.node.engine._chooser.version_for

    async def slow(*arguments: Any) -> Version:
        version: Version = await load(*arguments)
        await server.platform.do(server.operator, COUNTER, Disable())
        await catalog(server).changed([COUNTER])
        return version

    monkeypatch.setattr(server.node.engine._chooser, "version_for", slow)
    with pytest.raises(EventRefused):
        await page.send(state.increment)
    session = server.node.engine.sessions.get(page._token)
    assert session is not None
    assert (session.attached, session.parked) == ({}, {})


async def test_a_page_that_is_opened_while_the_app_is_deleted_shows_none(
    server: Server, opened_meanwhile: OpenedMeanwhile
) -> None:
    await server.deploy(COUNTER)
    message = await opened_meanwhile(server.platform.do(server.operator, COUNTER, Delete()))
    assert message["kind"] == "not-found"


async def test_an_app_is_switched_off_while_its_next_version_is_loaded(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    await server.deploy(COUNTER)
    page = await server.open(PATH)
    second = await server.upload(COUNTER, heading("Second"))
    started, go_on = threading.Event(), threading.Event()
    load = loading.load_version

    def slow(*arguments: Any) -> Version:
        started.set()
        assert go_on.wait(timeout=120)
        return load(*arguments)

    monkeypatch.setattr(loading, "load_version", slow)
    await decide(server, second.version.number)
    assert await asyncio.to_thread(started.wait, 120)
    await server.platform.do(server.operator, COUNTER, Disable())
    told, take = asyncio.Event(), page._take

    def note(message: dict[str, Any]) -> None:
        take(message)
        if message.get("kind") == "disabled":
            told.set()

    monkeypatch.setattr(page, "_take", note)
    following = asyncio.create_task(catalog(server).changed([COUNTER]))
    await asyncio.wait_for(told.wait(), timeout=120)

    go_on.set()
    await following
    await server.settle()
    assert page.message["kind"] == "disabled"
    assert (await server.open(PATH, user="Grace")).message["kind"] == "disabled"


async def test_an_app_of_which_no_version_loads_any_more_is_not_said_to_be_gone(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The machine lacks something after a restart: nobody renamed the app, or removed it."""
    await server.deploy(COUNTER)
    fail(
        monkeypatch, {1: AppError((Problem(COUNTER, "load", "", None, "no database", "Run it."),))}
    )
    first, second = await server.open(PATH), await server.open(PATH, user="Ben")
    assert await states(server) == ["failed"]
    third = await server.open(PATH, user="Cyd")
    for page in (first, second, third):
        assert (page.message["type"], page.message["kind"]) == ("notice", "failed")
        assert page.message["title"] == "Acme / Counter cannot be opened"
    with acting_as(server.operator.actor):
        await apps.promote(server.core, COUNTER, 1, base_revision=None)
    await server.settle()
    for page in (first, second, third):
        assert page.message["type"] == "show"


async def test_whoever_may_not_see_an_app_learns_nothing_of_its_failure(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    await server.deploy(COUNTER)
    fail(
        monkeypatch, {1: AppError((Problem(COUNTER, "load", "", None, "no database", "Run it."),))}
    )
    await server.open(PATH)
    home = server.operator.actor.organisation.id
    await server.platform.do(server.operator, COUNTER, Sharing(organisations={home: None}))
    page = await server.open(PATH, user="Eve")
    assert page.message["kind"] == "not-found"
