"""What a tab has of an app, as far as its server knows: the newest values that its cell told.

They are bytes here, which nobody reads. When the cell dies they go to the next one.
"""

from __future__ import annotations

from app.cell.values import written
from app.cell.values.written import WrittenVar

LARGEST = 16 * 1024 * 1024
"""Bytes of newer values that are kept of one tab."""


class Journal:
    """The values of one tab.

    Args:
        values: those that it began with.

    Attributes:
        is_full: whether not all newer values are kept.
    """

    def __init__(self, values: bytes) -> None:
        self.is_full = False
        self._values = values
        self._newer: dict[tuple[str, str], WrittenVar] = {}
        self._size = 0

    def note(self, changes: bytes) -> None:
        """Keep what an event changed.

        Raises:
            ValueError: it is no such thing.
        """
        for key, var in written.parts(changes).items():
            known = self._newer.pop(key, None)
            self._size -= len(known.content) if known is not None else 0
            if self._size + len(var.content) > LARGEST:
                self.is_full = True
                continue
            self._newer[key] = var
            self._size += len(var.content)

    def values(self) -> bytes:
        """Return the values as they are by now."""
        return written.with_changes(self._values, self._newer)
