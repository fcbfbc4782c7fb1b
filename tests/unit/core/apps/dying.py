"""Runs one step in a process that kills itself at a given point; for `test_crashes`."""

from __future__ import annotations

import asyncio
import dataclasses
import os
import signal
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import event

from app.core import apps
from app.core.code_store import CodeStore, Stored
from app.core.context import Core
from app.core.opening import open_core
from tests.unit.core.apps.packages import COUNTER, upload

POINTS = ("before put", "half put", "after put", "before commit", "after commit", "told", "end")
OLD, NEW = b"version 1", b"version 2"


def die() -> None:
    """End like a process that the system kills: nothing is cleared up, nothing is flushed."""
    os.kill(os.getpid(), signal.SIGKILL)


class DyingStore:
    """A code store in a folder, in which the process dies around or in the middle of a put."""

    def __init__(self, store: CodeStore, folder: Path, point: str) -> None:
        self._store = store
        self._folder = folder
        self._point = point

    async def put(self, content: AsyncIterator[bytes] | bytes) -> str:
        if self._point == "before put":
            die()
        if self._point == "half put":
            half = self._folder / "incoming" / "half"
            half.parent.mkdir(parents=True, exist_ok=True)
            half.write_bytes(b"half of it")
            die()
        digest = await self._store.put(content)
        if self._point == "after put":
            die()
        return digest

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def all(self) -> AsyncIterator[Stored]:
        return self._store.all()

    async def leftovers(self, before: datetime, *, remove: bool) -> list[str]:
        return await self._store.leftovers(before, remove=remove)


def arm(core: Core, data: Path, point: str) -> Core:
    """Return a core in which the process dies at `point` of the next change."""
    if point == "before commit":
        event.listen(core.database.engine, "commit", lambda _: die())
    publish = core.bus.publish

    async def dying_publish(topic: str, payload: Any) -> None:
        if point == "after commit":
            die()
        await publish(topic, payload)
        if point == "told":
            die()

    core.bus.publish = dying_publish  # type: ignore[method-assign]
    return dataclasses.replace(core, code=DyingStore(core.code, data / "code", point))


def run(data: Path, step: str, point: str, errors: Path) -> None:
    """Do `step`, dying at `point`; what goes wrong otherwise is written to the file `errors`."""
    with errors.open("w") as file:
        os.dup2(file.fileno(), 2)
    asyncio.run(_run(data, step, point))


async def _run(data: Path, step: str, point: str) -> None:
    core = open_core(data)
    armed = arm(core, data, point)
    if step == "upload":
        await upload(armed, NEW, version="2.0.0")
    elif step == "install":
        await upload(armed, NEW, "acme/other")
    elif step == "promote":
        await apps.promote(armed, COUNTER, 2, base_revision=None)
    elif step == "rollback":
        await apps.rollback(armed, COUNTER, base_revision=None)
    elif step == "bundle":
        await apps.add_bundle(armed, COUNTER, 1, "build", b"compiled")
    elif step == "delete":
        await apps.delete(armed, COUNTER, base_revision=None)
    elif step == "purge":
        await apps.purge_deleted(armed, core.clock() + 2 * apps.KEPT)
    die()
