"""How many refused attempts are recorded: enough to see an attack, too few to fill a disk."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

# Each source: this many at once, then one in so many seconds.
BURST = 20
SECONDS_PER_SOURCE = 30.0
# All sources together, because an attacker may have many: at most 43,200 entries a day and node.
TOTAL_BURST = 500
SECONDS_IN_TOTAL = 2.0
# Sources that are remembered; the one that was quiet the longest is forgotten first.
MAX_SOURCES = 10_000


@dataclass(slots=True)
class _Bucket:
    """Tokens that come back one in `seconds`, up to `most`."""

    most: int
    seconds: float
    tokens: float
    at: float
    suppressed: int = 0

    def refill(self, now: float) -> None:
        self.tokens = min(self.most, self.tokens + (now - self.at) / self.seconds)
        self.at = now


class RefusalLimiter:
    """Decides which refused attempts are recorded. Use it on one event loop only."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` returns seconds that only grow."""
        self._clock = clock
        self._total = _Bucket(TOTAL_BURST, SECONDS_IN_TOTAL, TOTAL_BURST, clock())
        self._sources: OrderedDict[str, _Bucket] = OrderedDict()

    def admit(self, source: str) -> int | None:
        """Return None if an attempt of `source` is not to be recorded.

        Otherwise return how many of its attempts were not recorded since the last one that was.
        """
        now = self._clock()
        bucket = self._of(source, now)
        bucket.refill(now)
        self._total.refill(now)
        if bucket.tokens < 1 or self._total.tokens < 1:
            bucket.suppressed += 1
            return None
        bucket.tokens -= 1
        self._total.tokens -= 1
        suppressed, bucket.suppressed = bucket.suppressed, 0
        return suppressed

    def _of(self, source: str, now: float) -> _Bucket:
        bucket = self._sources.get(source)
        if bucket is None:
            if len(self._sources) >= MAX_SOURCES:
                self._sources.popitem(last=False)
            bucket = self._sources[source] = _Bucket(BURST, SECONDS_PER_SOURCE, BURST, now)
        self._sources.move_to_end(source)
        return bucket
