"""`/healthz`: the process is alive. `/readyz`: it can serve people.

A load balancer sends nobody to a node that is not ready; an orchestrator restarts one that is not
alive. So `/healthz` asks nothing of anybody: a database that is down is no reason to restart.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from time import monotonic
from typing import Any

import structlog
from sqlalchemy import text
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from app.core import apps
from app.core.context import Core
from app.core.disk import full_disk_reported
from app.kernel.errors import StorageFull

log = structlog.get_logger("graft.health")

Check = Callable[[], Awaitable[object]]

CHECK_SECONDS = 2.0
"""A part that does not answer in this time counts as down."""

PROBE_BYTES = 64 * 1024
"""Less room than this is none: the database alone writes more for one change."""

REMEMBERED_SECONDS = 1.0
"""Anybody may ask; however often they do, the parts are asked once a second."""


class Readiness:
    """Knows whether this node can serve people.

    Args:
        checks: name of a part -> asks it, and raises when it cannot be reached.
        patience: seconds that a part has for its answer.
        remembered: seconds for which an answer holds.
    """

    def __init__(
        self,
        checks: Mapping[str, Check],
        *,
        patience: float = CHECK_SECONDS,
        remembered: float = REMEMBERED_SECONDS,
    ) -> None:
        self._checks = checks
        self._patience = patience
        self._remembered = remembered
        self._asking: dict[str, asyncio.Task[str]] = {}
        self._known: tuple[float, dict[str, str]] | None = None
        self.catalog = "not read yet"

    def started(self) -> None:
        """The catalog is read: people can come."""
        self.catalog = "ok"

    def stopping(self) -> None:
        """The node is about to end: nobody should come any more."""
        self.catalog = "stopping"

    async def look(self) -> dict[str, str]:
        """Return "ok" or what is wrong for every part."""
        if self._known is None or monotonic() - self._known[0] >= self._remembered:
            answers = await asyncio.gather(*map(self._ask, self._checks))
            self._known = (monotonic(), dict(zip(self._checks, answers, strict=True)))
        return {**self._known[1], "catalog": self.catalog}

    async def _ask(self, name: str) -> str:
        # A part that hangs is asked once, not once for every request.
        asking = self._asking.get(name)
        if asking is None:
            asking = self._asking[name] = asyncio.create_task(self._answer(name))
        done, _ = await asyncio.wait({asking}, timeout=self._patience)
        if not done:
            return "does not answer"
        self._asking.pop(name, None)
        return asking.result()

    async def _answer(self, name: str) -> str:
        try:
            await self._checks[name]()
        except StorageFull:
            log.warning("not ready", part=name, why="full")
            return "full"
        except Exception as error:
            # The reason may name hosts and paths; it is for the log and not for everybody.
            log.warning("not ready", part=name, why=f"{type(error).__name__}: {error}")
            return "cannot be reached"
        return "ok"


def core_checks(core: Core, data: Path) -> dict[str, Check]:
    """Return the checks of what a node needs; `data` is its data folder."""

    async def database() -> None:
        # A table, because SQLite makes an empty file where there is none.
        await core.database.read(
            lambda session: session.connection().execute(
                text("SELECT version_num FROM alembic_version")
            )
        )

    async def code_store() -> None:
        await core.code.check()
        try:
            await database()
        except Exception:
            return  # told by the check of the database
        await apps.require_store(core)

    async def disk() -> None:
        await asyncio.to_thread(_write_something, data)

    return {"database": database, "code_store": code_store, "disk": disk}


def _write_something(data: Path) -> None:
    """Make sure that a file can be written.

    Raises:
        StorageFull: the disk is full.
        OSError: it cannot be written for another reason, such as being read only.
    """
    # A file without a name: a server that is killed leaves none behind.
    with full_disk_reported(), tempfile.TemporaryFile(dir=data, buffering=0) as file:
        rest = memoryview(bytes(PROBE_BYTES))
        while rest:  # the last that fits is written; what does not fit is the error
            rest = rest[file.write(rest) :]


def health_routes(readiness: Readiness) -> list[BaseRoute]:
    """Return the route `/readyz`; `/healthz` is part of every application (app/server/asgi.py)."""

    async def readyz(request: Request) -> Response:
        parts = await readiness.look()
        wrong = [f"{name} {state}" for name, state in parts.items() if state != "ok"]
        headers = {"cache-control": "no-store"}
        if not wrong:
            return JSONResponse({"status": "ok", "parts": parts}, headers=headers)
        detail = f"This server is not ready: {'; '.join(wrong)}."
        return problem(503, "Not ready", detail, {"parts": parts}, headers=headers)

    return [Route("/readyz", readyz)]


async def healthz(request: Request) -> Response:
    """Answer that the process is alive and its event loop turns."""
    return JSONResponse({"status": "ok"}, headers={"cache-control": "no-store"})


def problem(
    status: int,
    title: str,
    detail: str,
    more: Mapping[str, Any] | None = None,
    *,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return an error as application/problem+json (RFC 9457)."""
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    return JSONResponse(
        {**body, **(more or {})},
        status_code=status,
        headers=dict(headers or {}),
        media_type="application/problem+json",
    )
