from __future__ import annotations

import asyncio
import os
import signal
from contextlib import closing

import pytest

from app.node.cells.cell_process import MB
from app.node.cells.supervisor import Supervisor
from tests.support.cells import SCRIPTED, run, stop, tell


async def test_a_cell_that_is_killed_is_told(supervisor: Supervisor) -> None:
    cell = await supervisor.take()
    with closing(cell.socket):
        cell.kill("nobody has it open")
        assert await cell.ended == signal.SIGKILL
        assert cell.why == "nobody has it open"
        cell.kill()
        assert cell.why == "nobody has it open"


async def test_a_cell_that_somebody_else_kills_is_told(supervisor: Supervisor) -> None:
    cell = await supervisor.take()
    with closing(cell.socket):
        os.kill(cell.pid, signal.SIGKILL)
        assert await cell.ended == signal.SIGKILL
        assert cell.why == "it was ended by the signal SIGKILL"


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("import os; os._exit(3)", "it ended with exit status 3"),
        ("import sys; sys.exit()", "it ended with exit status 0"),
        ("raise KeyboardInterrupt", "it ended with an exception"),
        ("import os; os.kill(os.getpid(), 15)", "it was ended by the signal SIGTERM"),
        ("import ctypes; ctypes.string_at(0)", "it was ended by the signal SIGSEGV"),
        ("import os; os.killpg(0, 9)", "it was ended by the signal SIGKILL"),
    ],
)
async def test_how_a_cell_ended_is_said(supervisor: Supervisor, code: str, why: str) -> None:
    cell, other = await supervisor.take(), await supervisor.take()
    with closing(cell.socket), closing(other.socket):
        await tell(cell, code)
        await cell.ended
        assert cell.why == why
        assert await run(other, "answer = 1") == 1


async def test_where_a_cell_crashed_is_known(supervisor: Supervisor) -> None:
    cell = await supervisor.take()
    with closing(cell.socket):
        await tell(cell, "def broken():\n import ctypes; ctypes.string_at(0)\nbroken()")
        await cell.ended
        assert "Segmentation fault" in cell.crash
        assert "in broken" in cell.crash


@pytest.mark.parametrize(
    "code",
    [
        "import os; os.closerange(0, 100)\nwhile True: pass",
        "import os, signal; os.kill(os.getpid(), signal.SIGSTOP)",
        "import signal\nfor n in range(1, 32):\n  try: signal.signal(n, signal.SIG_IGN)\n"
        "  except OSError: pass\nwhile True: pass",
        "while True:\n  try:\n    while True: pass\n  except BaseException: pass",
        "import re; re.match('(a*)*b', 'a' * 100)",
    ],
)
async def test_whatever_a_cell_does_it_can_be_ended(supervisor: Supervisor, code: str) -> None:
    cell, other = await supervisor.take(), await supervisor.take()
    with closing(cell.socket), closing(other.socket):
        await tell(cell, code)
        assert await run(other, "answer = 1") == 1
        cell.kill()
        assert await cell.ended == signal.SIGKILL


async def test_a_cell_that_uses_more_memory_than_it_may_is_ended() -> None:
    async with Supervisor(SCRIPTED, spares=0, rss_limit=100 * MB) as supervisor:
        cell, other = await supervisor.take(), await supervisor.take()
        with closing(cell.socket), closing(other.socket):
            await tell(cell, f"kept = bytearray({200 * MB}); kept[::4096] = kept[::4096]")
            await tell(cell, "import signal; signal.pause()")
            assert await cell.ended == signal.SIGKILL
            assert "MB of memory and may use 100 MB" in cell.why
            assert await run(other, "answer = 1") == 1


async def test_a_cell_can_be_given_more_memory_than_others() -> None:
    async with Supervisor(SCRIPTED, spares=0, rss_limit=1) as supervisor:
        cell = await supervisor.take()
        cell.rss_limit = None
        cell.limit_memory()
        with closing(cell.socket):
            assert await run(cell, "answer = 1") == 1


async def test_what_a_cell_uses_is_told(supervisor: Supervisor) -> None:
    cell = await supervisor.take()
    with closing(cell.socket):
        before = await cell.usage()
        assert before is not None
        assert before.private_dirty_bytes is not None
        code = f"""
import time
kept = bytes({50 * MB}).replace(bytes(1), b"x")
while time.process_time() < 0.1: pass
"""
        await run(cell, code)
        after = await cell.usage()
        assert after is not None
        assert after.private_dirty_bytes is not None
        assert after.rss_bytes - before.rss_bytes > 40 * MB
        assert after.private_dirty_bytes - before.private_dirty_bytes > 40 * MB
        assert after.cpu_seconds - before.cpu_seconds > 0.05
        cell.kill()
        await cell.ended
        assert await cell.usage() is None


async def test_a_trace_says_where_a_cell_is_that_does_nothing_else(supervisor: Supervisor) -> None:
    cell = await supervisor.take()
    with closing(cell.socket):
        code = "def endless(): \n line.sendall(b'0\\n')\n while True: pass\nendless()"
        assert await run(cell, code) == 0
        trace = await cell.trace(600)
        assert "Current thread" in trace
        assert "in endless" in trace
        assert "in endless" in await cell.trace(600)


async def test_a_trace_shows_every_thread(supervisor: Supervisor) -> None:
    cell = await supervisor.take()
    with closing(cell.socket):
        code = """
import threading
begun, held = threading.Event(), threading.Event()
def waits():
    begun.set()
    held.wait()
threading.Thread(target=waits, daemon=True).start()
begun.wait()
"""
        await run(cell, code)
        assert "in waits" in await cell.trace(600)


async def test_a_cell_that_cannot_tell_where_it_is_leaves_the_trace_empty(
    supervisor: Supervisor,
) -> None:
    cell = await supervisor.take()
    with closing(cell.socket):
        await stop(cell.pid)
        assert await cell.trace(0.01) == ""
        os.kill(cell.pid, signal.SIGCONT)
        cell.kill()
        await cell.ended
        assert await cell.trace(600) == ""


async def test_a_cell_that_gave_up_its_traces_lives_on(supervisor: Supervisor) -> None:
    cell = await supervisor.take()
    with closing(cell.socket):
        await run(cell, "import faulthandler, signal; faulthandler.unregister(signal.SIGUSR1)")
        assert await cell.trace(0.01) == ""
        await run(cell, "import os; os.closerange(4, 5)")
        assert await cell.trace(600) == ""
        assert await run(cell, "answer = 1") == 1


async def test_a_cell_whose_traces_nobody_reads_goes_on(supervisor: Supervisor) -> None:
    cell = await supervisor.take()
    with closing(cell.socket):
        code = """
import os, signal
for _ in range(2000):
    os.kill(os.getpid(), signal.SIGUSR1)
answer = 1
"""
        assert await run(cell, code) == 1
        assert "Current thread" in await cell.trace(600)


async def test_a_trace_has_a_largest_size(supervisor: Supervisor) -> None:
    cell = await supervisor.take()
    with closing(cell.socket):
        code = """
import os, signal
os.set_blocking(4, True)
signal.signal(signal.SIGUSR1, lambda *_: None)
def write():
    while True: os.write(4, b"x" * 4096)
write()
"""
        await tell(cell, code)
        assert len(await cell.trace(600)) <= 128 * 1024
        cell.kill()
        await cell.ended
        assert len(cell.crash) <= 64 * 1024


async def test_what_a_cell_prints_comes_line_by_line(supervisor: Supervisor) -> None:
    cell = await supervisor.take()
    with closing(cell.socket):
        await run(cell, "import sys; print('one'); print('two', file=sys.stderr)")
        lines = aiter(cell.output)
        assert [await anext(lines), await anext(lines)] == ["one", "two"]


async def test_what_a_cell_printed_last_is_kept(supervisor: Supervisor) -> None:
    cell = await supervisor.take()
    with closing(cell.socket):
        await tell(cell, "import os; print('last', end=''); os._exit(1)")
        await cell.ended
        assert [line async for line in cell.output] == ["last"]


async def test_a_cell_that_prints_without_end_waits_and_nobody_else(
    supervisor: Supervisor,
) -> None:
    cell, other = await supervisor.take(), await supervisor.take()
    with closing(cell.socket), closing(other.socket):
        await tell(cell, "while True: print('x' * 1000)")
        assert await anext(aiter(cell.output)) == "x" * 1000
        while not cell.output.dropped_bytes:  # noqa: ASYNC110 - nobody else wants to know
            await asyncio.sleep(0)
        assert await run(other, "answer = 1") == 1
        cell.kill()
        await cell.ended
        kept = [line async for line in cell.output]
        assert sum(map(len, kept)) <= 256 * 1024
