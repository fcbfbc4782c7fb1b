"""The module of the next version is fetched by open pages while the version is loaded."""

from __future__ import annotations

import threading
from pathlib import PurePosixPath
from typing import Any

import pytest

from app.cell.compiling.es_module import AppModule
from app.cell.loading.version import Version
from app.core import apps
from app.kernel.errors import NotFound
from app.node.pages import swap
from app.node.pages.messages import CHANNEL
from app.node.releases import loads as loading
from app.node.releases.module_store import KEPT_BYTES
from app.platform.operations.allowing import Grant, Sharing
from app.platform.operations.serving import Promote
from app.platform.permissions import NotAllowed, Requester
from tests.unit.apps.helpers import COUNTER
from tests.unit.platform.conftest import Server, heading


@pytest.fixture
def messages(server: Server, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the host of every page is told, and whether the module can be fetched at that moment."""
    told: list[dict[str, Any]] = []
    emit = server.node.namespace.emit

    async def note(event: str, data: Any = None, **more: Any) -> None:
        message = getattr(data, "delta", None) and data.delta.get(CHANNEL, {}).get("message")
        if message:
            digest = PurePosixPath(message.get("module", "")).stem
            there = server.node.engine.modules.get(COUNTER, digest) is not None
            told.append({**message, "there": there})
        await emit(event, data, **more)

    monkeypatch.setattr(server.node.namespace, "emit", note)
    return told


async def upload_second(server: Server, messages: list[dict[str, Any]]) -> int:
    """Install an app that somebody has open, and upload a second version; return its number."""
    await server.deploy(COUNTER)
    await server.open("/apps/acme-counter")
    second = await server.upload(COUNTER, heading("Second"))
    await server.settle()  # the node follows the upload by itself
    messages.clear()
    return second.version.number


async def promote_second(server: Server, messages: list[dict[str, Any]]) -> None:
    number = await upload_second(server, messages)
    await server.platform.do(server.operator, COUNTER, Promote(number=number))
    await server.settle()


async def test_open_pages_hear_of_the_module_before_the_version(
    server: Server, messages: list[dict[str, Any]]
) -> None:
    await promote_second(server, messages)
    assert [(m["type"], m["there"]) for m in messages] == [("coming", True), ("show", True)]
    coming, shown = messages
    assert (coming["module"], coming["libraries"]) == (shown["module"], shown["libraries"])


async def test_the_module_stays_until_the_version_is_loaded_whatever_else_goes_out_of_use(
    server: Server, messages: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    there: list[bool] = []
    load = loading.load_version

    def slow(*arguments: Any) -> Version:
        """While it is loaded, large modules of other apps go out of use."""
        modules, (coming,) = server.node.engine.modules, messages
        for name in ("a", "b"):
            modules.put("globex/board", AppModule(name * KEPT_BYTES, name, (), ()))
        there.append(modules.get(COUNTER, PurePosixPath(coming["module"]).stem) is not None)
        return load(*arguments)

    async def announced(*arguments: Any) -> None:
        await coming(*arguments)
        told.set()

    told = threading.Event()
    coming = server.node.engine.swapper.coming
    number = await upload_second(server, messages)
    monkeypatch.setattr(server.node.engine.swapper, "coming", announced)
    monkeypatch.setattr(loading, "load_version", lambda *rest: told.wait(10) and slow(*rest))
    await server.platform.do(server.operator, COUNTER, Promote(number=number))
    await server.settle()
    assert there == [True]


async def test_who_may_not_use_the_app_any_more_does_not_hear_of_its_next_version(
    server: Server, messages: list[dict[str, Any]]
) -> None:
    await server.deploy(COUNTER)
    await server.open("/apps/acme-counter", user="Ada")
    await server.open("/apps/acme-counter", user="Grace")
    theirs = apps.Visibility({server.people["Grace"].organisation.id: None})
    await server.platform.do(server.operator, COUNTER, Sharing(organisations=theirs.lists))
    await server.settle()
    second = await server.upload(COUNTER, heading("Second"))
    messages.clear()
    await server.platform.do(server.operator, COUNTER, Promote(number=second.version.number))
    await server.settle()
    assert [m["type"] for m in messages].count("coming") == 1


async def test_many_pages_hear_of_the_version_only(
    server: Server, messages: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(swap, "MOST_EARLY", 0)
    await promote_second(server, messages)
    assert [m["type"] for m in messages] == ["show"]


async def test_nobody_hears_of_a_version_that_is_loaded_for_a_preview(
    server: Server, messages: list[dict[str, Any]]
) -> None:
    number = await upload_second(server, messages)
    await server.node.engine.version_of(COUNTER, number)
    assert messages == []


async def test_what_is_expected_is_announced_once_and_none_of_its_code_runs(
    server: Server, messages: list[dict[str, Any]]
) -> None:
    number = await upload_second(server, messages)
    releases = server.node.engine.releases
    await releases.expect(COUNTER, number)
    assert [(m["type"], m["there"]) for m in messages] == [("coming", True)]
    assert [v.info.number for v in server.node.engine.versions.of(COUNTER)] == [1]
    await releases.changed([COUNTER])
    assert [m["type"] for m in messages] == ["coming"]
    await server.platform.do(server.operator, COUNTER, Promote(number=number))
    await server.settle()
    assert [m["type"] for m in messages] == ["coming", "coming", "show"]


async def test_what_is_expected_in_vain_does_no_harm(
    server: Server, messages: list[dict[str, Any]]
) -> None:
    await server.deploy(COUNTER)
    await server.open("/apps/acme-counter")
    second = await server.upload(COUNTER, heading("Second"))
    third = await server.upload(COUNTER, heading("Third"))
    await server.settle()
    messages.clear()
    releases = server.node.engine.releases
    await releases.expect(COUNTER, 99)
    assert messages == []
    await releases.expect(COUNTER, second.version.number)
    await server.platform.do(server.operator, COUNTER, Promote(number=third.version.number))
    await server.settle()
    announced, *_, shown = messages
    assert shown["type"] == "show"
    assert shown["module"] != announced["module"]


async def test_browsers_fetch_nothing_of_a_version_that_waits_for_a_grant(
    server: Server, messages: list[dict[str, Any]]
) -> None:
    await server.deploy(COUNTER)
    await server.open("/apps/acme-counter")
    entry = (server.sources / COUNTER / "entry.py").read_text("utf-8")
    asks = entry.replace('("broadcast",)', '("broadcast", "network")')
    second = await server.upload(COUNTER, {"entry.py": asks})
    messages.clear()
    await server.node.engine.releases.expect(COUNTER, second.version.number)
    with pytest.raises(apps.NotReady):
        await server.platform.do(server.operator, COUNTER, Promote(number=second.version.number))
    assert messages == []
    await server.platform.do(
        server.operator, COUNTER, Grant(capabilities=second.version.capabilities)
    )
    await server.settle()
    messages.clear()
    await server.platform.do(server.operator, COUNTER, Promote(number=second.version.number))
    await server.settle()
    assert [m["type"] for m in messages] == ["coming", "show"]


async def test_of_what_one_may_not_promote_nobody_hears(
    server: Server, messages: list[dict[str, Any]]
) -> None:
    await server.deploy(COUNTER)
    await server.open("/apps/acme-counter", user="Grace")
    second = await server.upload(COUNTER, heading("Second"))
    messages.clear()
    member = Requester(server.people["Grace"], confirmed=True)
    with pytest.raises((NotAllowed, NotFound)):
        await server.platform.do(member, COUNTER, Promote(number=second.version.number))
    assert messages == []
