"""Numbers from samples."""

from __future__ import annotations

import math
import random
import statistics
from collections.abc import Callable, Sequence

Statistic = Callable[[Sequence[float]], float]


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value below which `share` (0 to 1) of the values lie."""
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def median(values: Sequence[float]) -> float:
    """Return the middle value."""
    return statistics.median(values)


def p99(values: Sequence[float]) -> float:
    """Return the 99th percentile."""
    return percentile(values, 0.99)


def ratio_interval(
    over: Sequence[float], under: Sequence[float], of: Statistic = median, rounds: int = 1000
) -> tuple[float, float]:
    """Return the 95 % interval of `of(over) / of(under)`, by bootstrap with a fixed seed."""
    draw = random.Random(1)
    ratios = sorted(
        of(draw.choices(over, k=len(over))) / of(draw.choices(under, k=len(under)))
        for _ in range(rounds)
    )
    return percentile(ratios, 0.025), percentile(ratios, 0.975)
