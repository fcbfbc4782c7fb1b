"""Whether the clock can be believed before something is removed for ever.

A clock that went wrong, forward by a year, say, makes everything look old. What was removed then is
not there when the clock is right again. So a server notes the time whenever it clears up, and what
would be gone for ever waits until the time went on as it should for a day. A server that was off
for long looks the same, and waits, too.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import structlog

log = structlog.get_logger("graft.housekeeping")

FILE = "clock.json"
DAY = timedelta(days=1)


class ClockCheck:
    """Looks at the clock; blocking.

    Args:
        file: where the time is noted.
        now: the clock.
    """

    def __init__(self, file: Path, now: Callable[[], datetime]) -> None:
        self._file = file
        self._now = now

    def look(self) -> bool:
        """Note the time; return whether it went on as it should for a day.

        Raises:
            OSError: the time cannot be noted.
        """
        now = self._now()
        since, last = self._noted() or (now, now)
        if not last <= now <= last + DAY:
            log.warning(
                "the clock was changed, or the server was off for long: nothing is removed for"
                " ever for a day",
                before=last.isoformat(timespec="seconds"),
                now=now.isoformat(timespec="seconds"),
            )
            since = now
        self._note(since, now)
        return now - since >= DAY

    def _noted(self) -> tuple[datetime, datetime] | None:
        """Return since when the clock is steady, and when it was looked at last."""
        with contextlib.suppress(OSError, ValueError, TypeError, KeyError):
            noted = json.loads(self._file.read_bytes())
            since, last = (datetime.fromisoformat(noted[key]) for key in ("since", "last"))
            if since.tzinfo is not None and last.tzinfo is not None:
                return since, last
        return None

    def _note(self, since: datetime, last: datetime) -> None:
        beside = self._file.with_suffix(".new")
        beside.write_text(json.dumps({"since": since.isoformat(), "last": last.isoformat()}))
        os.replace(beside, self._file)
