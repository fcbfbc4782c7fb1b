"""How much each app is used: one bucket a minute for a day, for the charts of the admin pages.

Memory is bounded: an app that was used at least once has arrays for the whole day (29 kB, so
29 MB for 1,000 apps), and one histogram for the minute that runs.
"""

from __future__ import annotations

import time
from array import array
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass

MINUTES = 24 * 60

# Upper bounds in seconds, a quarter more each: a percentile is off by 12 % at most.
_BOUNDS: tuple[float, ...] = tuple(0.0001 * 1.25**step for step in range(62))
_MIDDLES: tuple[float, ...] = tuple(bound / 1.25**0.5 for bound in (*_BOUNDS, _BOUNDS[-1] * 1.25))


@dataclass(frozen=True, slots=True)
class Minute:
    """One minute of one app.

    Attributes:
        at: its beginning, seconds since the epoch.
        p50, p95: latency of events in seconds; None when there was none.
    """

    at: int
    opens: int
    events: int
    errors: int
    p50: float | None
    p95: float | None


class Usage:
    """Counts for all apps on this node.

    Args:
        now: the clock, seconds since the epoch.
    """

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._series: dict[str, _Series] = {}

    def opened(self, app_id: str) -> None:
        """Count a page that was opened."""
        self._of(app_id).opens += 1

    def event(self, app_id: str, seconds: float | None) -> None:
        """Count an event; `seconds` is its latency, None for background tasks."""
        series = self._of(app_id)
        series.events += 1
        if seconds is not None:
            series.histogram[bisect_left(_BOUNDS, seconds)] += 1

    def error(self, app_id: str) -> None:
        """Count an error."""
        self._of(app_id).errors += 1

    def of(self, app_id: str, minutes: int = MINUTES) -> list[Minute]:
        """Return the last minutes of an app, the oldest first, the one that runs last."""
        current = int(self._now()) // 60
        series = self._series.get(app_id)
        wanted = range(current - min(minutes, MINUTES) + 1, current + 1)
        if series is None:
            return [Minute(minute * 60, 0, 0, 0, None, None) for minute in wanted]
        series.advance(current)
        return [series.minute(minute) for minute in wanted]

    def forget(self, app_id: str) -> None:
        """Drop an app that is not installed any more."""
        self._series.pop(app_id, None)

    def _of(self, app_id: str) -> _Series:
        current = int(self._now()) // 60
        series = self._series.get(app_id)
        if series is None:
            series = self._series[app_id] = _Series(current)
        elif series.current != current:
            series.advance(current)
        return series


class _Series:
    """A ring of finished minutes, and the one that runs."""

    __slots__ = ("_counts", "_latencies", "current", "errors", "events", "histogram", "opens")

    def __init__(self, current: int) -> None:
        self.current: int
        self._begin_day(current)

    def advance(self, minute: int) -> None:
        """Finish the minute that ran, and go on at `minute`.

        A clock that was set back by more than a moment begins anew: minutes that are yet to come
        would be shown as those of yesterday.
        """
        if minute < self.current - 1:
            self._begin_day(minute)
        if minute <= self.current:
            return
        self._finish()
        for skipped in range(max(self.current + 1, minute - MINUTES + 1), minute):
            self._write(skipped, 0, 0, 0, 0.0, 0.0)
        self.current = minute
        self._begin()

    def minute(self, minute: int) -> Minute:
        """Return one minute of the last day."""
        if minute == self.current:
            p50, p95 = self._percentiles()
            counts = (self.opens, self.events, self.errors)
        elif minute > self.current:
            return Minute(minute * 60, 0, 0, 0, None, None)
        else:
            at = minute % MINUTES
            counts = (self._counts[0][at], self._counts[1][at], self._counts[2][at])
            p50, p95 = self._latencies[0][at], self._latencies[1][at]
        return Minute(minute * 60, *counts, p50 or None, p95 or None)

    def _begin_day(self, current: int) -> None:
        self.current = current
        self._counts = tuple(array("I", bytes(4 * MINUTES)) for _ in range(3))
        self._latencies = tuple(array("f", bytes(4 * MINUTES)) for _ in range(2))
        self._begin()

    def _begin(self) -> None:
        self.opens = self.events = self.errors = 0
        self.histogram = array("I", bytes(4 * (len(_BOUNDS) + 1)))

    def _finish(self) -> None:
        self._write(self.current, self.opens, self.events, self.errors, *self._percentiles())

    def _write(
        self, minute: int, opens: int, events: int, errors: int, p50: float, p95: float
    ) -> None:
        at = minute % MINUTES
        for ring, count in zip(self._counts, (opens, events, errors), strict=True):
            ring[at] = count
        for latency, seconds in zip(self._latencies, (p50, p95), strict=True):
            latency[at] = seconds

    def _percentiles(self) -> tuple[float, float]:
        total = sum(self.histogram)
        return (self._percentile(total * 0.5), self._percentile(total * 0.95))

    def _percentile(self, rank: float) -> float:
        """Return the latency at a rank; 0 when there was no event."""
        seen = 0
        for count, middle in zip(self.histogram, _MIDDLES, strict=True):
            seen += count
            if count and seen >= rank:
                return middle
        return 0.0
