"""Points of a chart that grows at its end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from .simulation import Reading, Totals, ticks

POINTS = 60  # one a second

Point = dict[str, float | str]


def grown(
    points: Sequence[Point], tick: int, measure: Callable[[int], Reading | Totals]
) -> list[Point]:
    """Return the last points up to and with `tick`, measuring only those that are missing.

    A point has "tick", "time" (UTC), "temperature" in °C, "vibration" in mm/s, "output" in pieces
    a minute.
    """
    last = int(points[-1]["tick"]) if points else tick - POINTS
    if last > tick:  # the clock was set back
        points, last = [], tick - POINTS
    new = [_point(measure(each)) for each in ticks(last, tick, POINTS)]
    return [point for point in [*points, *new] if int(point["tick"]) > tick - POINTS]


def clock(tick: int) -> str:
    """Return the time of a tick, UTC: "07:41:05"."""
    return datetime.fromtimestamp(tick, UTC).strftime("%H:%M:%S")


def _point(measured: Reading | Totals) -> Point:
    return {
        "tick": measured.tick,
        "time": clock(measured.tick),
        "temperature": measured.temperature,
        "vibration": measured.vibration,
        "output": measured.output,
    }
