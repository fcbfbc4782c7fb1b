"""Processes of cells that do what a test tells them."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from app.node.cells.cell_process import CellProcess
from app.node.cells.supervisor import Supervisor
from tests.support.cells import SCRIPTED


@pytest.fixture
async def cell() -> AsyncIterator[CellProcess]:
    """A scripted cell."""
    async with Supervisor(SCRIPTED, spares=0) as supervisor:
        made = await supervisor.take()
        yield made
        made.socket.close()
