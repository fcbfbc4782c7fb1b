"""The parts of watching, connected as in a server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from app.core import app_settings
from app.core.bus import InMemoryBus
from app.core.context import Core
from app.core.opening import open_core
from app.kernel.grants import CapabilityNotGranted, Grants, confined
from app.node.app_settings import StoredSettings, TomlSettings
from app.server import observing
from app.server.observing import Observing

APP = "acme/counter"
PATIENCE = 120  # seconds; only a failing test waits that long


class Engine:
    """Notes what it is told."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.heard = asyncio.Event()
        self.renewer = self

    async def changed(self, app_id: str) -> None:
        self.told.append(app_id)
        self.heard.set()


@pytest.fixture
async def core(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Core]:
    monkeypatch.setattr(observing, "configure_logging", lambda *args, **kwargs: None)
    opened = await asyncio.to_thread(open_core, tmp_path / "data")
    yield opened
    await opened.close()


async def changed(core: Core) -> None:
    await core.bus.publish(app_settings.TOPIC, {"app": APP, "revision": 1})
    assert isinstance(core.bus, InMemoryBus)
    await core.bus.idle()


async def test_a_change_of_settings_reaches_the_node(
    core: Core, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored: dict[str, Any] = {"host": "one"}

    async def read(core: Core, app_id: str) -> dict[str, Any]:
        return dict(stored)

    monkeypatch.setattr(app_settings, "settings_for", read)
    made, engine = Observing(core, tmp_path, {}, development=False), Engine()
    assert isinstance(made.settings, StoredSettings)
    await made.settings.prepare(APP)
    async with made.running(engine):  # type: ignore[arg-type]
        stored["host"] = "two"
        await changed(core)
    assert made.settings.values(APP) == {"host": "two"}
    assert engine.told == [APP]
    await changed(core)
    assert engine.told == [APP]  # the node has stopped


async def test_an_app_without_settings_has_none(core: Core, tmp_path: Path) -> None:
    made = Observing(core, tmp_path, {}, development=False)
    await made.settings.prepare(APP)
    assert made.settings.values(APP) == {}


async def test_in_development_settings_are_files(core: Core, tmp_path: Path) -> None:
    made = Observing(core, tmp_path, {}, development=True)
    assert isinstance(made.settings, TomlSettings)
    (tmp_path / "settings" / "acme").mkdir(parents=True)
    (tmp_path / "settings" / "acme" / "counter.toml").write_text('host = "here"')
    assert made.settings.values(APP) == {"host": "here"}


async def test_in_development_a_saved_file_reaches_the_node(core: Core, tmp_path: Path) -> None:
    made, engine = Observing(core, tmp_path, {}, development=True), Engine()
    async with made.running(engine):  # type: ignore[arg-type]
        (tmp_path / "settings" / "acme").mkdir()
        (tmp_path / "settings" / "acme" / "counter.toml").write_text('host = "here"')
        async with asyncio.timeout(PATIENCE):
            await engine.heard.wait()
    assert set(engine.told) == {APP}


async def test_settings_that_cannot_be_followed_do_not_stop_the_next(
    core: Core, tmp_path: Path
) -> None:
    class Failing(Engine):
        async def changed(self, app_id: str) -> None:
            await super().changed(app_id)
            if app_id == APP:
                raise RuntimeError("a fault of Graft")

    made, engine = Observing(core, tmp_path, {}, development=True), Failing()
    with capture_logs() as lines:
        async with made.running(engine):  # type: ignore[arg-type]
            (tmp_path / "settings" / "acme").mkdir()
            for name in ("counter", "other"):
                (tmp_path / "settings" / "acme" / f"{name}.toml").write_text("a = 1")
                async with asyncio.timeout(PATIENCE):
                    while f"acme/{name}" not in engine.told:
                        engine.heard.clear()
                        await engine.heard.wait()
    assert {line["app"] for line in lines} == {APP}


async def test_settings_that_cannot_be_read_are_told_and_read_again(
    core: Core, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers: list[Any] = [{"host": "one"}, OSError("a fault of the machine"), {"host": "two"}]

    async def read(core: Core, app_id: str) -> dict[str, Any]:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return dict(answer)

    monkeypatch.setattr(app_settings, "settings_for", read)
    made = Observing(core, tmp_path, {}, development=False)
    with capture_logs() as lines:
        async with made.running(Engine()):  # type: ignore[arg-type]
            await made.settings.prepare(APP)
            await changed(core)
            assert made.settings.values(APP) == {"host": "one"}
            await made.settings.prepare(APP)
    assert made.settings.values(APP) == {"host": "two"}
    assert [line["app"] for line in lines] == [APP]


async def test_a_running_node_guards_its_loop_and_tells_when_it_stops(
    core: Core, tmp_path: Path
) -> None:
    made = Observing(core, tmp_path, {}, development=True)
    made.readiness.started()
    async with made.running(Engine()):  # type: ignore[arg-type]
        loop = asyncio.get_running_loop()
        nothing = Grants(APP, {"network"}, frozenset)
        with confined(nothing), pytest.raises(CapabilityNotGranted):
            await loop.getaddrinfo("127.0.0.1", 80)
    assert made.readiness.catalog == "stopping"
