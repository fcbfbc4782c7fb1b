"""Work beside everything else: a fault is logged, and ends nothing but itself."""

from __future__ import annotations

import asyncio

import pytest
from structlog.testing import capture_logs

from app.kernel.tasks import attempt, end, in_background, in_thread, repeatedly


class Fault(Exception):
    """Nobody knows it."""


async def fail() -> None:
    raise Fault("of the machine")


async def test_an_attempt_tells_how_it_went_and_logs_what_went_wrong() -> None:
    with capture_logs() as lines:
        assert await attempt(asyncio.sleep(0), "waiting")
        assert not await attempt(fail(), "failing", app="acme/counter")

    (line,) = lines
    assert (line["what"], line["app"], line["log_level"]) == ("failing", "acme/counter", "error")
    assert line["exc_info"]


async def test_what_runs_in_the_background_is_held_until_its_end() -> None:
    going_on, tasks = asyncio.Event(), set[asyncio.Task[bool]]()
    task = in_background(going_on.wait(), "waiting", tasks=tasks)

    assert tasks == {task}
    going_on.set()
    await task
    assert not tasks


async def test_a_fault_in_the_background_is_logged_and_goes_no_further() -> None:
    with capture_logs() as lines:
        assert not await in_background(fail(), "failing")

    assert [line["what"] for line in lines] == ["failing"]


async def test_turns_go_on_after_one_that_fails() -> None:
    turns = asyncio.Queue[int]()
    left = [1, 2, 3]

    async def turn() -> None:
        if not left:
            await asyncio.Event().wait()
        turns.put_nowait(number := left.pop(0))
        if number < 3:
            raise Fault

    with capture_logs() as lines:
        async with repeatedly(turn, "counting", pause=0):
            assert [await turns.get() for _ in range(3)] == [1, 2, 3]

    assert [line["what"] for line in lines] == ["counting", "counting"]


async def test_turns_end_with_the_statement() -> None:
    waiting = asyncio.Event()

    async def turn() -> None:
        waiting.set()
        await asyncio.Event().wait()

    async with repeatedly(turn, "waiting") as task:
        await waiting.wait()

    assert task.cancelled()


async def test_faults_in_a_row_wait_longer_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    enough = asyncio.Event()

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 12:
            enough.set()
            await asyncio.Event().wait()

    monkeypatch.setattr("app.kernel.tasks.asyncio.sleep", sleep)
    with capture_logs():
        async with repeatedly(fail, "failing", pause=1):
            await enough.wait()

    assert pauses[:3] == [1, 2, 4]
    assert pauses[-1] == 60


async def test_ending_a_task_that_has_failed_raises_nothing() -> None:
    with capture_logs():
        task = in_background(fail(), "failing")
        await asyncio.wait({task})
        await end(task)


def test_a_thread_that_is_not_ours_goes_on() -> None:
    def fail(number: int) -> None:
        raise Fault(number)

    with capture_logs() as lines:
        in_thread(fail, "watching")(3)

    assert [line["what"] for line in lines] == ["watching"]


async def test_work_may_be_ended_before_its_first_step() -> None:
    task = in_background(fail(), "failing")
    await end(task)
    assert task.cancelled()
