"""Reaper: end every process that came of this one, whatever it did to get away.

A process that wants to be forgotten forks twice and starts a session of its own; the kernel then
gives it to the nearest ancestor that asked for orphans, which is the one that called `adopt`.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
import time
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36


def adopt_orphans() -> None:
    """Make this process the parent of all its orphaned descendants (Linux only)."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def die_with_parent(parent: int, by: signal.Signals = signal.SIGKILL) -> None:
    """Get a signal when the parent, whose id was `parent`, dies, or the thread of it that made
    this process (Linux only).
    """
    _prctl(_PR_SET_PDEATHSIG, int(by))
    if os.getppid() != parent:
        os._exit(1)


def kill_descendants(*, seconds: float = 5.0) -> int:
    """Kill all descendants of this process and reap them; returns how many there were.

    Goes on until none is left, at most for `seconds`: the children of a process that was killed
    come to this one, and are killed in the next round.
    """
    reaped = 0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for child in children():
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        try:
            while True:
                pid, _ = os.waitpid(-1, os.WNOHANG)
                if pid == 0:
                    break
                reaped += 1
        except ChildProcessError:
            return reaped
        os.sched_yield()
    return reaped


def children() -> list[int]:
    """Ids of the direct children; empty where the kernel does not tell."""
    try:
        threads = list(Path("/proc/self/task").iterdir())
        return [int(pid) for t in threads for pid in (t / "children").read_text().split()]
    except OSError:
        return []


def _prctl(option: int, value: int) -> None:
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)
