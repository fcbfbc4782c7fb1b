"""Lines of a stream, whatever an app writes into its log."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator

from hypothesis import given
from hypothesis import strategies as st

from app.api.streams import Line, _chunks, _encoded

LEAVES = st.none() | st.booleans() | st.integers() | st.text() | st.datetimes()
INSIDE = LEAVES | st.lists(LEAVES, max_size=4) | st.dictionaries(st.text(), LEAVES, max_size=4)
# `st.recursive` takes five times as long.
VALUES = INSIDE | st.lists(INSIDE, max_size=4) | st.dictionaries(st.text(), INSIDE, max_size=4)


@given(st.dictionaries(st.text(), VALUES, max_size=6))
def test_every_line_is_one_json_object_in_one_line(line: dict[str, object]) -> None:
    sent = _encoded(line)
    assert sent.endswith(b"\n")
    assert sent.count(b"\n") == 1
    assert json.loads(sent).keys() == line.keys()


async def test_what_was_written_before_the_server_stops_is_sent() -> None:
    waiting: asyncio.Queue[Line] = asyncio.Queue()
    stopping = asyncio.Event()

    async def lines() -> AsyncGenerator[Line, None]:
        while True:
            yield await waiting.get()

    async def allowed() -> bool:
        return True

    stream = _chunks(lines(), allowed, stopping.wait)
    first = asyncio.create_task(anext(stream))
    await asyncio.sleep(0)
    for number in range(3):
        waiting.put_nowait({"number": number})
    stopping.set()
    sent = [await first, *[chunk async for chunk in stream]]
    told = [json.loads(chunk) for chunk in sent]
    assert [line.get("number") for line in told] == [0, 1, 2, None]
    assert told[-1]["why"] == "the server is stopping"
