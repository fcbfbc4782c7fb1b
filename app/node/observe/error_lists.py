"""Errors of running apps: grouped by place, counted, the newest few of each app kept."""

from __future__ import annotations

import dataclasses
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from app.rules.blame import problem_from_exception
from app.source.problems import Problem

KEPT_PER_APP = 100


@dataclass(frozen=True)
class AppErrorEntry:
    """One kind of error of one app.

    Attributes:
        problem: what happened where, with the traceback of the latest occurrence.
        event: name of the event that failed last.
        number: deployment number of the version in which it happened last.
        count: how often it happened since the node started.
    """

    problem: Problem
    event: str
    number: int
    count: int
    first_at: datetime
    last_at: datetime


class ErrorLog:
    """The errors of all apps on this node.

    Args:
        now: the clock.
    """

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._now = now
        self._entries: dict[str, OrderedDict[tuple[str, str], AppErrorEntry]] = {}

    def note(
        self, app_id: str, number: int, event: str, error: Exception, root: Path
    ) -> AppErrorEntry:
        """Count an error; returns its entry."""
        return self.note_problem(number, event, problem_from_exception(app_id, "run", error, root))

    def note_problem(self, number: int, event: str, problem: Problem) -> AppErrorEntry:
        """Count something that went wrong and is described already; returns its entry."""
        app_id = problem.app
        entries = self._entries.setdefault(app_id, OrderedDict())
        key = (problem.place, problem.message)
        at = self._now()
        known = entries.pop(key, None)
        entry = AppErrorEntry(problem, event, number, 1, at, at)
        if known is not None:
            entry = dataclasses.replace(entry, count=known.count + 1, first_at=known.first_at)
        entries[key] = entry
        while len(entries) > KEPT_PER_APP:
            entries.popitem(last=False)
        return entry

    def of(self, app_id: str) -> list[AppErrorEntry]:
        """Return an app's errors, the latest first."""
        return list(reversed(self._entries.get(app_id, OrderedDict()).values()))

    def clear(self, app_id: str) -> None:
        """Forget an app's errors."""
        self._entries.pop(app_id, None)
