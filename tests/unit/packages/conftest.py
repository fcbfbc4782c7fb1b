"""Apps on disk, one process for all dry runs of the tests, and one to aim at."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from pathlib import Path

import pytest
import pytest_asyncio

from app.packages.trying.dry_run import DryRunner
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


@pytest.fixture
def bystander() -> Iterator[subprocess.Popen[bytes]]:
    """A process in a group of its own that waits for its end."""
    waiting = [sys.executable, "-c", "input()"]
    with subprocess.Popen(waiting, stdin=subprocess.PIPE, start_new_session=True) as process:
        yield process
        process.kill()
