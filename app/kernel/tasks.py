"""Work that goes on beside everything else: one fault ends one turn of it, and never the rest.

Whatever lives as long as the server does (following saves, settings and changes, clearing up) and
whatever nobody waits for begins here. What it raises is logged with its traceback, and it goes on:
an error nobody awaits would otherwise end it for ever without a line in the log.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import functools
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, MutableSet
from typing import Any, ParamSpec

import structlog

log = structlog.get_logger("graft")

P = ParamSpec("P")

PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 60.0
"""How long a turn is waited for after one that failed, and at most after many in a row."""

GRACE_SECONDS = 1.0

Turn = Callable[[], Awaitable[object]]


async def attempt(work: Awaitable[object], what: str, **about: object) -> bool:
    """Await work, and tell whether it went well; what it raises is logged.

    Args:
        work: what to await.
        what: names it, in the log.
        about: goes into the log, too; `app` is the app it is for.
    """
    try:
        await work
    except Exception:
        log.exception("failed", what=what, **about)
        return False
    return True


def in_background(
    work: Coroutine[Any, Any, object],
    what: str,
    *,
    tasks: MutableSet[asyncio.Task[bool]] | MutableSet[asyncio.Task[Any]] | None = None,
    context: contextvars.Context | None = None,
    **about: object,
) -> asyncio.Task[bool]:
    """Begin work that nobody waits for, in a task of this event loop.

    Args:
        work: what it raises is logged and goes no further.
        what: names it, in the log and among the tasks.
        context: in which it runs; default: a copy of this one.
        tasks: holds the task until it ends; whoever gives none holds it.
        about: goes into the log; `app` is the app it is for.
    """
    running = attempt(work, what, **about)
    task = asyncio.get_running_loop().create_task(running, name=what, context=context)
    # One that is cancelled before its first step never came to its work.
    task.add_done_callback(lambda _: work.close())
    if tasks is not None:
        tasks.add(task)
        task.add_done_callback(tasks.discard)
    return task


@contextlib.asynccontextmanager
async def repeatedly(
    turn: Turn, what: str, *, pause: float = PAUSE_SECONDS
) -> AsyncIterator[asyncio.Task[bool]]:
    """Take one turn after the other, from now until the `async with` statement ends.

    Args:
        turn: waits until there is something to do, and does it. One that fails is logged, and the
            next one comes after a pause.
        what: names it.
        pause: the first pause in seconds; each failure in a row doubles it, so that a fault that
            stays does not fill the log.
    """
    task = in_background(_go_on(turn, what, pause), what)
    try:
        yield task
    finally:
        await end(task)


async def end(task: asyncio.Task[bool]) -> None:
    """Cancel a task, and wait a moment for its end: a thread that it waits for may take longer."""
    task.cancel()
    await asyncio.wait({task}, timeout=GRACE_SECONDS)


def in_thread(callback: Callable[P, object], what: str) -> Callable[P, None]:
    """Return a callback for a thread that is not ours, and would end with what it raises."""

    @functools.wraps(callback)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            callback(*args, **kwargs)
        except Exception:
            log.exception("failed, and goes on", what=what)

    return guarded


async def _go_on(turn: Turn, what: str, first: float) -> None:
    pause = first
    while True:
        try:
            await turn()
            pause = first
        except Exception:
            log.exception("failed, and goes on", what=what)
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
