"""What a version has no place for, kept for one that has.

A var that is gone, one that has another type, a field that was removed: their values are kept
beside those of the version, so that a rollback, or the next save, gives them back. Only data is
kept, and not without end.
"""

from __future__ import annotations

import io
import pickle
import types
from typing import Any

import structlog

from app.bridge.client_code import is_client_module

log = structlog.get_logger("graft")

MOST_BYTES = 4 * 1024 * 1024
"""That are kept of one app in one session."""

_SMALL = (int, float, bool, types.NoneType)


class Room:
    """What may still be kept.

    Args:
        size: bytes.
    """

    def __init__(self, size: int = MOST_BYTES) -> None:
        self.is_full = False
        self._left = size

    def take(self, packed: Any) -> bool:
        """Take the room that a packed value needs; tell whether there was enough.

        What is no data (a connection, a task) has no size and is not kept: it would go on, and hold
        the version that made it.
        """
        size = _size(packed, self._left)
        if size is None:
            return False
        if size > self._left:
            self.is_full = True
            return False
        self._left -= size
        return True


def _size(packed: Any, most: int) -> int | None:
    """Return about how many bytes a packed value has; None if it is no data."""
    if type(packed) in _SMALL:
        return 32
    if type(packed) in (str, bytes):
        return 64 + len(packed)
    counter = _Counter(most)
    try:
        _Sizer(counter).dump(packed)
    except _SizeExceeded:
        return most + 1
    except Exception:  # pickle lets through whatever an object raises
        return None
    return 64 + counter.size


class _SizeExceeded(Exception):
    """A value has more bytes than there is room for."""


class _Counter(io.RawIOBase):
    def __init__(self, most: int) -> None:
        self.size = 0
        self._most = most

    def write(self, data: Any) -> int:
        self.size += len(data)
        if self.size > self._most:
            raise _SizeExceeded
        return len(data)


class _Sizer(pickle.Pickler):
    def reducer_override(self, value: Any) -> Any:
        name = value.__module__ if isinstance(value, type) else type(value).__module__
        if is_client_module(str(name)):
            raise pickle.PicklingError("of an app")
        return NotImplemented
