from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from typing import Any

import pytest

from app.node.cells.output import Output, OutputLimits


class Clock:
    """The loop's time, which passes when a test says so."""

    def __init__(self, loop: asyncio.AbstractEventLoop, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = loop.time()
        monkeypatch.setattr(loop, "time", lambda: self.now)


@pytest.fixture
async def clock(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Clock]:
    """The time does not pass by itself."""
    yield Clock(asyncio.get_running_loop(), monkeypatch)
    monkeypatch.undo()


def _pipe(**limits: Any) -> tuple[Output, int]:
    read, write = os.pipe()
    os.set_blocking(write, False)
    return Output(read, OutputLimits(**limits)), write


async def _all(output: Output, write: int) -> list[str]:
    os.close(write)
    return [line async for line in output]


async def test_lines_come_whole_whatever_the_pieces_are() -> None:
    output, write = _pipe()
    for piece in (b"o", b"ne\ntw", b"o\n\xc3", b"\xa4\r\nrest"):
        os.write(write, piece)
    assert await _all(output, write) == ["one", "two", "ä", "rest"]
    assert output.dropped_bytes == 0


async def test_what_is_no_text_is_shown_all_the_same() -> None:
    output, write = _pipe()
    os.write(write, b"\xff\n")
    assert await _all(output, write) == ["\\xff"]


async def test_long_lines_are_cut() -> None:
    output, write = _pipe(line_bytes=10)
    os.write(write, b"x" * 25 + b"\nshort\n")
    assert await _all(output, write) == ["x" * 10, "short"]
    assert output.dropped_bytes == 16


async def test_a_line_without_end_takes_no_more_memory_than_a_line() -> None:
    output, write = _pipe(line_bytes=10)
    for _ in range(100):
        os.write(write, b"x" * 100)
    assert await _all(output, write) == ["x" * 10]
    assert output.dropped_bytes == 9990


async def test_what_is_over_the_rate_is_dropped_and_counted(clock: Clock) -> None:
    output, write = _pipe(bytes_per_second=30)
    os.write(write, b"123456789\n" * 5)
    while output.dropped_bytes < 20:  # noqa: ASYNC110 - nobody else wants to know
        await asyncio.sleep(0)
    clock.now += 1
    os.write(write, b"later\n")
    assert await _all(output, write) == ["123456789"] * 3 + ["later"]
    assert output.dropped_bytes == 20


async def test_what_is_over_the_largest_rate_is_not_read_until_time_has_passed(
    clock: Clock,
) -> None:
    output, write = _pipe(read_per_second=1000)
    os.write(write, b"x" * 999 + b"\n" + b"y\n")
    lines = aiter(output)
    assert await anext(lines) == "x" * 999
    for _ in range(100):
        await asyncio.sleep(0)
    assert not output._lines
    clock.now += 1
    assert await anext(lines) == "y"
    assert await _all(output, write) == []


async def test_lines_that_nobody_reads_are_dropped_and_empty_ones_count(clock: Clock) -> None:
    output, write = _pipe(waiting_bytes=6500, bytes_per_second=1_000_000)
    os.write(write, b"\n" * 1000)
    output.finish()
    assert len(await _all(output, write)) == 100
    assert output.dropped_bytes == 900


async def test_a_closed_pipe_is_watched_no_more() -> None:
    output, write = _pipe()
    os.close(write)
    assert [line async for line in output] == []
    output.finish()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(output._source)
