from __future__ import annotations

import asyncio

import pytest

from app.server.wire.turns import Turns

PATIENCE = 20


class Transport(asyncio.Transport):
    """Notes whether it is read."""

    def __init__(self) -> None:
        super().__init__()
        self.is_read = True
        self.resumed = asyncio.Event()
        self.is_closed = False

    def pause_reading(self) -> None:
        self.is_read = False

    def resume_reading(self) -> None:
        self.is_read = True
        self.resumed.set()

    def is_closing(self) -> bool:
        return self.is_closed


class Reader:
    """A protocol."""

    def __init__(self) -> None:
        self.transport = Transport()
        self.taken: list[bytes] = []
        self.is_held = False
        self.turns = Turns(self.transport, self.taken.append, 2, lambda: self.is_held)


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch) -> Reader:
    monkeypatch.setattr("app.server.wire.turns.SECONDS", 0)
    return Reader()


async def test_what_takes_no_time_is_parsed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.server.wire.turns.SECONDS", 3600)
    reader = Reader()
    reader.turns.give(b"abcde")
    assert reader.taken == [b"ab", b"cd", b"e"]
    assert reader.transport.is_read


async def test_what_takes_long_is_parsed_in_turns_and_nothing_is_read_meanwhile(
    reader: Reader,
) -> None:
    reader.turns.give(b"abcde")
    assert reader.taken == [b"ab"]
    assert not reader.transport.is_read
    await asyncio.sleep(0)
    assert reader.taken == [b"ab", b"cd"]
    await asyncio.wait_for(reader.transport.resumed.wait(), PATIENCE)
    assert reader.taken == [b"ab", b"cd", b"e"]


async def test_what_comes_meanwhile_waits_behind_it(reader: Reader) -> None:
    reader.turns.give(b"abcd")
    reader.turns.give(b"ef")
    assert reader.taken == [b"ab"]
    await asyncio.wait_for(reader.transport.resumed.wait(), PATIENCE)
    assert reader.taken == [b"ab", b"cd", b"ef"]


async def test_who_is_held_goes_on_with_what_is_left_before_anything_is_read(
    reader: Reader,
) -> None:
    reader.is_held = True
    reader.turns.give(b"abc")
    reader.turns.pause_reading()
    await asyncio.sleep(0)
    assert reader.taken == []
    reader.is_held = False
    reader.turns.resume_reading()
    assert not reader.transport.is_read
    await asyncio.wait_for(reader.transport.resumed.wait(), PATIENCE)
    assert reader.taken == [b"ab", b"c"]


async def test_nothing_is_parsed_of_a_connection_that_is_closed(reader: Reader) -> None:
    reader.turns.give(b"abcd")
    reader.transport.is_closed = True
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert reader.taken == [b"ab"]


async def test_who_stops_leaves_the_transport_as_it_was(reader: Reader) -> None:
    reader.turns.give(b"abcd")
    reader.turns.stop()
    assert reader.transport.is_read
    await asyncio.sleep(0)
    reader.turns.give(b"ef")
    assert reader.taken == [b"ab"]


@pytest.mark.parametrize("left", [b"", b"abc"])
async def test_nothing_is_read_for_who_is_held_whoever_else_resumes_reading(
    reader: Reader, left: bytes
) -> None:
    """Or what comes would be kept without end."""
    reader.is_held = True
    reader.turns.give(left)
    reader.transport.resume_reading()
    reader.turns.resume_reading()
    assert not reader.transport.is_read


async def test_what_comes_while_it_is_held_is_the_last_that_is_read(reader: Reader) -> None:
    reader.is_held = True
    reader.turns.give(b"abc")
    assert not reader.transport.is_read
    reader.is_held = False
    reader.turns.resume_reading()
    await asyncio.wait_for(reader.transport.resumed.wait(), PATIENCE)
    assert reader.taken == [b"ab", b"c"]
