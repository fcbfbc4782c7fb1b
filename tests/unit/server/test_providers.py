from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest
from structlog.testing import capture_logs

from app.server.providers import RunningPlatform


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
