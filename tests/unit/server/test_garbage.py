"""When Python looks for garbage."""

from __future__ import annotations

import subprocess
import sys

TOLD = """
import asyncio, gc
from app.server import garbage
from app.server.warmup import warming_up

garbage.rest()
assert not gc.isenabled()

def broken(library):
    raise LookupError(library)

async def start(has_library):
    async with warming_up(has_library, asyncio.Event().wait):
        while not gc.isenabled():
            await asyncio.sleep(0)

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
