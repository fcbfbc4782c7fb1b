"""The module of the next version is fetched by open pages while the version is loaded."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

import pytest

from app.runtime import swap
from app.runtime.messages import CHANNEL
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
            digest = PurePosixPath(message["module"]).stem
            there = server.node.engine.modules.get(COUNTER, digest) is not None
            told.append({**message, "there": there})
        await emit(event, data, **more)

    monkeypatch.setattr(server.node.namespace, "emit", note)
    return told


async def promote_second(server: Server, messages: list[dict[str, Any]]) -> None:
    await server.deploy(COUNTER)
    await server.open("/apps/acme-counter")
    second = await server.upload(COUNTER, heading("Second"))
    messages.clear()
    await server.platform.promote(server.operator, COUNTER, second.version.number)
    await server.settle()


async def test_open_pages_hear_of_the_module_before_the_version(
    server: Server, messages: list[dict[str, Any]]
) -> None:
    await promote_second(server, messages)
    assert [(m["type"], m["there"]) for m in messages] == [("coming", True), ("show", True)]
    coming, shown = messages
    assert (coming["module"], coming["libraries"]) == (shown["module"], shown["libraries"])


async def test_many_pages_hear_of_the_version_only(
    server: Server, messages: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(swap, "MOST_EARLY", 0)
    await promote_second(server, messages)
    assert [m["type"] for m in messages] == ["show"]


async def test_nobody_hears_of_a_version_that_is_loaded_for_a_preview(
    server: Server, messages: list[dict[str, Any]]
) -> None:
    await server.deploy(COUNTER)
    await server.open("/apps/acme-counter")
    second = await server.upload(COUNTER, heading("Second"))
    messages.clear()
    await server.node.engine.version_of(COUNTER, second.version.number)
    assert messages == []
