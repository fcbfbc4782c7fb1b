"""Turns of many sessions, one after the other."""

from __future__ import annotations

import asyncio

import pytest

from app.node.pages import rounds
from app.node.pages.rounds import one_by_one


async def test_everybody_has_one_turn_in_order() -> None:
    seen: list[int] = []

    async def act(item: int) -> None:
        seen.append(item)

    await one_by_one(range(100), act)
    assert seen == list(range(100))


async def test_nobody_is_no_round() -> None:
    async def act(item: int) -> None:
        raise AssertionError(item)

    await one_by_one([], act)


async def test_a_turn_that_fails_is_nobody_elses_loss() -> None:
    seen: list[int] = []

    async def act(item: int) -> None:
        seen.append(item)
        if item == 1:
            raise ValueError(item)

    await one_by_one(range(4), act)
    assert seen == list(range(4))


class Clock:
    """Goes on when somebody works."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


async def test_others_have_their_turn_in_between(monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []
    clock = Clock()
    monkeypatch.setattr(rounds, "perf_counter", clock)

    async def act(item: int) -> None:
        order.append("turn")
        clock.now += rounds.STRETCH_SECONDS / 2

    async def other() -> None:
        for _ in range(3):
            await asyncio.sleep(0)
            order.append("other")

    await asyncio.gather(other(), one_by_one(range(20), act))
    assert order.index("other") < 5
    assert order[-1] == "turn"


async def test_a_turn_that_waits_keeps_nobody_waiting() -> None:
    gate = asyncio.Event()
    seen: list[int] = []

    async def act(item: int) -> None:
        if item % 2 == 0:
            await gate.wait()
        seen.append(item)
        if len(seen) == 50:
            gate.set()  # all that do not wait are through

    await one_by_one(range(100), act)
    assert seen[:50] == list(range(1, 100, 2))
    assert sorted(seen) == list(range(100))
