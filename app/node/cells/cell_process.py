"""CellProcess: one process of a cell, as the host has it in its hands."""

from __future__ import annotations

import asyncio
import os
import select
import signal
import socket
from contextlib import suppress

from app.cell.process.child import FAULT, TRACE_SIGNAL
from app.node.cells.output import Output, OutputLimits
from app.node.cells.tracing import Tracing
from app.node.cells.usage import Usage, rss_bytes, usage_of

MB = 1024 * 1024

UNKNOWN_STATUS = -1
"""Instead of a wait status, where nobody could tell it any more."""

# Who reaps the process says at once how it ended, unless it is dead or stopped itself.
_TOLD_SECONDS = 1.0


class CellProcess:
    """A process and the host's ends of its socket and pipes.

    Attributes:
        pid: its id, for people; signals go by a handle that cannot become another's.
        socket: to the cell, non-blocking; whoever takes the cell closes it.
        output: lines that it prints.
        ended: its wait status once it is over, `UNKNOWN_STATUS` where that is lost.
        why: why it ended, as a sentence's end; "" while it runs.
        crash: where its threads were when it crashed; "" unless it did.
        rss_limit: memory that it may have, shared or not, in bytes; None for any.
    """

    def __init__(self, pid: int, handle: int, line: socket.socket, output: int, trace: int) -> None:
        """Take the process' id and its pidfd, the host's end of its socket, and the reading ends
        of its pipes.
        """
        self.pid = pid
        self.socket = line
        self.output = Output(output, OutputLimits())
        self.ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self.why = ""
        self.crash = ""
        self.rss_limit: int | None = None
        self._handle = handle
        self._tracing = Tracing(trace)
        # None when it is dead and reaped: then there is nothing to be read.
        self._folder = _folder_of(pid, handle)
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(handle, self._died)
        self._waiting: asyncio.TimerHandle | None = None
        self._killed_for = ""
        self._told_seconds = _TOLD_SECONDS

    def kill(self, why: str = "it was ended by the server") -> None:
        """End it at once, whatever it does; no effect on one that is over."""
        if not self.ended.done():
            self._killed_for = self._killed_for or why
            self._signal(signal.SIGKILL)

    async def trace(self, seconds: float = 0.5) -> str:
        """Where each of its threads is; "" when it does not tell within `seconds`."""
        return await self._tracing.ask(lambda: self._signal(TRACE_SIGNAL), seconds)

    async def usage(self) -> Usage | None:
        """What it uses; None once it is over."""
        if self._folder is None:
            return None
        return await asyncio.to_thread(_usage, os.dup(self._folder))

    def limit_memory(self) -> None:
        """Kill it if it has more memory than it may."""
        if self.rss_limit is None or self._folder is None or self.ended.done():
            return
        with suppress(OSError):
            has = rss_bytes(self._folder)
            if has > self.rss_limit:
                allowed = self.rss_limit / MB
                self.kill(f"it used {has / MB:.0f} MB of memory and may use {allowed:.0f} MB")

    def forsake(self, why: str) -> None:
        """Kill it, because nobody is there any more to reap it and tell how it ended."""
        self._told_seconds = 0.0
        self.kill(why)

    def told(self, status: int) -> None:
        """Take how it ended from whoever reaped it."""
        if self.ended.done():
            return
        if self._waiting is not None:
            self._waiting.cancel()
        self._loop.remove_reader(self._handle)
        self.crash = self._tracing.finish()
        self.output.finish()
        os.close(self._handle)
        if self._folder is not None:
            os.close(self._folder)
            self._folder = None
        self.why = _why(status, self._killed_for)
        self.ended.set_result(status)

    def _died(self) -> None:
        """The kernel says that it is over. How, its parent may be about to say."""
        self._loop.remove_reader(self._handle)
        unknown = signal.SIGKILL if self._killed_for else UNKNOWN_STATUS
        self._waiting = self._loop.call_later(self._told_seconds, self.told, int(unknown))

    def _signal(self, number: signal.Signals) -> None:
        if not self.ended.done():
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._handle, number)


def _folder_of(pid: int, handle: int) -> int | None:
    """Open what the kernel tells about a process; it stays about this one, whatever gets its id."""
    try:
        folder = os.open(f"/proc/{pid}", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        return None
    over = select.poll()
    over.register(handle, select.POLLIN)
    if over.poll(0):
        os.close(folder)
        return None
    return folder


def _usage(folder: int) -> Usage | None:
    try:
        return usage_of(folder)
    except OSError:
        return None
    finally:
        os.close(folder)


def _why(status: int, killed_for: str) -> str:
    if status == UNKNOWN_STATUS:
        return killed_for or "it ended, and nobody could tell how"
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        if number == signal.SIGKILL and killed_for:
            return killed_for
        return f"it was ended by the signal {signal.Signals(number).name}"
    code = os.waitstatus_to_exitcode(status)
    return "it ended with an exception" if code == FAULT else f"it ended with exit status {code}"
