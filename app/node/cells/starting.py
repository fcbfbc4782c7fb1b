"""Where cells come from."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from app.bridge.sockets.without_sockets import app_beside
from app.bridge.types import RegistrationContext
from app.cell.compiling.front_end import FrontEnd
from app.cell.confinement.confinement import Confinement
from app.cell.serving.runtime import Runtime
from app.cell.serving.wire import memory_pair
from app.kernel.grants import Grants
from app.node.cells.remote import RemoteCell
from app.source.app_source import AppSource

MOST = 100
"""Cells at the same time, unless an operator says otherwise."""


class Starter(Protocol):
    """Starts cells.

    Attributes:
        most: how many may run at the same time.
    """

    most: int

    async def start(self, cell: RemoteCell) -> None:
        """Connect a cell that has loaded nothing yet.

        Raises:
            NotNow: none can be started.
        """
        ...

    def confinement(
        self, cell: RemoteCell, source: AppSource, grants: Grants | None, write: Sequence[Path]
    ) -> Confinement | None:
        """Return what a cell may use that runs an app with these grants, which keeps files in some
        folders; None: whatever it can.
        """
        ...

    async def close(self) -> None:
        """End all cells."""
        ...


class InThisProcess:
    """Cells in the process of the server, for tests: they behave as others do, and protect nobody.

    Args:
        core: registry with the core's states.
        front_end: what apps are compiled against.
    """

    def __init__(self, core: RegistrationContext, front_end: FrontEnd) -> None:
        self.most = MOST
        self._core = core
        self._front_end = front_end
        self._runtimes: list[Runtime] = []

    async def start(self, cell: RemoteCell) -> None:
        """See `Starter`."""
        app, core = app_beside(self._core)
        runtime = Runtime(app, core, self._front_end)
        host, inner = memory_pair((cell.took, cell.lost), (runtime.took, runtime.lost))
        cell.connect(host)
        runtime.connect(inner)
        self._runtimes.append(runtime)

    def confinement(
        self, cell: RemoteCell, source: AppSource, grants: Grants | None, write: Sequence[Path]
    ) -> None:
        """See `Starter`."""

    @property
    def is_idle(self) -> bool:
        """Whether nothing is on its way but background events."""
        return all(runtime.is_idle for runtime in self._runtimes)

    async def close(self) -> None:
        """See `Starter`."""
        for runtime in self._runtimes:
            await runtime.close()
