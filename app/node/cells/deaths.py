"""Handlers that end their cell again and again: refused in the tab that sends them, then to all.

Only the event that was on the loop counts, since the others of its cell cannot help it.
"""

from __future__ import annotations

import weakref
from collections import Counter

from app.node.cells.versions import VersionInCell

MOST = 3
"""Deaths by one handler in one tab, and tabs in which it did that, before it is refused."""


class Deaths:
    """Remembers which handlers of which versions ended their cells, and in which tabs."""

    def __init__(self) -> None:
        self._by = weakref.WeakKeyDictionary[VersionInCell, Counter[tuple[str, str]]]()

    def note(self, version: VersionInCell, tab: str, name: str) -> None:
        """Note that a handler ended its cell."""
        self._by.setdefault(version, Counter())[name, tab] += 1

    def refuses(self, version: VersionInCell, tab: str, name: str) -> bool:
        """Tell whether a handler is not run any more in a tab."""
        found = self._by.get(version)
        if found is None:
            return False
        tabs = sum(1 for known, _ in found if known == name)
        return found[name, tab] >= MOST or tabs >= MOST
