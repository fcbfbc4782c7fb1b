from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from app.cell.process.protocol import Ended, Fork, Forked, NotForked, Ready, Start, receive, send
from app.node.cells.supervisor import Supervisor
from tests.support.cells import ECHO, SCRIPTED, run
from tests.unit.cell.confinement.kernel import offered_layers

ROOT = Path(__file__).parents[4]
MODULE = ("-m", "app.cell.process.zygote")

Began = Callable[..., tuple[socket.socket, subprocess.Popen[bytes]]]


@pytest.fixture
def begin() -> Iterator[Began]:
    """Start a zygote and hold the host's end of its socket."""
    made: list[tuple[socket.socket, subprocess.Popen[bytes]]] = []

    def begin(
        start: Start = ECHO, command: tuple[str, ...] = MODULE
    ) -> tuple[socket.socket, subprocess.Popen[bytes]]:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            arguments = (*command, str(theirs.fileno()), start.as_bytes().decode())
            process = subprocess.Popen(
                [sys.executable, *arguments], cwd=ROOT, pass_fds=[theirs.fileno()]
            )
        made.append((ours, process))
        return ours, process

    yield begin
    for control, process in made:
        control.close()
        process.wait(300)


def _fork(control: socket.socket, number: int = 1) -> tuple[int, socket.socket]:
    """Order a cell; returns a handle on its process and the host's end of its socket."""
    ours, theirs = socket.socketpair()
    with theirs, open(os.devnull, "wb") as nothing:
        send(control, Fork(number, 0), [theirs.fileno(), nothing.fileno(), nothing.fileno()])
    message, descriptors = receive(control)
    assert isinstance(message, Forked)
    assert message.number == number
    return descriptors[0], ours


def _wait(handle: int) -> None:
    """Wait until a process is over."""
    with open(handle, "rb"):
        over = select.poll()
        over.register(handle)
        over.poll()


def test_it_says_when_it_is_ready_and_what_confines_here(begin: Began) -> None:
    control, _ = begin()
    message, _ = receive(control)
    assert isinstance(message, Ready)
    assert set(message.layers) == offered_layers()


def test_it_makes_a_cell_for_each_order_and_tells_of_its_end(begin: Began) -> None:
    control, _ = begin()
    receive(control)
    lines = [_fork(control, number) for number in (3, 5)]
    for number, (handle, line) in zip((3, 5), lines, strict=True):
        with line:
            line.sendall(b"hello")
            assert line.recv(100) == b"hello"
        assert receive(control) == (Ended(number, 0), [])
        os.close(handle)


@pytest.mark.parametrize("end", ["socket", "SIGTERM", "SIGKILL"])
def test_its_cells_end_with_it(begin: Began, end: str) -> None:
    control, process = begin()
    receive(control)
    handle, line = _fork(control)
    with line:
        if end == "socket":
            control.close()
        else:
            process.send_signal(getattr(signal, end))
        _wait(handle)
        assert process.wait(300) == (-signal.SIGKILL if end == "SIGKILL" else 0)


def test_that_there_is_no_room_for_a_process_is_said(begin: Began) -> None:
    # The first is a test of what confines here.
    code = """
import os, socket, sys
from app.cell.process import zygote
from app.cell.process.protocol import Start

fork, forks = os.fork, []
def full():
    forks.append(1)
    if len(forks) == 2:
        raise BlockingIOError("no room")
    return fork()
os.fork = full
zygote.main(socket.socket(fileno=int(sys.argv[1])), Start.from_text(sys.argv[2]))
"""
    control, _ = begin(command=("-c", code))
    receive(control)
    with open(os.devnull, "wb") as nothing:
        send(control, Fork(1, 0), [nothing.fileno()] * 3)
    assert receive(control) == (NotForked(1, "no room"), [])
    handle, line = _fork(control, 2)
    line.close()
    os.close(handle)


async def test_what_loading_an_app_needs_is_there_and_nothing_of_the_server() -> None:
    async with Supervisor(Start(SCRIPTED.entry), spares=0) as supervisor:
        cell = await supervisor.take()
        with closing(cell.socket):
            code = """
import os, sys
needed = ("reflex", "app.cell.loading.loader", "app.sdk")
answer = {
    "missing": [name for name in needed if name not in sys.modules],
    "of the server": [n for n in sys.modules if n.startswith(("app.core", "app.node", "app.web"))],
    "threads": len(os.listdir("/proc/self/task")),
    "of an app": [name for name in sys.modules if name.startswith("client_apps.")],
}
"""
            told = await run(cell, code)
    assert told == {"missing": [], "of the server": [], "threads": 1, "of an app": []}
