from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.unit.platform.conftest import dry_runs, runner, runner_folder, server
from tests.unit.server.site import Site, running_site

__all__ = ["dry_runs", "runner", "runner_folder", "server", "site"]


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    """A production site on an empty data folder."""
    async with running_site(tmp_path / "data") as made:
        yield made
