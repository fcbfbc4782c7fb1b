"""Supervisors of processes that do what a test tells them."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from app.node.cells.supervisor import Supervisor
from tests.support.cells import SCRIPTED
from tests.unit.platform.conftest import dry_runs

__all__ = ["dry_runs", "supervisor"]


@pytest.fixture
async def supervisor() -> AsyncIterator[Supervisor]:
    """One without spares, whose cells are scripted."""
    async with Supervisor(SCRIPTED, spares=0) as made:
        yield made
