"""Processes of cells that do what a test tells them."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from pathlib import Path
from typing import Any

from app.cell.process.protocol import Start
from app.node.cells.cell_process import CellProcess

ECHO = Start(warm=False)
"""A zygote whose cells send back what they get."""

SCRIPTED = Start("tests.support.scripted_cell", warm=False)
"""A zygote whose cells run what they are told."""


async def tell(cell: CellProcess, code: str) -> None:
    """Have a scripted cell run code that may never end."""
    loop = asyncio.get_running_loop()
    await loop.sock_sendall(cell.socket, json.dumps(code).encode() + b"\n")


async def run(cell: CellProcess, code: str) -> Any:
    """Have a scripted cell run code; returns what it assigned to `answer`."""
    await tell(cell, code)
    return await heard(cell)


async def heard(cell: CellProcess) -> Any:
    """The next line that a cell sends, as JSON."""
    loop, data = asyncio.get_running_loop(), b""
    while not data.endswith(b"\n"):
        more = await loop.sock_recv(cell.socket, 65536)
        assert more, "the cell closed its socket"
        data += more
    return json.loads(data)


async def stop(pid: int) -> None:
    """Stop a process, and wait until it stands still: the kernel may deliver a signal that is sent
    after this one before it.
    """
    os.kill(pid, signal.SIGSTOP)
    while _state(pid) != "T":  # noqa: ASYNC110 - nobody is told but its parent
        await asyncio.sleep(0)


def _state(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


class Watched:
    """A process of which a test wants to know that it is gone. Made while it lives."""

    def __init__(self, pid: int) -> None:
        """Take its id."""
        self._handle = os.pidfd_open(pid)

    async def gone(self) -> None:
        """Wait until it is over."""
        over, loop = asyncio.Event(), asyncio.get_running_loop()
        loop.add_reader(self._handle, over.set)
        try:
            await over.wait()
        finally:
            loop.remove_reader(self._handle)
            os.close(self._handle)
