"""No kind of log line comes without end, whoever causes it and however quickly.

Of warnings and errors of one kind, the first of each minute are written, and then how many more
there were. Lines of client apps are not counted: their authors want all of them, and the log of
each app has a limit of its own.
"""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

EACH = 20
"""So many lines of one kind are written in one minute."""

SECONDS = 60.0
_KINDS = 500  # beyond that, lines of one logger are one kind
_NUMBERS = re.compile(r"0x[0-9a-f]+|\d+")

Kind = tuple[str, int, str, str]


@dataclass(slots=True)
class _Count:
    """Lines of a kind since a moment: all of them, and the last one."""

    since: float
    lines: int
    last: logging.LogRecord


class Flood(logging.Filter):
    """A filter for the handler that writes.

    Args:
        write: writes a record, past this filter or not.
        now: a clock that is never set.
    """

    def __init__(
        self,
        write: Callable[[logging.LogRecord], object],
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        self._write = write
        self._now = now
        self._counts: dict[Kind, _Count] = {}
        self._lock = threading.RLock()
        self._timer: threading.Timer | None = None
        self._closed = False

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether a line is written."""
        if record.levelno < logging.WARNING or _is_of_app(record):
            return True
        if getattr(record, "flood", False):
            return True
        with self._lock:
            count = self._counted(record)
            if count.lines == EACH + 1:
                self._report_later()
        return count.lines <= EACH

    def tell(self) -> None:
        """Write how many more there were of kinds whose minute is over."""
        with self._lock:
            over = [k for k, c in self._counts.items() if self._now() - c.since >= SECONDS]
            told = [self._counts.pop(kind) for kind in over]
        for count in told:
            self._write_rest(count)

    def close(self) -> None:
        """Write what is left to tell, and wait for nothing any more."""
        with self._lock:
            self._closed = True
            if self._timer is not None:
                self._timer.cancel()
            left = list(self._counts.values())
            self._counts.clear()
        for count in left:
            self._write_rest(count)

    def _counted(self, record: logging.LogRecord) -> _Count:
        kind = _kind(record)
        if kind not in self._counts and len(self._counts) >= _KINDS:
            kind = (record.name, record.levelno, "", "")
        count = self._counts.get(kind)
        if count is not None and self._now() - count.since >= SECONDS:
            self._write_rest(self._counts.pop(kind))
            count = None
        if count is None:
            count = self._counts[kind] = _Count(self._now(), 0, record)
        count.lines += 1
        count.last = record
        return count

    def _write_rest(self, count: _Count) -> None:
        more = count.lines - EACH
        if more > 0:
            self._write(_summary(count.last, more))

    def _report_later(self) -> None:
        """Nobody may write another line for long."""
        if self._timer is not None or self._closed:
            return
        self._timer = threading.Timer(SECONDS, self._report_now)
        self._timer.daemon = True
        self._timer.start()

    def _report_now(self) -> None:
        with self._lock:
            self._timer = None
        self.tell()
        with self._lock:
            if any(count.lines > EACH for count in self._counts.values()):
                self._report_later()


def _event(record: logging.LogRecord) -> str:
    """Return the text of a line before anything is put into it."""
    # structlog hands over a dictionary, the standard library a template.
    text = record.msg.get("event") if isinstance(record.msg, dict) else record.msg
    return str(text)


def _is_of_app(record: logging.LogRecord) -> bool:
    return isinstance(record.msg, dict) and bool(record.msg.get("app"))


def _kind(record: logging.LogRecord) -> Kind:
    first = _event(record).strip().partition("\n")[0][:80]
    error = record.exc_info[0] if record.exc_info else None
    name = error.__name__ if error else _last_line(record)
    return record.name, record.levelno, _NUMBERS.sub("#", first), name


def _last_line(record: logging.LogRecord) -> str:
    """Return the kind of error in a traceback that structlog has made a text of already."""
    text: Any = record.msg.get("exception") if isinstance(record.msg, dict) else None
    if not isinstance(text, str):
        return ""
    return text.strip().rpartition("\n")[2].partition(":")[0][:80]


def _summary(last: logging.LogRecord, more: int) -> logging.LogRecord:
    text = _event(last).strip().partition("\n")[0][:200]
    if isinstance(last.msg, str) and last.args:
        text = last.getMessage().strip().partition("\n")[0][:200]
    told = logging.LogRecord(
        last.name, last.levelno, last.pathname, last.lineno, "%s … and %d more", (text, more), None
    )
    told.flood = True
    return told
