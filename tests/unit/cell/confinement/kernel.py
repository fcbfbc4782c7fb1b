"""What this machine's kernel can confine a process with, asked without the code under test."""

from __future__ import annotations

import ctypes
import platform
import sys
from pathlib import Path

_CREATE_RULESET, _GET_VERSION = 444, 1
_ACTIONS = Path("/proc/sys/kernel/seccomp/actions_avail")


def offered_layers() -> set[str]:
    """Names of the layers that a dry run must have here."""
    return (
        {"limits"}
        | ({"landlock"} if _landlock() else set())
        | ({"seccomp"} if _seccomp() else set())
    )


def _landlock() -> bool:
    if not sys.platform.startswith("linux"):
        return False
    return ctypes.CDLL(None).syscall(_CREATE_RULESET, None, 0, _GET_VERSION) >= 1


def _seccomp() -> bool:
    known = platform.machine() in ("x86_64", "aarch64")
    return known and _ACTIONS.exists() and "errno" in _ACTIONS.read_text().split()
