"""Warden: one process that runs one trial, watches it, ends it, and reports.

It never runs a line of the package itself. It reads what the trial sends, prints and leaves, and
whatever happens ends with every process of the trial dead and one `Outcome` on the socket.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import selectors
import signal
import socket
import sys
import time
import traceback
from dataclasses import asdict
from typing import Any, NoReturn

from app.cell.confinement.reaper import die_with_parent, kill_descendants
from app.cell.process.child import forget_traces
from app.packages.trying.protocol import FAULT, Order, Outcome
from app.packages.trying.trial import TRACE_SIGNAL, Channel, run_trial

_TRACE_BYTES = 64 * 1024
_TRACE_SECONDS = 0.5
_CHUNK = 64 * 1024


def main(line: socket.socket) -> None:
    """Run the trial that is ordered on `line`, and report there."""
    forget_traces()
    order = Order.from_json(line.makefile("rb").readline())
    outcome = _Watch(order, line).run()
    with contextlib.suppress(OSError):
        line.sendall(json.dumps(asdict(outcome)).encode())


class _Watch:
    """One trial, from its fork to the death of its last process."""

    def __init__(self, order: Order, connection: socket.socket) -> None:
        self._order = order
        self._limits = order.limits
        self._connection = connection
        self._nonce = secrets.token_hex(16)
        self._outcome = Outcome()
        self._pipes: dict[str, int] = {}
        self._read: dict[str, bytearray] = {
            name: bytearray() for name in ("result", "output", "trace")
        }
        self._selector = selectors.DefaultSelector()
        self._wanted = True

    def run(self) -> Outcome:
        started = time.monotonic()
        child = self._fork()
        try:
            self._watch(child, started + self._limits.seconds)
        finally:
            self._outcome.left_over = self._end(child)
        self._outcome.seconds = time.monotonic() - started
        for name in self._pipes:
            self._drain(name)
        self._outcome.output = _text(self._read["output"])
        self._outcome.trace = _text(self._read["trace"])
        return self._outcome

    def _fork(self) -> int:
        ends = {name: os.pipe() for name in self._read}
        died, tell = os.pipe()
        os.set_blocking(tell, False)
        # A signal of a child's death becomes a byte that the selector sees.
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(tell, warn_on_full_buffer=False)
        child = os.fork()
        if child == 0:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for read, _ in ends.values():
                os.close(read)
            os.close(died)
            os.close(tell)
            self._become_trial({name: write for name, (_, write) in ends.items()})
        for name, (read, write) in ends.items():
            os.close(write)
            os.set_blocking(read, False)
            self._pipes[name] = read
            self._selector.register(read, selectors.EVENT_READ, name)
        os.set_blocking(died, False)
        self._selector.register(died, selectors.EVENT_READ, "died")
        self._selector.register(self._connection, selectors.EVENT_READ, "asker")
        return child

    def _become_trial(self, pipes: dict[str, int]) -> NoReturn:
        leave = os._exit  # the package may replace it
        try:
            warden = os.getppid()
            os.setsid()
            die_with_parent(warden)
            self._connection.close()
            self._selector.close()
            nothing = os.open(os.devnull, os.O_RDONLY)
            os.dup2(nothing, 0)
            os.dup2(pipes["output"], 1)
            os.dup2(pipes["output"], 2)
            os.close(nothing)
            os.close(pipes["output"])
            run_trial(self._order, Channel(pipes["result"], self._nonce), pipes["trace"])
        except BaseException:
            # Only a fault of Graft gets here; it is reported with what the trial printed.
            traceback.print_exc()
        finally:
            leave(FAULT)

    def _watch(self, child: int, deadline: float) -> None:
        while True:
            left = deadline - time.monotonic()
            if left <= 0:
                self._outcome.end = "time"
                self._ask_where(child)
                return
            for key, _ in self._selector.select(left):
                if key.data in ("asker", "died"):
                    # Nobody waits any more, or the child may be dead.
                    if key.data == "asker" or self._is_dead(child, key.fd):
                        return
                    continue
                self._drain(key.data)
                if self._outcome.end == "output":
                    self._ask_where(child)
                if self._outcome.end != "exit":
                    return

    def _drain(self, name: str) -> None:
        """Read what is there; may set how the trial ended."""
        source = self._pipes[name]
        limit = {
            "result": self._limits.result_bytes,
            "output": self._limits.output_bytes,
            "trace": _TRACE_BYTES,
        }[name]
        buffer = self._read[name]
        while len(buffer) <= limit:
            try:
                data = os.read(source, _CHUNK)
            except BlockingIOError:
                break
            if not data:
                with contextlib.suppress(KeyError):
                    self._selector.unregister(source)
                break
            buffer += data
        if name == "result":
            self._parse(buffer)
        if len(buffer) > limit:
            del buffer[limit:]
            if name != "trace" and self._outcome.end == "exit":
                self._outcome.end = "output" if name == "output" else "result size"

    def _parse(self, buffer: bytearray) -> None:
        """Take whole lines out of what came through the pipe of the result."""
        while (end := buffer.find(b"\n")) >= 0:
            line = bytes(buffer[:end])
            del buffer[: end + 1]
            try:
                message = json.loads(line)
                genuine = secrets.compare_digest(message["nonce"], self._nonce)
            except (ValueError, TypeError, KeyError, RecursionError):
                genuine = False
            if not genuine:
                self._outcome.forged = True
                continue
            self._take(message["kind"], message["value"])

    def _take(self, kind: str, value: Any) -> None:
        if kind == "note":
            self._outcome.notes.append(value)
        elif kind == "confined":
            self._outcome.layers = list(value)
        elif self._outcome.end == "exit":
            self._outcome.result = value
            self._outcome.end = "result"

    def _ask_where(self, child: int) -> None:
        """Let the trial write where it is; it may have lost the ability."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, TRACE_SIGNAL)
        end = time.monotonic() + _TRACE_SECONDS
        quiet = selectors.DefaultSelector()
        quiet.register(self._pipes["trace"], selectors.EVENT_READ)
        wait = _TRACE_SECONDS
        while time.monotonic() < end and quiet.select(wait):
            before = len(self._read["trace"])
            self._drain("trace")
            if len(self._read["trace"]) == before:
                break
            wait = 0.02
        quiet.close()

    def _is_dead(self, child: int, source: int) -> bool:
        with contextlib.suppress(BlockingIOError):
            os.read(source, _CHUNK)
        info = os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        return info is not None

    def _end(self, child: int) -> int:
        """Kill and reap the trial, then whatever it left behind; returns how many that were."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        _, status, used = os.wait4(child, 0)
        self._outcome.status = status
        self._outcome.cpu_seconds = used.ru_utime + used.ru_stime
        self._outcome.peak_bytes = used.ru_maxrss * _maxrss_unit()
        return kill_descendants()


def _maxrss_unit() -> int:
    """Bytes in a unit of ru_maxrss."""
    return 1 if sys.platform == "darwin" else 1024


def _text(data: bytearray) -> str:
    return data.decode("utf-8", "backslashreplace").replace("\0", "\\0")
