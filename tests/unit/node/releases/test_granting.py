"""Capabilities, wherever an app's code runs: what was not granted is refused, listed, explained."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable
from typing import Any

import pytest

from app.core import documents
from app.kernel.actor import acting_as
from app.kernel.capabilities import CAPABILITIES, friendly, refusal_in
from app.kernel.grants import CapabilityNotGranted
from app.node.events import guard
from app.node.releases.access import Access
from app.node.releases.granting import Granting
from app.node.releases.provider import Offer
from app.node.releases.served import Served
from app.source.metadata import parse_metadata
from app.testing import Kit, kit
from app.testing.page import Page
from tests.unit.apps.helpers import APPS, newest, set_access

APP = "acme/capable"
PLACES = ("handler", "background", "computed", "thread", "task", "upload")
USED = (
    "documents:read",
    "documents:write",
    "files:read",
    "files:write",
    "broadcast",
    "network",
)


@pytest.fixture
async def running() -> AsyncIterator[Kit]:
    guard.install()
    guard.guard_loop(asyncio.get_running_loop())
    async with kit(APPS, only=APP) as server:
        yield server


def grant(server: Kit, capabilities: Iterable[str], *, enabled: bool = True) -> None:
    """Be the administrator who grants exactly these."""
    set_access(server, APP, Access(enabled=enabled, granted=frozenset(capabilities)))


async def opened(server: Kit) -> Page:
    """Open the app in a page whose refused events are looked at, not raised."""
    page = await server.open(APP)
    page.raises = False
    return page


async def use(server: Kit, page: Page, place: str, capability: str) -> None:
    handler = await newest(server, APP, "CapableState")
    if place == "upload":
        # Reflex ends the answer of an upload whose handler fails; a server does not fall over it.
        with contextlib.suppress(CapabilityNotGranted):
            await page.upload(handler.in_upload, {"what.txt": capability.encode()})
        await server.settle()
        return
    await page.send(getattr(handler, f"in_{place}"), capability)
    if place == "background":
        await page.wait_for(lambda: page.toasts or page.get(handler.done))


def errors(server: Kit) -> list[Any]:
    return server._node.engine.errors.of(APP)


@pytest.mark.parametrize("place", PLACES)
async def test_what_was_not_granted_is_refused(running: Kit, place: str) -> None:
    for capability in USED:
        grant(running, set(USED) - {capability, capability.replace(":read", ":write")})
        running._node.engine.errors.clear(APP)
        page = await opened(running)
        await use(running, page, place, capability)
        (entry,) = errors(running)
        assert entry.problem.message.startswith(
            f"CapabilityNotGranted: acme/capable was not granted '{capability}'"
        )
        assert entry.problem.remedy.startswith("An administrator can grant it on the page /admin/")
        assert [toast.text for toast in page.toasts] == [
            f"Acme / Capable may not {friendly(capability)}. An administrator can allow it."
        ]


@pytest.mark.parametrize("place", PLACES)
async def test_what_was_granted_works(running: Kit, place: str) -> None:
    for capability in USED:
        grant(running, {capability})
        page = await opened(running)
        await use(running, page, place, capability)
        assert errors(running) == []
        assert page.get((await newest(running, APP, "CapableState")).done) == [place]


async def test_development_restricts_nothing(running: Kit) -> None:
    page = await opened(running)
    for capability in USED:
        await use(running, page, "handler", capability)
    assert errors(running) == []


async def test_what_is_granted_but_not_declared_is_refused(running: Kit) -> None:
    page = await opened(running)
    source = running.source(APP).replace('"broadcast", "network")', '"broadcast")')
    await running.swap(APP, {"entry.py": source})
    grant(running, CAPABILITIES)
    await use(running, page, "handler", "network")
    assert "does not declare it" in errors(running)[0].problem.remedy


async def test_a_grant_that_is_taken_away_ends_for_open_pages(running: Kit) -> None:
    grant(running, {"network"})
    page = await opened(running)
    await use(running, page, "handler", "network")
    grant(running, ())
    await use(running, page, "handler", "network")
    assert len(errors(running)) == 1


async def test_an_app_can_ask_what_it_may_do(running: Kit) -> None:
    grant(running, {"network"})
    page = await opened(running)
    states = await newest(running, APP, "CapableState")
    await page.send(states.look)
    assert page.get(states.may) is True
    grant(running, ())
    await page.send(states.look)
    assert page.get(states.may) is False


@pytest.mark.parametrize("event", ["in_plain_threads", "in_own_thread"])
async def test_threads_that_know_no_context_are_known_all_the_same(
    running: Kit, event: str
) -> None:
    grant(running, ())
    page = await opened(running)
    await page.send(getattr(await newest(running, APP, "CapableState"), event))
    assert "was not granted 'network'" in errors(running)[0].problem.message


@pytest.mark.parametrize(("how", "refused"), [("join", True), ("here", True), ("leave", False)])
async def test_being_seen_needs_broadcast_and_leaving_does_not(
    running: Kit, how: str, refused: bool
) -> None:
    grant(running, ())
    page = await opened(running)
    await page.send((await newest(running, APP, "CapableState")).be_present, how)
    assert bool(errors(running)) is refused


@pytest.mark.parametrize(
    ("topic", "needed"),
    [
        ("document:7", "documents:read"),
        ("documents:acme/note", "documents:read"),
        ("presence:here", "broadcast"),
        ("whatever", "broadcast"),
    ],
)
async def test_a_topic_needs_what_its_messages_tell(running: Kit, topic: str, needed: str) -> None:
    states = await newest(running, APP, "CapableState")
    grant(running, set(CAPABILITIES) - {needed, "documents:write"})
    page = await opened(running)
    await page.send(states.listen, topic)
    assert f"was not granted '{needed}'" in errors(running)[0].problem.message


async def test_a_subscription_falls_silent_with_its_grant(running: Kit) -> None:
    grant(running, {"documents:read"})
    page = await opened(running)
    states = await newest(running, APP, "CapableState")
    await page.send(states.listen_to_notes)
    await _somebody_saves(running, page)
    assert page.get(states.heard) == 1
    grant(running, ())
    await _somebody_saves(running, page)
    assert page.get(states.heard) == 1
    assert errors(running) == []


async def _somebody_saves(server: Kit, page: Page) -> None:
    with acting_as(page.actor):
        await documents.create("acme/note", "Note", {})
    await server.settle()


async def test_import_may_not_connect_either(running: Kit) -> None:
    grant(running, ())
    text = running.source(APP).replace("class AppEntry", "resolve()\n\nclass AppEntry")
    with pytest.raises(Exception, match="was not granted 'network'"):
        await running.swap(APP, {"entry.py": text})


def _served(access: Access) -> Served:
    served = Served()
    served.begin([Offer("a/b", parse_metadata("a/b", b""), 1, access=access)])
    return served


def test_an_app_that_is_switched_off_may_do_nothing() -> None:
    served = _served(Access(granted=frozenset({"network"})))
    granting = Granting(served, unknown_is_free=False)
    grants = granting.of("a/b", ("network",))
    assert grants is not None
    assert "network" in grants
    off = Access(enabled=False, granted=frozenset({"network"}))
    served.put(served.standing("a/b").restricted(off))
    served.publish("a/b")
    assert "network" not in grants
    served.remove("a/b")
    assert "network" not in grants


def test_grants_of_one_version_are_one_object() -> None:
    granting = Granting(_served(Access(granted=frozenset())), unknown_is_free=False)
    assert granting.of("a/b", ("network",)) is granting.of("a/b", ["network"])
    assert granting.of("a/b", ()) is not granting.of("a/b", ("network",))
    assert granting.of("no/app", ()) is not None
    assert Granting(Served(), unknown_is_free=True).of("no/app", ()) is None


def test_a_refusal_is_found_in_what_a_library_made_of_it() -> None:
    inner = CapabilityNotGranted("a/b", "network", "Ask.")
    outer = ConnectionError("no route")
    outer.__cause__ = OSError("not reached")
    outer.__cause__.__context__ = inner
    assert refusal_in(outer) is inner
    assert refusal_in(ExceptionGroup("tasks", [ValueError(), outer])) is inner
    assert refusal_in(ValueError()) is None
