from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, cast

import pytest
from structlog.testing import capture_logs

from app.server import providers
from app.server.providers import RunningPlatform
from app.server.settings import ServerSettings


class Runner:
    """Stands in for a dry runner: notes its start and its end."""

    def __init__(self, *missing: str) -> None:
        self.missing_layers = missing
        self.started = asyncio.Event()
        self.closed = False

    async def start(self) -> None:
        self.started.set()

    async def close(self) -> None:
        self.closed = True


@pytest.mark.parametrize("missing", [(), ("seccomp",), ("landlock", "seccomp")])
async def test_a_kernel_that_confines_packages_less_is_told_at_the_start(
    missing: tuple[str, ...],
) -> None:
    runner = Runner(*missing)
    with capture_logs() as lines:
        async with RunningPlatform(cast(Any, None), cast(Any, runner)).running():
            await runner.started.wait()
            await asyncio.sleep(0)
    told = [line["missing"] for line in lines if line["log_level"] == "warning"]
    assert told == ([list(missing)] if missing else [])
    assert runner.closed


def test_what_another_compiler_or_front_end_made_has_another_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def build(front_end: str) -> str:
        static = tmp_path / front_end / "static"
        return providers._build(ServerSettings(tmp_path, tmp_path, static, development=False))

    before = build("one")
    assert build("one") == before
    assert build("two") != before
    monkeypatch.setattr(providers, "text_digest", lambda: "of another compiler")
    assert build("one") != before
    monkeypatch.undo()
    monkeypatch.setattr(providers, "version", lambda name: f"another {name}")
    assert build("one") != before
