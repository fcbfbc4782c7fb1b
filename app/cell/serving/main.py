"""Main: a process that was forked for a cell runs it, until its server closes the wire."""

from __future__ import annotations

import asyncio
import gc
import os
import socket
import sys
import tempfile
from collections.abc import MutableMapping
from typing import Any, NoReturn

import structlog
import uvloop

from app.bridge import patches
from app.bridge.compiling.wraps import BUILT_IN_WRAPS
from app.bridge.sockets.without_sockets import app_beside
from app.bridge.states import core_states, registration
from app.cell import uploads
from app.cell.compiling.front_end import FrontEnd
from app.cell.confinement.confine import confine
from app.cell.confinement.confinement import Confinement
from app.cell.serving.runtime import Runtime
from app.cell.serving.wire import Wire
from app.frontend.libraries import is_available
from app.kernel.tracebacks import traceback_of

_SWITCH_SECONDS = 0.001
"""A thread of the app that computes gives way to events that often."""

_THRESHOLDS = (10_000, 20, 50)


def main(line: socket.socket) -> None:
    """Serve what the other end of the socket asks for."""
    patches.install()
    uploads.install()
    sys.setswitchinterval(_SWITCH_SECONDS)
    gc.set_threshold(*_THRESHOLDS)
    line.setblocking(False)
    uvloop.run(_serve(line))


async def _serve(line: socket.socket) -> None:
    core = registration.core_registration()
    core_states.seal(core)
    app, own = app_beside(core)
    over = asyncio.Event()

    def lost(why: str) -> None:
        over.set()

    runtime = Runtime(app, own, FrontEnd(is_available, BUILT_IN_WRAPS), confine=_confine)
    structlog.configure(processors=[_Lines(runtime)])
    wire = Wire(runtime.took, lost)
    runtime.connect(wire)
    await asyncio.get_running_loop().create_unix_connection(lambda: wire, sock=line)
    await over.wait()
    # What the app began ends with the process, whatever it is.
    os._exit(0)


class _Lines:
    """Sends what code of the app logs to the server, as structlog's last processor."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    def __call__(self, logger: Any, method: str, line: MutableMapping[str, Any]) -> NoReturn:
        event = str(line.pop("event", ""))
        if line.pop("exc_info", None):
            error = sys.exception()
            line["exception"] = traceback_of(error) if error is not None else ""
        level = {"exception": "error", "warn": "warning"}.get(method, method)
        self._runtime.log(level, event, {name: _plain(value) for name, value in line.items()})
        raise structlog.DropEvent


def _plain(value: Any) -> Any:
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def _confine(allowed: Confinement) -> None:
    for folder in allowed.write[:1]:
        os.environ["TMPDIR"] = os.environ["HOME"] = tempfile.tempdir = folder
        os.chdir(folder)
    confine(allowed)
