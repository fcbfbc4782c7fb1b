"""Take from a process what root may do beyond others. No effect on who is not root.

Numbers and structures are those of Linux's include/uapi/linux/capability.h.
"""

from __future__ import annotations

import ctypes
import struct
import sys

_VERSION_3 = 0x20080522
# Reading and writing files of others: where root serves, files of apps belong to whoever made
# them, and which of them a process reaches is Landlock's matter.
_DAC_OVERRIDE = 1


def drop() -> bool:
    """Keep nothing of root's powers but to read and write the files of others, for good.

    Returns whether the kernel took it; False anywhere but on Linux.
    """
    if not sys.platform.startswith("linux"):
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    header = struct.pack("Ii", _VERSION_3, 0)
    held = ctypes.create_string_buffer(24)
    if libc.capget(header, held) != 0:
        return False
    permitted = struct.unpack("6I", held.raw)[1] & 1 << _DAC_OVERRIDE
    return bool(libc.capset(header, struct.pack("6I", permitted, permitted, 0, 0, 0, 0)) == 0)
