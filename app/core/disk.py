"""Telling a full disk from everything else that can go wrong with files."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from app.kernel.errors import CoreError, StorageFull

# No space, no quota, and a limit on the size of files, as `ulimit -f` sets it.
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}

FULL = "the disk is full; nothing was stored"


@contextmanager
def full_disk_reported(message: str = FULL) -> Iterator[None]:
    """Turn the system's errors about a full disk into `StorageFull` with this message.

    Raises:
        StorageFull: the block met a full disk.
    """
    try:
        yield
    except CoreError:
        raise  # a limit of ours, which says so itself
    except OSError as error:
        if error.errno in _FULL:
            raise StorageFull(message) from error
        raise
