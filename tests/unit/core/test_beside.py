"""A running server hears what commands change on its data folder."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from app.core import beside
from app.core.beside import EVERYTHING, FILE, BesideServer, hearing
from app.core.bus import InMemoryBus

Heard = asyncio.Queue[tuple[str, dict[str, Any]]]


@asynccontextmanager
async def server(data: Path) -> AsyncIterator[Heard]:
    """Hear two topics, and "everything", as a server on the data folder does."""
    bus, heard = InMemoryBus(), Heard()
    for topic in ("plants", "stones", EVERYTHING):

        async def note(payload: dict[str, Any], topic: str = topic) -> None:
            heard.put_nowait((topic, payload))

        bus.subscribe(topic, note)
    async with hearing(data, bus), asyncio.timeout(120):
        yield heard
    await bus.close()


async def tell(data: Path, *messages: tuple[str, dict[str, Any]]) -> None:
    """Publish these and end, as a command does."""
    bus = BesideServer(data)
    for topic, payload in messages:
        await bus.publish(topic, payload)
    await bus.close()


async def test_what_a_command_publishes_reaches_the_server_in_order(tmp_path: Path) -> None:
    async with server(tmp_path) as heard:
        await tell(tmp_path, ("plants", {"n": 1}), ("plants", {"n": 2}), ("stones", {"n": 1}))
        await tell(tmp_path, ("plants", {"n": 3}))
        got = [await heard.get() for _ in range(6)]
    assert [payload["n"] for topic, payload in got if topic == "plants"] == [1, 2, 3]
    assert [payload["n"] for topic, payload in got if topic == "stones"] == [1]
    assert [topic for topic, _ in got].count(EVERYTHING) == 2  # at the end of each


async def test_a_command_hears_itself(tmp_path: Path) -> None:
    bus, heard = BesideServer(tmp_path), asyncio.Queue[dict[str, Any]]()
    bus.subscribe("plants", heard.put)
    await bus.publish("plants", {"n": 1})
    assert await heard.get() == {"n": 1}
    await bus.close()


async def test_what_was_told_before_a_start_is_none_of_its_business(tmp_path: Path) -> None:
    await tell(tmp_path, ("plants", {"n": 1}))
    async with server(tmp_path) as heard:
        await tell(tmp_path, ("plants", {"n": 2}))
        assert await heard.get() == ("plants", {"n": 2})


async def test_the_file_does_not_grow_while_nobody_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(beside, "_MOST_BYTES", 1000)
    bus = BesideServer(tmp_path)
    for number in range(100):
        await bus.publish("plants", {"n": number})
    content = (tmp_path / FILE).read_bytes()
    assert len(content) <= 1000
    assert EVERYTHING.encode() in content.splitlines()[0]
    await bus.close()


async def test_what_cannot_be_read_is_everything(tmp_path: Path) -> None:
    async with server(tmp_path) as heard:
        (tmp_path / FILE).write_bytes(b'{"topic": "pl')
        assert await heard.get() == (EVERYTHING, {})


async def test_a_data_folder_that_is_away_ends_nothing(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    async with server(data) as heard:
        data.rename(tmp_path / "away")
        (tmp_path / "away").rename(data)
        await tell(data, ("plants", {"n": 1}))
        assert await heard.get() == ("plants", {"n": 1})


async def test_a_command_that_cannot_tell_ends_all_the_same(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    bus = BesideServer(tmp_path / "nowhere")
    with pytest.raises(OSError, match="nowhere"):
        await bus.publish("plants", {})
    await bus.close()
    assert "learns of this within a minute" in caplog.text
