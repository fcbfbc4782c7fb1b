"""Going round many sessions without making everybody else wait until all of them had their turn."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from time import perf_counter
from typing import TypeVar

import structlog

log = structlog.get_logger("graft")

TURN_SECONDS = 0.02
"""How long one turn may keep the other turns waiting."""

STRETCH_SECONDS = 0.001
"""For how long turns follow each other at once. Going round the event loop has its price, but an
event that comes meanwhile goes round it some ten times until it is answered.
"""

T = TypeVar("T")


async def one_by_one(items: Iterable[T], act: Callable[[T], Awaitable[object]]) -> None:
    """Await `act(item)` for one item after the other.

    Whatever else wants the event loop gets it every few milliseconds. When a turn waits for
    something, such as a computed var that asks another server, the rest goes on beside it: with
    twice as many at a time whenever nothing moved for a moment.

    Args:
        items: whose turn it is, in order.
        act: one that raises is logged, and nobody else's turn is lost.
    """
    rest = iter(items)
    turns = 0

    async def go_on() -> None:
        nonlocal turns
        began = perf_counter()
        for item in rest:
            try:
                await act(item)
            except Exception:
                log.exception("turn failed")
            turns += 1
            if perf_counter() - began > STRETCH_SECONDS:
                await asyncio.sleep(0)
                began = perf_counter()

    running = [asyncio.create_task(go_on())]
    while True:
        before = turns
        ended, _ = await asyncio.wait(
            running, timeout=TURN_SECONDS, return_when=asyncio.FIRST_COMPLETED
        )
        if ended:
            break  # nobody is left who had no turn yet
        if turns == before:
            running += [asyncio.create_task(go_on()) for _ in running]
    await asyncio.gather(*running)
