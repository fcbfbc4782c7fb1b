"""How a node runs, as its command line says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from app.server.process.stopping import Stopping


@dataclass(frozen=True)
class ServerSettings:
    """How a node runs.

    Attributes:
        data: folder for everything that must last.
        apps: folder of client apps.
        static: the built front end, from `app.frontend.build.ensure_built`.
        development: every visitor is signed in as a developer, and sees errors.
        watch: whether saves in `apps` are deployed by themselves.
        allow_unsigned: whether production takes packages that no trusted key signed.
        safe_mode: start without any client app.
        host: the interface to listen on, as it was given; in development mode also a name to answer
            to.
        on_set_up: called at the start of a production server that nobody can operate yet, with the
            secret of the link that sets it up.
        stopping: told when the server begins to stop.
    """

    data: Path
    apps: Path
    static: Path
    development: bool
    watch: bool = True
    allow_unsigned: bool = False
    safe_mode: bool = False
    host: str = "127.0.0.1"
    on_set_up: Callable[[str], None] = lambda secret: None
    stopping: Stopping = field(default_factory=Stopping)
