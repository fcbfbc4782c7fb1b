"""When Python looks for garbage."""

from __future__ import annotations

import asyncio
import gc
import subprocess
import sys
import time

import pytest

from app.server.process import garbage

TOLD = """
import asyncio, gc
from app.server.process import garbage
from app.server.process.warmup import warming_up

def broken(library):
    raise LookupError(library)

async def start(has_library):
    assert not gc.isenabled()
    async with warming_up(has_library, asyncio.Event().wait):
        while not gc.isenabled():
            await asyncio.sleep(0)

with garbage.resting():
    asyncio.run(asyncio.wait_for(start({}), 60))
print(gc.get_threshold() == garbage.LOOKS, gc.get_freeze_count() > 0)
"""


def _run(code: str) -> str:
    """Return what a process of its own writes: these settings are one for a process."""
    return subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    ).stdout


def test_it_rests_until_the_server_has_warmed_up() -> None:
    assert _run(TOLD.format("lambda library: True")).split() == ["True", "True"]


def test_a_warm_up_that_fails_does_not_leave_it_resting() -> None:
    assert _run(TOLD.format("broken")).split() == ["True", "True"]


async def test_it_pauses_while_an_app_changes_and_no_longer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert gc.isenabled()
    monkeypatch.setattr(garbage, "PAUSE_SECONDS", 0.01)
    is_over = asyncio.Event()

    async def change(number: int) -> tuple[int, bool]:
        return number, gc.isenabled()

    async def endless(number: int) -> None:
        await is_over.wait()

    assert await garbage.after(change)(1) == (1, False)
    # A second change does not make the pause longer.
    changing = asyncio.create_task(garbage.after(endless)(2))
    assert await asyncio.to_thread(_looks_again)
    assert not changing.done()
    is_over.set()
    await changing


def _looks_again() -> bool:
    end = time.monotonic() + 10
    while not gc.isenabled() and time.monotonic() < end:
        time.sleep(0.001)
    return gc.isenabled()


async def test_what_rests_for_another_reason_goes_on_resting() -> None:
    with garbage.resting():
        await garbage.after(asyncio.sleep)(0)
        assert len(asyncio.get_running_loop()._scheduled) == 0  # type: ignore[attr-defined]
        assert not gc.isenabled()
    assert gc.isenabled()
