"""Usage: what a process uses, read from what the kernel tells about it."""

from __future__ import annotations

import os
from dataclasses import dataclass

_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_TICKS = os.sysconf("SC_CLK_TCK")
_TEXT_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Usage:
    """What a process uses.

    Attributes:
        rss_bytes: memory that it has, shared or not.
        private_dirty_bytes: what of it would be free if the process ended; None where the kernel
            does not tell.
        cpu_seconds: processor time since its start.
    """

    rss_bytes: int
    private_dirty_bytes: int | None
    cpu_seconds: float


def usage_of(process: int) -> Usage:
    """Read it from a process' folder in /proc, which is given as a descriptor. Takes milliseconds
    for a large process. Raises OSError when it is gone.
    """
    # The name, in parentheses, may have spaces in it.
    fields = _text(process, "stat").rpartition(")")[2].split()
    ticks = int(fields[11]) + int(fields[12])
    return Usage(rss_bytes(process), _private_dirty(process), ticks / _TICKS)


def rss_bytes(process: int) -> int:
    """Memory that a process has, shared or not; takes microseconds. Raises OSError."""
    return int(_text(process, "statm").split()[1]) * _PAGE_BYTES


def _private_dirty(process: int) -> int | None:
    try:
        lines = _text(process, "smaps_rollup").splitlines()
    except PermissionError:
        return None  # a process may hide it from others of its user
    (line,) = (line for line in lines if line.startswith("Private_Dirty:"))
    return int(line.split()[1]) * 1024


def _text(process: int, name: str) -> str:
    descriptor = os.open(name, os.O_RDONLY | os.O_CLOEXEC, dir_fd=process)
    try:
        return os.read(descriptor, _TEXT_BYTES).decode("utf-8", "replace")
    finally:
        os.close(descriptor)
