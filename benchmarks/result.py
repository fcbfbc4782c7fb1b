"""What a measure hands back: rows for the table, and how they came about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from benchmarks.stats import median, p99


@dataclass(frozen=True)
class Target:
    """Upper bounds: of the median or single value, of the 99th percentile, of the ratio."""

    value: float | None = None
    p99: float | None = None
    ratio: float | None = None

    def __str__(self) -> str:
        parts = [f"≤ {bound:g}" for bound in (self.value, self.p99) if bound is not None]
        if self.ratio is not None:
            parts.append(f"ratio ≤ {self.ratio:g}")
        return " / ".join(parts)


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes:
        what: what was measured.
        unit: of `value` and `p99`.
        value: the median of the samples, or a single value.
        p99: the 99th percentile; None for a single value.
        samples: how many samples; None for a number that was not measured in this run.
        ratio: `value` ÷ that of the row it is compared with, in the same run.
        target: what it must reach.
        note: whatever else a reader must know.
        raw: the samples, in the order in which they were taken.
    """

    what: str
    unit: str
    value: float
    p99: float | None = None
    samples: int | None = 1
    ratio: float | None = None
    target: Target | None = None
    note: str = ""
    raw: Sequence[float] = ()

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None without one."""
        if self.target is None:
            return None
        pairs = (
            (self.value, self.target.value),
            (self.p99, self.target.p99),
            (self.ratio, self.target.ratio),
        )
        return all(got is not None and got <= bound for got, bound in pairs if bound is not None)


def row_of(
    what: str,
    samples: Sequence[float],
    *,
    unit: str = "ms",
    ratio: float | None = None,
    target: Target | None = None,
    note: str = "",
) -> Row:
    """Make a row of samples: median and 99th percentile."""
    return Row(
        what=what,
        unit=unit,
        value=median(samples),
        p99=p99(samples),
        samples=len(samples),
        ratio=ratio,
        target=target,
        note=note,
        raw=tuple(round(sample, 4) for sample in samples),
    )


@dataclass(frozen=True)
class Result:
    """What one measure found.

    Attributes:
        title: the measure's name.
        how: how it was measured: where the clocks are, warm-up, what runs beside what.
        rows: the lines of the table.
        extra: anything else for the JSON file.
    """

    title: str
    how: str
    rows: Sequence[Row]
    extra: Mapping[str, Any] = field(default_factory=dict)
