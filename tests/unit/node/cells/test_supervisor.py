from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from app.node.cells import zygote
from app.node.cells.supervisor import NoCells, Supervisor
from tests.support.cells import ECHO, SCRIPTED, Watched, run, stop, tell

ROOT = Path(__file__).parents[4]


async def test_a_cell_is_a_process_that_answers() -> None:
    loop = asyncio.get_running_loop()
    async with Supervisor(ECHO, spares=0) as supervisor:
        cell = await supervisor.take()
        with closing(cell.socket):
            await loop.sock_sendall(cell.socket, b"hello")
            assert await loop.sock_recv(cell.socket, 100) == b"hello"
        assert await cell.ended == 0
        assert cell.why == "it ended with exit status 0"


async def test_each_cell_is_another_process(supervisor: Supervisor) -> None:
    one, two = await supervisor.take(), await supervisor.take()
    with closing(one.socket), closing(two.socket):
        await run(one, "import json; json.mark = 1")
        assert await run(two, "import json; answer = hasattr(json, 'mark')") is False
        assert await run(two, "import os; answer = os.getpid()") == two.pid != one.pid
    assert set(supervisor.cells) == {one, two}


async def test_a_spare_is_taken_and_another_is_made() -> None:
    async with Supervisor(ECHO, refill_seconds=0) as supervisor:
        await supervisor.start()
        (spare,) = supervisor.cells
        taken = await supervisor.take()
        assert taken is spare
        while len(supervisor.cells) < 2:  # noqa: ASYNC110 - nobody else wants to know
            await asyncio.sleep(0)
        taken.socket.close()


async def test_a_spare_that_died_is_not_taken() -> None:
    async with Supervisor(ECHO, refill_seconds=1000) as supervisor:
        await supervisor.start()
        (spare,) = supervisor.cells
        spare.kill()
        await spare.ended
        taken = await supervisor.take()
        assert not taken.ended.done()
        taken.socket.close()


async def test_when_the_zygote_dies_its_cells_end_and_the_next_come_of_another(
    supervisor: Supervisor,
) -> None:
    cell = await supervisor.take()
    first = supervisor.process_id
    assert first is not None
    with closing(cell.socket):
        os.kill(first, signal.SIGKILL)
        await cell.ended
        assert cell.why == "the process that it came of ended"
    other = await supervisor.take()
    with closing(other.socket):
        assert await run(other, "answer = 1") == 1
        assert supervisor.process_id != first


async def test_a_zygote_that_is_stopped_is_replaced_and_its_cells_go_on(
    supervisor: Supervisor,
) -> None:
    cell = await supervisor.take()
    stopped = supervisor.process_id
    assert stopped is not None
    assert supervisor._zygote is not None
    supervisor._zygote.fork_seconds = 0.01
    with closing(cell.socket):
        await stop(stopped)
        other = await supervisor.take()
        other.socket.close()
        assert supervisor.process_id != stopped
        assert await run(cell, "answer = 1") == 1
        os.kill(stopped, signal.SIGCONT)


async def test_the_end_of_a_cell_is_told_where_the_zygote_cannot(supervisor: Supervisor) -> None:
    cell = await supervisor.take()
    zygote = supervisor.process_id
    assert zygote is not None
    await stop(zygote)
    cell.kill("it had to go")
    assert await cell.ended == signal.SIGKILL
    assert cell.why == "it had to go"
    cell.socket.close()  # only now: without its socket it ends by itself
    os.kill(zygote, signal.SIGCONT)


@pytest.mark.parametrize(
    "says",
    [
        b"garbage",
        b'{"is": "Ready"}',
        b'{"is": "Ended", "number": "x", "status": {}}',
        b"[" * 4000,
        b"\xff" * 5000,
    ],
)
@pytest.mark.parametrize("first", [b"", b'{"is": "Ready", "layers": []}'])
async def test_a_zygote_that_says_what_nobody_understands_is_given_up(
    monkeypatch: pytest.MonkeyPatch, first: bytes, says: bytes
) -> None:
    code = f"""
import socket, sys
control = socket.socket(fileno=int(sys.argv[1]))
if {first!r}:
    control.send({first!r})
    control.recv(100)
control.send({says!r})
control.recv(100)
"""

    def spawn(start: object, descriptor: int) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-S", "-c", code, str(descriptor)]
        return subprocess.Popen(command, pass_fds=(descriptor,), start_new_session=True)

    monkeypatch.setattr(zygote, "_spawn", spawn)
    async with Supervisor(spares=0) as supervisor:
        with pytest.raises(NoCells, match="cannot be understood"):
            await supervisor.take()


async def test_what_cannot_be_started_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    async with Supervisor() as supervisor:
        with pytest.raises(NoCells, match="cannot be started"):
            await supervisor.take()


async def test_closing_ends_everything() -> None:
    async with Supervisor(SCRIPTED) as supervisor:
        await supervisor.start()
        cell = await supervisor.take()
        assert supervisor.process_id is not None
        watched = [Watched(cell.pid), Watched(supervisor.process_id)]
        await tell(cell, "while True: pass")
    for process in watched:
        await process.gone()
    assert cell.ended.done()
    cell.socket.close()
    with pytest.raises(NoCells, match="closing"):
        await supervisor.take()


# A process that left its session and its parent.
LEAVE = """
import os, signal
told, tell = os.pipe()
if os.fork() == 0:
    os.setsid()
    if (answer := os.fork()) == 0:
        os.setsid()
        signal.pause()
    os.write(tell, str(answer).encode())
    os._exit(0)
answer = int(os.read(told, 100))
os.wait()
"""


async def test_what_a_cell_leaves_behind_ends_with_it(supervisor: Supervisor) -> None:
    cell = await supervisor.take()
    with closing(cell.socket):
        left = Watched(await run(cell, LEAVE))
    await cell.ended
    await left.gone()


async def test_what_a_cell_leaves_behind_stays_its_own(supervisor: Supervisor) -> None:
    cell = await supervisor.take()
    with closing(cell.socket):
        left = await run(cell, LEAVE)
        parent = f"answer = int(open('/proc/{left}/stat').read().rpartition(')')[2].split()[1])"
        assert await run(cell, parent) == cell.pid


async def test_what_cells_leave_behind_ends_though_the_zygote_is_killed(
    supervisor: Supervisor,
) -> None:
    cell = await supervisor.take()
    assert supervisor.process_id is not None
    with closing(cell.socket):
        left = Watched(await run(cell, LEAVE))
        os.kill(supervisor.process_id, signal.SIGKILL)
        await cell.ended
        await left.gone()


async def test_everything_ends_with_the_host() -> None:
    code = f"""
LEAVE = {LEAVE!r}
import asyncio, os
from app.node.cells.supervisor import Supervisor
from tests.support.cells import SCRIPTED, run, tell

async def main():
    supervisor = Supervisor(SCRIPTED, spares=0)
    cell = await supervisor.take()
    child = await run(cell, LEAVE)
    print(supervisor.folder, supervisor.process_id, cell.pid, child, flush=True)
    await tell(cell, "while True: pass")
    await asyncio.Event().wait()

asyncio.run(main())
"""
    host = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, cwd=ROOT, stdout=subprocess.PIPE
    )
    assert host.stdout is not None
    folder, *pids = (await host.stdout.readline()).split()
    watched = [Watched(int(pid)) for pid in pids]
    assert len(watched) == 3
    host.kill()
    await host.wait()
    for process in watched:
        await process.gone()
    assert not _exists(folder)


async def test_cells_that_run_go_on_while_further_ones_come_of_a_new_process(
    supervisor: Supervisor,
) -> None:
    cell = await supervisor.take()
    first = supervisor.process_id
    assert first is not None
    watched = Watched(first)
    supervisor.renew()
    other = await supervisor.take()
    with closing(cell.socket), closing(other.socket):
        assert supervisor.process_id != first
        assert await run(cell, "answer = 1") == 1
        cell.kill()
        await cell.ended
        await watched.gone()
        assert await run(other, "answer = 1") == 1


async def test_a_cell_can_run_something_else(supervisor: Supervisor) -> None:
    cell = await supervisor.take("app.cell.process.entry")
    loop = asyncio.get_running_loop()
    with closing(cell.socket):
        await loop.sock_sendall(cell.socket, b"not JSON")
        assert await loop.sock_recv(cell.socket, 100) == b"not JSON"


async def test_the_folder_of_cells_goes_with_them() -> None:
    async with Supervisor(ECHO) as supervisor:
        with pytest.raises(NoCells):
            _ = supervisor.folder
        await supervisor.start()
        (folder := supervisor.folder / "scratch").mkdir()
        assert supervisor.process_id is not None
        watched = Watched(supervisor.process_id)
        # Nor does it go with what is only replaced.
        supervisor.renew()
        await watched.gone()
        assert _exists(folder)
    assert not _exists(folder.parent)


async def test_a_hundred_cells_leave_nothing_behind(supervisor: Supervisor) -> None:
    descriptors = None
    for number in range(100):
        cell = await supervisor.take()
        cell.socket.close() if number % 2 else cell.kill()
        await cell.ended
        cell.socket.close()
        # With the first came what stays: the zygote's socket.
        descriptors = descriptors or len(os.listdir("/proc/self/fd"))
    assert len(os.listdir("/proc/self/fd")) == descriptors
    assert supervisor.cells == []
    assert _children(supervisor.process_id) == ""


def _children(pid: int | None) -> str:
    return Path(f"/proc/{pid}/task/{pid}/children").read_text()


def _exists(path: str | bytes | Path) -> bool:
    return os.path.exists(path)
