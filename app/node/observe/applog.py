"""The newest log lines of each app, in memory, for the admin pages and `python -m app logs`."""

from __future__ import annotations

import asyncio
import json
import threading
from collections import OrderedDict, deque
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from typing import Any

LINES_PER_APP = 500
BYTES_PER_APP = 256 * 1024
BYTES_IN_ALL = 32 * 1024 * 1024
LONGEST_TEXT = 4_000
"""Characters of one field, traceback included."""

LONGEST_NUMBER = 1_024
"""Bits of a number; longer ones are text."""

WAITING_LINES = 1_000
"""What a follower that is slow can be behind before it misses lines."""

Line = Mapping[str, Any]


class AppLog:
    """Keeps lines of all apps within three limits; the oldest go first.

    Lines can be written from any thread; `follow` is for the event loop.

    Args:
        lines: lines kept of each app.
        app_bytes: bytes kept of each app, as JSON.
        all_bytes: bytes kept in all; the app that was silent for the longest time loses lines.
    """

    def __init__(
        self,
        lines: int = LINES_PER_APP,
        app_bytes: int = BYTES_PER_APP,
        all_bytes: int = BYTES_IN_ALL,
    ) -> None:
        self._max_lines = lines
        self._max_app_bytes = app_bytes
        self._max_bytes = all_bytes
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._bytes = 0
        self._followers: dict[str, set[_Follower]] = {}
        self._lock = threading.Lock()

    def write(self, app_id: str, line: Line) -> None:
        """Keep a line of an app, and hand it to whoever follows it."""
        short = _shortened(line)
        size = len(json.dumps(short, default=str))
        with self._lock:
            kept = self._kept.setdefault(app_id, _Kept())
            self._kept.move_to_end(app_id)
            kept.lines.append((size, short))
            kept.bytes += size
            self._bytes += size
            while len(kept.lines) > self._max_lines or kept.bytes > self._max_app_bytes:
                self._drop_oldest(app_id)
            while self._bytes > self._max_bytes:
                self._drop_oldest(next(iter(self._kept)))
            followers = tuple(self._followers.get(app_id, ()))
        for follower in followers:
            follower.offer(short)

    def recent(self, app_id: str, limit: int = LINES_PER_APP) -> list[Line]:
        """Return the newest lines of an app, at most `limit`, the oldest first."""
        with self._lock:
            kept = self._kept.get(app_id)
            lines = [line for _, line in kept.lines] if kept else []
        return lines[-limit:] if limit > 0 else []

    async def follow(self, app_id: str, backlog: int = 0) -> AsyncGenerator[Line, None]:
        """Yield the last `backlog` lines of an app and then every new one, without end.

        Whoever is too slow gets a line {"event": "lines missed", "missed": n} for those it lost.
        """
        follower = _Follower(asyncio.get_running_loop())
        with self._lock:
            kept = self._kept.get(app_id)
            before = [line for _, line in kept.lines] if kept else []
            self._followers.setdefault(app_id, set()).add(follower)
        try:
            for line in before[len(before) - backlog :] if backlog > 0 else ():
                yield line
            while True:
                yield await follower.next()
        finally:
            with self._lock:
                followers = self._followers.get(app_id, set())
                followers.discard(follower)
                if not followers:
                    self._followers.pop(app_id, None)

    def forget(self, app_id: str) -> None:
        """Drop the lines of an app."""
        with self._lock:
            kept = self._kept.pop(app_id, None)
            self._bytes -= kept.bytes if kept else 0

    def _drop_oldest(self, app_id: str) -> None:
        kept = self._kept[app_id]
        size, _ = kept.lines.popleft()
        kept.bytes -= size
        self._bytes -= size
        if not kept.lines:
            del self._kept[app_id]


@dataclass
class _Kept:
    lines: deque[tuple[int, Line]] = field(default_factory=deque)
    bytes: int = 0


class _Follower:
    """Hands lines from any thread to one reader on the event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._lines: deque[Line] = deque()
        self._missed = 0
        self._new = asyncio.Event()

    def offer(self, line: Line) -> None:
        try:
            self._loop.call_soon_threadsafe(self._take, line)
        except RuntimeError:
            return  # the loop is closed: nobody reads any more

    async def next(self) -> Line:
        while not self._lines:
            self._new.clear()
            await self._new.wait()
        if self._missed:
            missed, self._missed = self._missed, 0
            return {"event": "lines missed", "level": "warning", "missed": missed}
        return self._lines.popleft()

    def _take(self, line: Line) -> None:
        if len(self._lines) >= WAITING_LINES:
            self._lines.popleft()
            self._missed += 1
        self._lines.append(line)
        self._new.set()


def _shortened(line: Line) -> dict[str, Any]:
    return {key: _short(value) for key, value in line.items()}


def _short(value: Any) -> Any:
    """Return plain JSON: whatever an app logs, lines can be sent, and keep nothing of it alive."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _readable(value)
    if isinstance(value, int) and value.bit_length() <= LONGEST_NUMBER:
        return int(value)
    try:
        text = json.dumps(value, default=str, allow_nan=False)
    except Exception:
        # Of what JSON does not have (nan, keys that are no text), or cannot be shown at all.
        return _readable(_shown(value))
    return json.loads(text) if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]} …"


def _shown(value: Any) -> str:
    try:
        return repr(value)
    except Exception:
        return f"<{type(value).__name__}>"


def _readable(text: str) -> str:
    short = text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]} …"
    # Halves of surrogate pairs cannot be sent.
    return str.__str__(short) if short.isascii() else short.encode("utf-8", "replace").decode()
