"""Zygote: everything that cells need is imported in it and nothing has run, so that a fork is a new
cell within milliseconds, and shares memory with all others.

    python -P -m app.cell.process.zygote <file descriptor> <Start as JSON>

It has one thread and never runs a line of an app. The descriptor is a socket to the host: when it
is ready it says so, then makes a cell for each order, and tells of each that ended. It ends when
the host closes the socket or dies, and kills its cells before, with all that came of them; when it
is killed itself, the kernel ends the cells, and the host whatever else has their mark.
"""

from __future__ import annotations

import gc
import importlib
import os
import select
import selectors
import shutil
import signal
import socket
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from app.cell.confinement.confine import layers_here
from app.cell.confinement.mark import mark_this_process
from app.cell.confinement.reaper import (
    adopt_orphans,
    children,
    die_with_parent,
    kill_descendants,
)
from app.cell.process.child import become_cell
from app.cell.process.protocol import (
    FOLDER_PREFIX,
    Ended,
    Farewell,
    Fork,
    Forked,
    NotAMessage,
    NotForked,
    Ready,
    Start,
    receive,
    send,
)

_CHUNK = 4096
_LAST_SECONDS = 5.0


def main(control: socket.socket, start: Start) -> None:
    """Serve until the other end of the socket closes."""
    # A signal that can be handled, for it has to end others first.
    die_with_parent(os.getppid(), signal.SIGTERM)
    adopt_orphans()
    if start.mark is not None:
        mark_this_process(start.mark)
    for module in (start.entry, *start.packages):
        importlib.import_module(module)
    if start.warm:
        from app.cell.loading.warm import warm_up

        with tempfile.TemporaryDirectory() as folder:
            warm_up(Path(folder))
    layers = list(layers_here())
    # What is here now is shared with every cell; a collection there would copy it.
    gc.collect()
    gc.freeze()
    zygote = _Zygote(control, start.entry)
    # Where nobody is left to be told, there is nobody to serve either.
    try:
        with suppress(BrokenPipeError, ConnectionResetError):
            send(control, Ready(layers))
            zygote.serve()
    finally:
        kill_descendants()
        if zygote.is_forsaken() and Path(start.folder).name.startswith(FOLDER_PREFIX):
            shutil.rmtree(start.folder, ignore_errors=True)


class _Zygote:
    """The loop that makes cells and reaps them."""

    def __init__(self, control: socket.socket, entry: str) -> None:
        self._control = control
        self._entry = entry
        self._pid = os.getpid()
        # Ids of the cells' processes -> the numbers of their orders.
        self._cells: dict[int, int] = {}
        self._woken, self._wake = os.pipe()
        os.set_blocking(self._woken, False)
        os.set_blocking(self._wake, False)
        # A signal of a child's death becomes a byte that the selector sees.
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._wake, warn_on_full_buffer=False)
        self._ending = False
        self._dismissed = False
        signal.signal(signal.SIGTERM, self._end)
        self._selector = selectors.DefaultSelector()
        self._selector.register(control, selectors.EVENT_READ)
        self._selector.register(self._woken, selectors.EVENT_READ)

    def serve(self) -> None:
        """Answer orders, until there is nobody to give any."""
        while not self._ending:
            ready = [key.fd for key, _ in self._selector.select()]
            if self._woken in ready:
                os.read(self._woken, _CHUNK)
                self._reap()
            if self._control.fileno() in ready:
                order, descriptors = receive(self._control)
                if not isinstance(order, Fork):
                    self._dismissed = isinstance(order, Farewell)
                    return
                self._make(order, *descriptors)

    def is_forsaken(self) -> bool:
        """Whether the host died."""
        if self._dismissed:
            return False
        # Its socket may be open for a moment longer: the kernel tells of the death of the thread
        # that made this process, and others of the host may still be ending.
        if not select.select([self._control], [], [], _LAST_SECONDS)[0]:
            return False
        try:
            return receive(self._control)[0] is None
        except (NotAMessage, OSError):
            return True

    def _end(self, *_: object) -> None:
        self._ending = True

    def _make(self, order: Fork, line: int, output: int, trace: int) -> None:
        try:
            pid = os.fork()
        except OSError as error:
            for descriptor in (line, output, trace):
                os.close(descriptor)
            send(self._control, NotForked(order.number, str(error)))
            return
        if pid == 0:
            self._selector.close()
            self._control.close()
            entry = importlib.import_module(order.entry or self._entry)
            become_cell(
                entry.main, line=line, output=output, trace=trace, nice=order.nice, zygote=self._pid
            )
        for descriptor in (line, output, trace):
            os.close(descriptor)
        self._cells[pid] = order.number
        # Before it is reaped, which only this process does: it cannot be another's by now.
        process = os.pidfd_open(pid)
        try:
            send(self._control, Forked(order.number, pid), [process])
        finally:
            os.close(process)

    def _reap(self) -> None:
        """Tell of cells that ended; kill what they left behind."""
        while (pid := _dead_child()) is not None:
            number = self._cells.pop(pid, None)
            if number is not None:
                # Before it is reaped: until then its number is its session's, and nobody else's.
                with suppress(ProcessLookupError, PermissionError):
                    os.killpg(pid, signal.SIGKILL)
            _, status = os.waitpid(pid, 0)
            self._kill_orphans()
            if number is not None:
                send(self._control, Ended(number, status))

    def _kill_orphans(self) -> None:
        """Kill what has come here because the cell that it came of is dead. A cell that lives keeps
        its own orphans. Their children come here in turn, which is told as any death is.
        """
        for pid in children():
            if pid not in self._cells:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)


def _dead_child() -> int | None:
    """Id of a child that waits to be reaped."""
    try:
        info = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return None
    return info.si_pid if info else None


if __name__ == "__main__":
    main(socket.socket(fileno=int(sys.argv[1])), Start.from_text(sys.argv[2]))
