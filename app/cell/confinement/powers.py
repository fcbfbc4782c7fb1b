"""Powers: take from a process what root may do, and who it is.

Numbers and structures are those of Linux's include/uapi/linux/capability.h and prctl.h.
"""

from __future__ import annotations

import ctypes
import os
import signal
import struct
import sys

from app.cell.confinement.reaper import die_with_parent

_VERSION_3 = 0x20080522
_DAC_OVERRIDE = 1
_PR_GET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_KEEPCAPS = 2, 4, 8


def become(user: int) -> bool:
    """Be another user, and in no group but the one with the same number, for good; False for who is
    not root, and stays who it is. Raises OSError where there is no such number, as in some
    containers.

    Root's powers stay until `drop`.
    """
    if os.geteuid() != 0:
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    parent, dies_by = os.getppid(), ctypes.c_int()
    libc.prctl(_PR_GET_PDEATHSIG, ctypes.byref(dies_by), 0, 0, 0)
    libc.prctl(_PR_SET_KEEPCAPS, 1, 0, 0, 0)
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)
    # The kernel takes both from who changes: to look at itself, and to die with its parent.
    libc.prctl(_PR_SET_DUMPABLE, 1, 0, 0, 0)
    if dies_by.value:
        die_with_parent(parent, signal.Signals(dies_by.value))
    return True


def drop(*, but_files: bool) -> bool:
    """Keep nothing of root's powers, for good, but to read and write files whoever owns them if
    asked: where root serves, files of apps belong to whoever made them, and which of them a process
    reaches is Landlock's matter.

    Returns whether the kernel took it; False anywhere but on Linux.
    """
    if not sys.platform.startswith("linux"):
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    header = struct.pack("Ii", _VERSION_3, 0)
    held = ctypes.create_string_buffer(24)
    if libc.capget(header, held) != 0:
        return False
    kept = struct.unpack("6I", held.raw)[1] & (but_files << _DAC_OVERRIDE)
    return bool(libc.capset(header, struct.pack("6I", kept, kept, 0, 0, 0, 0)) == 0)
