"""What the platform asks of the node that runs in this process."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import platform
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import app
from app.kernel.tasks import in_background
from app.node.app_settings import Verdict, ask_version
from app.node.cells.versions import VersionInCell
from app.node.engine import Engine
from app.node.observe.applog import Line
from app.node.observe.error_lists import AppErrorEntry
from app.node.observe.usage import Minute
from app.platform.described import Viewers
from app.platform.node import FailingApp, FolderUse, NodeFacts, Settled
from app.source.problems import AppError

FAILING = 200
"""Failing apps that are named; the log has all of them."""


class EngineNode:
    """The adapter of `app.platform.node.Node` for a single node.

    Args:
        engine: the running node.
        name: what logs and the audit log call it.
        started_at: when it started.
    """

    def __init__(self, engine: Engine, name: str, started_at: datetime) -> None:
        self._engine = engine
        self._name = name
        self._started_at = started_at
        self._context = contextvars.copy_context()

    async def all(self) -> Sequence[NodeFacts]:
        """See `Node`."""
        records = list(self._engine.catalog)
        failing = [
            FailingApp(record.id, next(iter(record.failure.problems), None), record.failure.at)
            for record in records
            if record.failure is not None
        ]
        facts = NodeFacts(
            name=self._name,
            version=app.__version__,
            python=platform.python_version(),
            started_at=self._started_at,
            open_pages=sum(1 for session in self._engine.sessions if session.connected),
            installed=len(records),
            loaded=sum(record.version is not None for record in records),
            memory=_memory(),
            failing=tuple(failing[:FAILING]),
        )
        return [facts]

    async def expect(self, app_id: str, number: int) -> None:
        """See `Node`."""
        await self._engine.releases.expect(app_id, number)

    async def settled(self, app_id: str, revision: int, seconds: float) -> Settled:
        """See `Node`."""
        # Whoever asks is not who loads: what runs then is nobody's, and in the server's name.
        settling = in_background(
            self._settle(app_id, revision),
            "loading what is served",
            context=self._context.copy(),
            app=app_id,
        )
        await asyncio.wait({settling}, timeout=seconds)
        return replace(await self.serving(app_id), loading=not settling.done())

    async def serving(self, app_id: str) -> Settled:
        """See `Node`."""
        record = self._engine.catalog.get(app_id)
        number = record.version.info.number if record and record.version else None
        return Settled(number, record.failure.problems if record and record.failure else ())

    async def _settle(self, app_id: str, revision: int) -> None:
        await self._engine.releases.catch_up(app_id, revision)
        record = self._engine.catalog.get(app_id)
        if record is not None and record.released and record.access.enabled:
            # Although nobody may have it open: whether it loads is to be known.
            with contextlib.suppress(AppError):  # it is in the catalog
                await self._engine.version_of(app_id)

    async def lines(self, app_id: str, limit: int) -> Sequence[Line]:
        """See `Node`."""
        return self._engine.logs.recent(app_id, limit)

    def follow(self, app_id: str, backlog: int) -> AsyncGenerator[Line, None]:
        """See `Node`."""
        return self._engine.logs.follow(app_id, backlog)

    async def errors(self, app_id: str) -> Sequence[AppErrorEntry]:
        """See `Node`."""
        return self._engine.errors.of(app_id)

    async def clear_errors(self, app_id: str) -> None:
        """See `Node`."""
        self._engine.errors.clear(app_id)

    async def usage(self, app_id: str, minutes: int) -> Sequence[Minute]:
        """See `Node`."""
        return self._engine.observed.usage.of(app_id, minutes)

    async def viewers(self, app_id: str) -> Viewers:
        """See `Node`."""
        return Viewers.of([session.actor for session in self._engine.sessions.viewing(app_id)])

    async def folders(self, app_id: str) -> Sequence[FolderUse]:
        """See `Node`."""
        return await asyncio.to_thread(self._folders, app_id)

    def _folders(self, app_id: str) -> Sequence[FolderUse]:
        folders = self._engine.files.folders
        used = ((kept.organisation, folders.use(kept)) for kept in folders.all(app_id))
        return [FolderUse(whose, use.files, use.size) for whose, use in used]

    def folder_quota(self, app_id: str) -> int:
        """See `Node`."""
        return self._engine.files.quota_of(app_id)

    async def ask_settings(
        self, app_id: str, number: int, values: Mapping[str, Any] | None
    ) -> Verdict | None:
        """See `Node`."""
        for version in self._engine.versions.of(app_id):
            if version.info.number == number:
                declared = version.metadata.capabilities or ()
                grants = self._engine.granting.of(app_id, declared)
                if isinstance(version, VersionInCell) and self._engine.cells is not None:
                    return await self._engine.cells.ask_settings(version, values or {})
                return await ask_version(version, values, grants)
        return None


def _memory() -> int:
    try:
        pages = Path("/proc/self/statm").read_text("ascii").split()[1]
    except OSError:
        return 0
    return int(pages) * 4096
