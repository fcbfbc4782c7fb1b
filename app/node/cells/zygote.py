"""Zygote, the host's end: start the process that cells are forked from, and have it make some."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

from app.cell.confinement.mark import kill_marked, new_mark
from app.cell.process.environment import environment
from app.cell.process.protocol import (
    Ended,
    Farewell,
    Fork,
    Forked,
    Message,
    NotAMessage,
    NotForked,
    Ready,
    Start,
    receive,
    send,
)
from app.node.cells.cell_process import CellProcess

START_SECONDS = 60.0
FORK_SECONDS = 10.0
_END_SECONDS = 5.0
# The kernel's own default is less than an answer of a cell may have.
_SOCKET_BYTES = 1024 * 1024


class ZygoteLost(Exception):
    """It ended, or says nothing, or nothing that can be understood."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A cell that was ordered: who waits for it, the host's ends, and the cell's."""

    made: asyncio.Future[CellProcess]
    line: socket.socket
    output: int
    trace: int
    theirs: list[int]

    def close_theirs(self) -> None:
        for end in self.theirs:
            os.close(end)

    def close(self) -> None:
        self.line.close()
        os.close(self.output)
        os.close(self.trace)

    def fail(self, error: Exception) -> None:
        if not self.made.done():
            self.made.set_exception(error)
            self.made.exception()  # whoever waited may be gone


class Zygote:
    """One process, the socket to it, and the cells that came of it.

    Attributes:
        layers: what confines a process here, of `confinement.LAYERS`.
        cells: those that run.
        lost: why no further cell comes of it; "" while they do.
        fork_seconds: how long it may take to make one.
    """

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        control: socket.socket,
        *,
        mark: int | None,
        idle: Callable[[Zygote], None],
    ) -> None:
        """Take the process, the host's end of its socket, what all that comes of it is known by,
        and whom to tell when it is lost and has no cell any more.
        """
        self.layers: tuple[str, ...] = ()
        self.cells: set[CellProcess] = set()
        self.lost = ""
        self.fork_seconds = FORK_SECONDS
        self._process = process
        self._control = control
        self._mark = mark
        self._idle = idle
        self._orders = 0
        self._waiting: dict[int, _Waiting] = {}
        self._numbered: dict[int, CellProcess] = {}
        loop = asyncio.get_running_loop()
        self._ready: asyncio.Future[None] = loop.create_future()
        control.setblocking(False)
        loop.add_reader(control, self._read)

    @property
    def pid(self) -> int:
        """Id of its process."""
        return self._process.pid

    @classmethod
    async def start(cls, start: Start, *, idle: Callable[[Zygote], None]) -> Zygote:
        """Start one and wait until it can make cells. Raises ZygoteLost.

        It dies with the thread that starts it, which must be one that stays: the loop's.
        """
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            with theirs:
                start = replace(start, mark=new_mark())
                process = _spawn(start, theirs.fileno())
        except OSError as error:
            ours.close()
            raise ZygoteLost(f"it cannot be started: {error}") from error
        zygote = cls(process, ours, mark=start.mark, idle=idle)
        try:
            async with asyncio.timeout(START_SECONDS):
                await zygote._ready
        except BaseException as error:
            zygote._lose("it did not get ready")
            await asyncio.shield(zygote.end())
            if isinstance(error, TimeoutError):
                raise ZygoteLost(zygote.lost) from error
            raise
        return zygote

    async def fork(self, nice: int, entry: str = "") -> CellProcess:
        """Make a cell that runs `entry`, "" for what the start says. Raises ZygoteLost, and OSError
        where the system has no room for another process.
        """
        self._orders += 1
        number = self._orders
        waiting = _Waiting(asyncio.get_running_loop().create_future(), *_ends())
        try:
            self._send(Fork(number, nice, entry), waiting.theirs)
        except BaseException:
            waiting.close()
            raise
        finally:
            waiting.close_theirs()
        self._waiting[number] = waiting
        try:
            async with asyncio.timeout(self.fork_seconds):
                return await asyncio.shield(waiting.made)
        except TimeoutError as error:
            self._abandon(number, waiting)
            self._lose("it does not answer")
            raise ZygoteLost(self.lost) from error
        except BaseException:
            self._abandon(number, waiting)
            raise

    def retire(self) -> None:
        """Make no further cell; those that run go on, and it ends with the last."""
        self._lose("it was retired")

    async def end(self) -> None:
        """End it, and its cells, and whatever came of them."""
        self._lose("it was ended")
        for cell in list(self.cells):
            cell.kill()
        if self._control.fileno() >= 0:
            with suppress(OSError):
                send(self._control, Farewell())
        self._close()
        if not await asyncio.to_thread(_has_ended, self._process, _END_SECONDS):
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            await asyncio.to_thread(self._process.wait)
        # It kills what came of it, unless it was killed itself.
        if self._mark is not None and self._process.returncode != 0:
            await asyncio.to_thread(kill_marked, self._mark)

    def _send(self, message: Fork, descriptors: list[int]) -> None:
        if self.lost:
            raise ZygoteLost(self.lost)
        try:
            send(self._control, message, descriptors)
        except OSError as error:
            self._lose(f"it cannot be reached: {error}")
            raise ZygoteLost(self.lost) from error

    def _read(self) -> None:
        try:
            message, descriptors = receive(self._control)
        except BlockingIOError:
            return
        except (NotAMessage, OSError) as error:
            self._lose(f"it says what cannot be understood: {error}")
            self._close()
            return
        if message is None:
            self._lose("it ended")
            self._close()
            return
        self._take(message, descriptors)

    def _take(self, message: Message, descriptors: list[int]) -> None:
        match message:
            case Ready(layers) if not self._ready.done():
                self.layers = tuple(str(name) for name in layers)
                self._ready.set_result(None)
            case Forked(number, pid) if len(descriptors) == 1:
                self._made(number, pid, descriptors.pop())
            case NotForked(number, error) if number in self._waiting:
                waiting = self._waiting.pop(number)
                waiting.close()
                waiting.fail(OSError(f"no process can be made for an app: {error}"))
            case Ended(number, status):
                cell = self._numbered.get(number)
                if cell is not None:
                    cell.told(status)
        for descriptor in descriptors:
            os.close(descriptor)

    def _made(self, number: int, pid: int, handle: int) -> None:
        waiting = self._waiting.pop(number, None)
        if waiting is None:
            # Nobody waits for it any more.
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(handle, signal.SIGKILL)
            os.close(handle)
            return
        cell = CellProcess(pid, handle, waiting.line, waiting.output, waiting.trace)
        self.cells.add(cell)
        self._numbered[number] = cell
        cell.ended.add_done_callback(lambda _: self._forget(number))
        waiting.made.set_result(cell)

    def _abandon(self, number: int, waiting: _Waiting) -> None:
        """Whoever ordered a cell does not wait for it any more."""
        if self._waiting.pop(number, None) is not None:
            waiting.close()
        elif waiting.made.done() and waiting.made.exception() is None:
            cell = waiting.made.result()
            cell.kill()
            cell.socket.close()

    def _forget(self, number: int) -> None:
        self.cells.discard(self._numbered.pop(number))
        self._tell_if_idle()

    def _lose(self, why: str) -> None:
        if self.lost:
            return
        self.lost = why
        if not self._ready.done():
            self._ready.set_exception(ZygoteLost(why))
            self._ready.exception()  # whoever waited may be gone
        for waiting in self._waiting.values():
            waiting.close()
            waiting.fail(ZygoteLost(why))
        self._waiting.clear()
        self._tell_if_idle()

    def _tell_if_idle(self) -> None:
        if self.lost and not self.cells:
            self._idle(self)

    def _close(self) -> None:
        """Close the socket, which ends it and its cells."""
        if self._control.fileno() < 0:
            return
        asyncio.get_running_loop().remove_reader(self._control)
        self._control.close()
        for cell in list(self.cells):
            cell.forsake("the process that it came of ended")


def _ends() -> tuple[socket.socket, int, int, list[int]]:
    """Make the socket and the pipes of a cell; the cell's ends are in the list."""
    ours, theirs = socket.socketpair()
    for end in (ours, theirs):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SOCKET_BYTES)
    ours.setblocking(False)
    output, output_end = os.pipe()
    trace, trace_end = os.pipe()
    return ours, output, trace, [theirs.detach(), output_end, trace_end]


def _has_ended(process: subprocess.Popen[bytes], seconds: float) -> bool:
    with suppress(subprocess.TimeoutExpired):
        process.wait(seconds)
        return True
    return False


def _spawn(start: Start, descriptor: int) -> subprocess.Popen[bytes]:
    module = ["-P", "-m", "app.cell.process.zygote"]
    return subprocess.Popen(  # noqa: S603 - this very Python and a module of ours
        [sys.executable, *module, str(descriptor), start.as_bytes().decode()],
        cwd="/",
        env=environment("/"),
        pass_fds=(descriptor,),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
