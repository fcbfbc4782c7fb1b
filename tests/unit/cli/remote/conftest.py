"""Commands for a server, against the real API over a real connection."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from structlog.testing import capture_logs
from typer.testing import CliRunner

from app.cli import create_cli
from app.packages.pack import pack
from app.source.app_source import read_source
from tests.unit.api.conftest import Api, Running, api, listening, made
from tests.unit.apps.helpers import APPS, COUNTER
from tests.unit.platform.conftest import dry_runs, runner, runner_folder, server

__all__ = ["api", "dry_runs", "made", "runner", "runner_folder", "server"]


@dataclass
class Graft:
    """Runs `python -m app …` against a server.

    Attributes:
        api: what answers.
        address: where.
        running: the HTTP server.
        env: variables of the commands.
    """

    api: Api
    address: str
    running: Running
    env: dict[str, str]

    async def __call__(self, *arguments: str, exit_code: int = 0, **options: Any) -> Result:
        """Run a command, which must end as told."""
        invoke = partial(
            CliRunner().invoke, create_cli(arguments), arguments, env=self.env, **options
        )
        result = await asyncio.to_thread(invoke)
        assert result.exit_code == exit_code, (result.output, result.exception)
        return result

    async def json(self, *arguments: str, exit_code: int = 0) -> Any:
        """Run a command for programs, and return what it writes."""
        return json.loads((await self(*arguments, "--json", exit_code=exit_code)).stdout)


@pytest.fixture
async def graft(api: Api, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Graft]:
    """Commands with a token of the operator."""
    token = await api.token(api.node.operator.actor)
    # The server is in this process, and its log must not be among what a command writes.
    with capture_logs():
        async with listening(api) as (address, running):
            env = {"GRAFT_URL": address, "GRAFT_TOKEN": token, "COLUMNS": "200", "NO_COLOR": "1"}
            yield Graft(api, address, running, env)


@pytest.fixture
def package(tmp_path: Path) -> Callable[..., str]:
    """Write a package of the counter with a heading, and return its path."""

    def write(heading: str = "First", labels: str = "") -> str:
        folder = tmp_path / heading / COUNTER
        shutil.copytree(APPS / COUNTER, folder)
        text = labels or f"def heading() -> str:\n    return {heading!r}\n"
        (folder / "labels.py").write_text(text, encoding="utf-8")
        made = tmp_path / f"{heading}.tar.gz"
        made.write_bytes(pack(read_source(folder)))
        return str(made)

    return write
