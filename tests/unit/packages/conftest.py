"""Apps on disk, and one process for all dry runs of the tests."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path

import pytest
import pytest_asyncio

from app.packages.dry_run import DryRunner
from tests.unit.packages.archives import APP, FILES

WriteApp = Callable[..., Path]


@pytest.fixture
def write_app(tmp_path: Path) -> WriteApp:
    """Write an app: `write_app({"entry.py": b"…"}, "acme/counter")` returns its folder."""

    def write(files: Mapping[str, bytes] = FILES, app_id: str = APP) -> Path:
        folder = tmp_path / "client_apps" / app_id
        for name, content in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        return folder

    return write


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """An empty folder to unpack into."""
    folder = tmp_path / "workspace"
    folder.mkdir()
    return folder


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def runner() -> AsyncIterator[DryRunner]:
    """A dry runner whose process is shared by the tests of a module."""
    async with DryRunner() as running:
        yield running
