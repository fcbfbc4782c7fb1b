"""Where a server can be made to kill itself; nothing of this is in the server.

`arm` replaces a function of it, in the process that becomes the server, before it starts: the
process ends there as if the system killed it, and nothing is cleared up or flushed.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, NoReturn

from sqlalchemy import event
from sqlalchemy.orm import Session, UOWTransaction

from app.core import apps
from app.core.apps.tables import StepRow
from app.core.bus import InMemoryBus
from app.core.code_store.folder import FolderCodeStore
from app.node.pages.swap import Swapper
from app.node.releases import loads as loading
from app.packages import intake
from app.packages.trying.dry_run import DryRunner

_IS_CHANGE = "tests_change_of_an_app"


def die() -> NoReturn:
    """End like a process that the system kills."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise SystemExit


def arm(point: str) -> None:
    """Make this process die at a point; "" for nowhere."""
    if point:
        POINTS[point]()


def _around(place: Any, name: str, *, before: bool = False) -> None:
    """Die before or after a function, which may be a coroutine."""
    function = getattr(place, name)

    async def dying(*args: Any, **kwargs: Any) -> Any:
        if not before:
            await function(*args, **kwargs)
        die()

    def dying_at_once(*args: Any, **kwargs: Any) -> Any:
        if not before:
            function(*args, **kwargs)
        die()

    is_async = asyncio.iscoroutinefunction(function)
    setattr(place, name, dying if is_async else dying_at_once)


def _receiving() -> None:
    """When a part of the package is on the disk."""
    receive = intake._receive
    intake._BUFFER = 1

    async def first_only(stream: Any) -> AsyncIterator[bytes]:
        async for chunk in stream:
            yield chunk
            die()

    async def dying(stream: Any, *args: Any) -> Any:
        return await receive(first_only(stream), *args)

    intake._receive = dying


def _dry_run() -> None:
    """When the process that tries the package is at work."""
    outcome_of = DryRunner._outcome_of

    async def dying(runner: DryRunner, order: Any) -> Any:
        asyncio.get_running_loop().call_later(0.02, die)
        return await outcome_of(runner, order)

    # In the way of every dry run of this process, which is about to die: nothing takes it back.
    DryRunner._outcome_of = dying  # type: ignore[method-assign]


def _half_put() -> None:
    """When a content is half written."""

    async def dying(store: FolderCodeStore, content: bytes) -> str:
        half = store._blobs.receive().path
        half.parent.mkdir(parents=True, exist_ok=True)
        half.write_bytes(content[: len(content) // 2])
        die()

    FolderCodeStore.put = dying  # type: ignore[method-assign, assignment]  # on purpose


def _commit(moment: str) -> None:
    """Before or after the commit of a transaction that changes an app."""

    def note(session: Session, _: UOWTransaction) -> None:
        if any(isinstance(row, StepRow) for row in session.new):
            session.info[_IS_CHANGE] = True

    def look(session: Session) -> None:
        if session.info.get(_IS_CHANGE):
            die()

    event.listen(Session, "after_flush", note)
    event.listen(Session, moment, look)


def _told() -> None:
    """When the nodes were told of a change."""
    publish = InMemoryBus.publish

    async def dying(bus: InMemoryBus, topic: str, payload: Mapping[str, Any]) -> None:
        await publish(bus, topic, payload)
        if topic == apps.TOPIC:
            die()

    InMemoryBus.publish = dying  # type: ignore[method-assign]  # on purpose


def _second_load(*, before: bool) -> None:
    """Around the load of a version after another one was loaded."""
    load = loading.load_version
    loads = 0

    def dying(*args: Any) -> Any:
        nonlocal loads
        loads += 1
        if loads == 2 and before:
            die()
        version = load(*args)
        if loads == 2:
            die()
        return version

    loading.load_version = dying


POINTS: dict[str, Callable[[], None]] = {
    "receiving": _receiving,
    "unpacked": lambda: _around(intake, "_unpack"),
    "checked": lambda: _around(intake, "_check"),
    "dry run": _dry_run,
    "tried": lambda: _around(DryRunner, "run"),
    "before put": lambda: _around(FolderCodeStore, "put", before=True),
    "half put": _half_put,
    "after put": lambda: _around(FolderCodeStore, "put"),
    "before commit": lambda: _commit("before_commit"),
    "after commit": lambda: _commit("after_commit"),
    "told": _told,
    "second loading": lambda: _second_load(before=True),
    "second loaded": lambda: _second_load(before=False),
    "switched": lambda: _around(Swapper, "switched"),
}
