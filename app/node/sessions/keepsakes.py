"""What a browser can make a session keep, and how much of it.

A browser sends what it likes, as often as it likes: values of its storage for apps that are not
open, addresses, events faster than they run. A session keeps no more of it than a page ever needs.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.bridge.compiling.parts import Part

MOST_STORED = 4 * 1024 * 1024
"""Bytes of storage values that wait until their apps are opened. A browser has about 5 MB of
storage, and sends all of it that apps use in one message of 1 MB.
"""

MOST_EVENTS = 1_000
MOST_EVENT_BYTES = 8 * 1024 * 1024
"""Events that a browser sent and that have not ended, and bytes of their arguments."""

MOST_UPLOADS = 20
"""Requests with files that a session sends at the same time."""

MOST_PART_BYTES = 4 * 1024 * 1024
"""Text of components of vars that a session keeps for its browser, which fetches them at once."""

LARGEST_PAGE = 128 * 1024
"""Bytes of the address that comes with each event, query included."""

PAGE_KEYS = ("pathname", "asPath", "query")
"""What a page says of its address. Reflex adds whatever else there is to what it keeps."""


def weight(value: Any, most: int) -> int:
    """Return how many bytes a value out of JSON takes, at least; counting ends above `most`."""
    total = 0
    waiting = [value]
    while waiting and total <= most:
        one = waiting.pop()
        total += sys.getsizeof(one)
        if isinstance(one, dict):
            waiting += one
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one
    return total


@dataclass
class Unfinished:
    """The events that a session's browser sent and that have not ended."""

    events: int = 0
    bytes: int = 0

    @property
    def is_full(self) -> bool:
        """Whether no more may be queued."""
        return self.events >= MOST_EVENTS or self.bytes >= MOST_EVENT_BYTES

    def add(self, payload: Any) -> Callable[[], None]:
        """Count an event that was queued; returns what to call when it ended."""
        size = weight(payload, MOST_EVENT_BYTES)
        self.events += 1
        self.bytes += size

        def ended() -> None:
            self.events -= 1
            self.bytes -= size

        return ended


@dataclass
class Stored:
    """Values of the browser's storage that wait until their apps are opened, by app id and key."""

    values: dict[str, dict[str, Any]] = field(default_factory=dict)

    def add(self, values: Mapping[str, Mapping[str, Any]]) -> bool:
        """Keep these, too; returns False, and keeps none of them, if it would be too much."""
        merged = {
            app_id: {**self.values.get(app_id, {}), **values.get(app_id, {})}
            for app_id in self.values.keys() | values.keys()
        }
        if weight(merged, MOST_STORED) > MOST_STORED:
            return False
        self.values = merged
        return True

    def take(self, app_id: str) -> dict[str, Any] | None:
        """Return what waits for an app, once; None if the browser was not asked for it."""
        return self.values.pop(app_id, None)

    def keys(self, app_id: str) -> set[str]:
        """Return the keys of what waits for an app."""
        return set(self.values.get(app_id, ()))

    def __contains__(self, app_id: str) -> bool:
        """Tell whether something, or nothing by the browser's own word, waits for an app."""
        return app_id in self.values


@dataclass
class Parts:
    """The components of vars that a browser was sent last, by the addresses of their modules."""

    codes: dict[str, str] = field(default_factory=dict)
    size: int = 0

    def add(self, parts: Sequence[Part]) -> None:
        """Keep these; of those before as many of the newest as there is room for."""
        for part in parts:
            self.size -= len(self.codes.pop(part.address, ""))
            self.codes[part.address] = part.code
            self.size += len(part.code)
        for address in list(self.codes)[: len(self.codes) - len(parts)]:
            if self.size <= MOST_PART_BYTES:
                break
            self.size -= len(self.codes.pop(address))

    def get(self, address: str) -> str | None:
        """Return the text of a module, None if it is not kept (any more)."""
        return self.codes.get(address)
