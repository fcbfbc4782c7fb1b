"""Mark: tell all that came of a process from everything else, whatever it did to get away.

The mark is a limit that nobody needs, the memory for POSIX message queues. What a process makes
inherits it, and can set no other where limits cannot be set (`seccomp`).
"""

from __future__ import annotations

import os
import resource
import secrets
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_NAME = "Max msgqueue size"
_MOST = 800_000  # below what systems have by default, which nobody but root can raise


def new_mark() -> int:
    """A mark that nothing else has."""
    _, hard = resource.getrlimit(resource.RLIMIT_MSGQUEUE)
    most = _MOST if hard == resource.RLIM_INFINITY else min(_MOST, hard)
    return secrets.randbelow(most)


def mark_this_process(mark: int) -> None:
    """Mark this process and everything that comes of it."""
    resource.setrlimit(resource.RLIMIT_MSGQUEUE, (mark, mark))


def kill_marked(mark: int, *, seconds: float = 5.0) -> int:
    """Kill whatever has the mark, until nothing is left, at most for `seconds`; returns how many
    processes that were. Asks about all processes of the machine, in less than a millisecond.
    """
    killed = set[int]()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = set(_marked(mark))
        for pid in found:
            _kill(pid, mark)
        if not found:
            break
        killed |= found
        os.sched_yield()
    return len(killed)


def _kill(pid: int, mark: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        process = os.pidfd_open(pid)
        try:
            # Once more, through a handle on it: the number may be another's by now.
            if _has(pid, mark):
                signal.pidfd_send_signal(process, signal.SIGKILL)
        finally:
            os.close(process)


def _marked(mark: int) -> Iterator[int]:
    for name in os.listdir("/proc"):
        if name.isdecimal() and _has(int(name), mark):
            yield int(name)


def _has(pid: int, mark: int) -> bool:
    """Whether a process has the mark; one that is dead and not reaped has none."""
    return _limit(pid) == (mark, mark) and not _is_dead(pid)


def _limit(pid: int) -> tuple[int, int] | None:
    """Return what the mark is of a process, also of one without; None if there is no process."""
    try:
        return resource.prlimit(pid, resource.RLIMIT_MSGQUEUE)
    except ProcessLookupError:
        return None
    except PermissionError:
        # Of another user, or the call is none that this process may make. A file takes longer.
        return _told_limit(pid)


def _told_limit(pid: int) -> tuple[int, int] | None:
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/limits").read_text().splitlines():
            if line.startswith(_NAME):
                soft, hard = line.removeprefix(_NAME).split()[:2]
                return (int(soft), int(hard)) if (soft + hard).isdecimal() else None
    return None


def _is_dead(pid: int) -> bool:
    try:
        return "\nState:\tZ" in Path(f"/proc/{pid}/status").read_text(errors="replace")
    except OSError:
        return True
