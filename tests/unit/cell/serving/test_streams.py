"""Streams of one end, read at the other."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.cell.serving.streams import MOST, Streams


class Two:
    """Two ends that ask each other."""

    def __init__(self) -> None:
        self.asked: list[bool] = []
        self.one = Streams(self._ask_two)
        self.two = Streams(self._ask_one)

    async def _ask_one(self, name: str, end: bool) -> bytes:
        self.asked.append(end)
        return await self.one.next(name, end=end)

    async def _ask_two(self, name: str, end: bool) -> bytes:
        return await self.two.next(name, end=end)


class Source:
    """A stream that knows whether it was closed."""

    def __init__(self, pieces: list[bytes], error: Exception | None = None) -> None:
        self.closed = False
        self._pieces = pieces
        self._error = error

    async def read(self) -> AsyncGenerator[bytes, None]:
        try:
            for piece in self._pieces:
                yield piece
            if self._error is not None:
                raise self._error
        finally:
            self.closed = True


@given(st.lists(st.binary(max_size=5), max_size=6))
async def test_all_of_it_arrives_in_order(pieces: list[bytes]) -> None:
    ends = Two()
    name = ends.one.give(Source(pieces).read())
    assert [piece async for piece in ends.two.read(name)] == [one for one in pieces if one]


async def test_who_stops_before_the_end_closes_it() -> None:
    ends, source = Two(), Source([b"one", b"two"])
    async with aclosing(ends.two.read(ends.one.give(source.read()))) as stream:
        assert await anext(stream) == b"one"
    assert source.closed
    assert ends.asked == [False, True]


async def test_what_it_raises_is_raised_where_it_is_read() -> None:
    ends = Two()
    name = ends.one.give(Source([b"one"], OSError("gone")).read())
    stream = ends.two.read(name)
    assert await anext(stream) == b"one"
    with pytest.raises(OSError, match="gone"):
        await anext(stream)


async def test_a_stream_that_is_read_or_unknown_is_empty() -> None:
    ends = Two()
    name = ends.one.give(Source([b"one"]).read())
    assert [piece async for piece in ends.two.read(name)] == [b"one"]
    assert [piece async for piece in ends.two.read(name)] == []
    assert [piece async for piece in ends.two.read("nobody's")] == []


async def test_streams_that_nobody_reads_are_not_without_end() -> None:
    ends = Two()
    for _ in range(MOST):
        ends.one.give(Source([]).read())
    with pytest.raises(ValueError, match="close those"):
        ends.one.give(Source([]).read())
