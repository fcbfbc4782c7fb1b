"""`python -m benchmarks.probe PORT APPS DATA [--trace]`: Graft with a back door for measuring.

The server is the one that `python -m app serve --dev` runs, but it does not watch the disk: saves
are deployed when the benchmark says so, which leaves the file event out of the measure.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import sys
import time
import tracemalloc
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import structlog
from reflex.state import BaseState, State, state_snapshot_hashes
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from app.frontend.build import ensure_built
from app.server.compose import create_server
from app.server.process import garbage
from app.server.process.run import serve
from app.server.process.warmup import WARMING
from app.server.settings import ServerSettings

Command = Callable[..., Awaitable[Any]]
PREFIX = "/_bench/"
_TICK = 0.005
_GAPS = 1_000


class Commands:
    """What the benchmarks ask of the server, by method name."""

    def __init__(self, engine: Any, apps: Path) -> None:
        self._engine = engine
        self._changed = garbage.after(engine.releases.changed)
        self._apps = apps
        self._gaps: list[float] = []
        self._watching: asyncio.Task[None] | None = None

    async def memory(self) -> dict[str, int]:
        """Return bytes after collecting garbage: resident, and Python's own when traced."""
        for _ in range(3):
            gc.collect()
        traced, _ = tracemalloc.get_traced_memory()
        return {"rss": _rss(), "traced": traced, "blocks": sys.getallocatedblocks()}

    async def deploy(self, app: str, text: str) -> dict[str, float]:
        """Save entry.py of an app and deploy it; returns milliseconds, the save not included."""
        (self._apps / app / "entry.py").write_text(text, "utf-8")
        started = time.perf_counter()
        await self._changed([app])
        total = (time.perf_counter() - started) * 1000
        record = self._engine.catalog.get(app)
        if record.failure is not None:
            raise RuntimeError(str(record.failure))
        return {"total_ms": total, "load_ms": record.load_ms}

    async def open(self, app: str) -> float:
        """Load an app as its first opening does; returns milliseconds."""
        started = time.perf_counter()
        await self._engine.version_of(app)
        return (time.perf_counter() - started) * 1000

    async def warmed_up(self) -> None:
        """Wait for the end of what a server does in the background after its start."""
        await asyncio.gather(*(t for t in asyncio.all_tasks() if t.get_name() == WARMING))

    async def compiled(self) -> list[str]:
        """Return the hashes of the core's states, as a browser has them from the front end."""
        return state_snapshot_hashes(State(_reflex_internal_init=True).dict(initial=True))

    async def sessions(self) -> int:
        """Return the number of sessions."""
        return len(self._engine.sessions)

    async def watch_loop(self) -> None:
        """Begin to note how long the event loop lets others wait."""
        self._gaps.clear()
        if self._watching is None:
            self._watching = asyncio.create_task(self._watch_loop())

    async def loop_gaps(self) -> list[float]:
        """Return the longest waits since `watch_loop`, in milliseconds, the longest first."""
        return sorted(self._gaps, reverse=True)[:_GAPS]

    async def _watch_loop(self) -> None:
        while True:
            before = time.perf_counter()
            await asyncio.sleep(_TICK)
            self._gaps.append((time.perf_counter() - before - _TICK) * 1000)

    async def classes(self, app: str) -> dict[str, int]:
        """Return state name -> number of its classes that are alive, for the states of one app."""
        for _ in range(3):
            gc.collect()
        package = f"client_apps.{app.replace('/', '.')}."
        return dict(
            Counter(
                found.get_full_name()
                for found in gc.get_objects()
                if issubclass(type(found), type)
                and issubclass(found, BaseState)
                and found.__module__.startswith(package)
            )
        )


class BackDoor:
    """ASGI application that answers the benchmarks and passes on everything else."""

    def __init__(self, app: ASGIApp, commands: Commands) -> None:
        self._app = app
        self._commands = commands

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer POST /_bench/<command> with JSON."""
        if scope["type"] != "http" or not scope["path"].startswith(PREFIX):
            await self._app(scope, receive, send)
            return
        command: Command = getattr(self._commands, scope["path"].removeprefix(PREFIX))
        arguments = await Request(scope, receive).json()
        await JSONResponse(await command(**arguments))(scope, receive, send)


def _rss() -> int:
    fields = Path("/proc/self/statm").read_text().split()
    return int(fields[1]) * 4096


def main() -> None:
    """Serve until SIGTERM."""
    port, apps, data = int(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3])
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    static = ensure_built(lambda text, done: None)
    settings = ServerSettings(data=data, apps=apps, static=static, development=True, watch=False)
    asgi = create_server(settings)
    # Only now: app.web makes the Reflex app from the environment that create_server sets.
    from app import web

    commands = Commands(web.app.host, apps)
    if "--trace" in sys.argv:
        tracemalloc.start(1)
    serve(BackDoor(asgi, commands), port=port)


if __name__ == "__main__":
    main()
