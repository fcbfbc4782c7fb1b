"""How much an app is used, as points of charts and as sentences."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TypedDict

from app.node.observe.usage import MINUTES, Minute
from app.platform.described import size_of
from app.platform.watching import OTHERS, KeptFolder

SPANS = {"hour": (60, 1), "day": (MINUTES, 15)}
"""What can be looked at: minutes in all, and minutes that one point stands for."""


class Point(TypedDict):
    """One point of the charts: an ISO time, and latency in milliseconds, None when there was no
    event.
    """

    time: str
    opens: int
    events: int
    errors: int
    p50: float | None
    p95: float | None


class KeptRow(TypedDict):
    """What an app keeps in one of its folders; `is_full` when nothing more may be written."""

    name: str
    files: str
    size: str
    share: str
    is_full: bool


def kept_row(folder: KeptFolder, quota: int) -> KeptRow:
    """Describe what is in a folder that may hold `quota` bytes."""
    return KeptRow(
        name=folder.name[:1].upper() + folder.name[1:],
        files=f"{folder.files:,}",
        size=size_of(folder.size),
        share="" if folder.name == OTHERS else f"{folder.size / quota:.0%}",
        is_full=folder.size >= quota and folder.name != OTHERS,
    )


def points_of(minutes: Sequence[Minute], width: int) -> list[Point]:
    """Return a point for every `width` minutes, the oldest first.

    Latency of several minutes is the median of theirs, weighted by events, and their worst p95.
    """
    return [_point(minutes[start : start + width]) for start in range(0, len(minutes), width)]


def _point(minutes: Sequence[Minute]) -> Point:
    worst = max((minute.p95 for minute in minutes if minute.p95 is not None), default=None)
    return Point(
        time=datetime.fromtimestamp(minutes[0].at, UTC).isoformat(),
        opens=sum(minute.opens for minute in minutes),
        events=sum(minute.events for minute in minutes),
        errors=sum(minute.errors for minute in minutes),
        p50=_milliseconds(_median(minutes)),
        p95=_milliseconds(worst),
    )


def _median(minutes: Sequence[Minute]) -> float | None:
    known = sorted((m.p50, m.events) for m in minutes if m.p50 is not None)
    middle, seen = sum(events for _, events in known) / 2, 0
    for p50, events in known:
        seen += events
        if seen >= middle:
            return p50
    return None


def _milliseconds(seconds: float | None) -> float | None:
    if seconds is None:
        return None
    return round(seconds * 1000, 1 if seconds < 0.01 else 0)


def totals_of(minutes: Sequence[Minute], points: Sequence[Point], width: int) -> dict[str, str]:
    """Return what each chart shows, in words, by its name."""
    each = "one minute" if width == 1 else f"{width} minutes"
    worst = max((point["p95"] for point in points if point["p95"] is not None), default=None)
    middle = _milliseconds(_median(minutes))
    return {
        "opens": _counted([point["opens"] for point in points], each),
        "events": _counted([point["events"] for point in points], each),
        "errors": _counted([point["errors"] for point in points], each),
        "latency": "No events."
        if worst is None
        else f"Half of the events took {middle:g} ms at most; the worst p95 was {worst:g} ms.",
    }


def _counted(numbers: Sequence[int], each: str) -> str:
    total = sum(numbers)
    return f"{total:,} in all, at most {max(numbers):,} in {each}." if total else "None."
