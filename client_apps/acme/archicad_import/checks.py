"""Checks a schedule while it is read: what is missing, doubled, impossible or does not add up."""

from collections import Counter
from dataclasses import dataclass, field

from .schedule import (
    CATEGORIES,
    NO_CATEGORY,
    NO_STOREY,
    UNNAMED_STOREY,
    Header,
    Problem,
    Record,
    Skipped,
    Storey,
    Zone,
)

ERROR = "error"
WARNING = "warning"
NOTE = "note"
SEVERITIES = (ERROR, WARNING, NOTE)

MAX_FINDINGS = 400
MAX_CATEGORIES = 100
OTHER = "Other categories"

_KNOWN = {category.casefold(): category for category in CATEGORIES}


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that a person should look at; `line` counts from 1, 0 means the whole file."""

    severity: str
    code: str
    message: str
    line: int = 0
    zone: str = ""


@dataclass(slots=True)
class Sum:
    """How many zones, and their areas in m²; zones without a positive area count as 0 m²."""

    zones: int = 0
    area: float = 0.0

    def add(self, area: float | None) -> None:
        """Count one zone."""
        self.zones += 1
        if area is not None and area > 0:
            self.area += area


@dataclass(slots=True)
class StoreySum:
    """A storey as the file describes it, and what its zones add up to."""

    storey: Storey
    sum: Sum = field(default_factory=Sum)


class Checker:
    """Takes records in file order, keeps the totals and the findings.

    The first `keep` findings of each severity are kept; `counts` has the true number of each.
    Memory grows with the number of different zone numbers only.
    """

    def __init__(self, keep: int = MAX_FINDINGS) -> None:
        self._keep = keep
        self._lines: dict[str, int] = {}
        self._outside = StoreySum(Storey(NO_STOREY, None))
        self._current = self._outside
        self.header = Header("", "")
        self.storeys: list[StoreySum] = []
        self.categories: dict[str, Sum] = {}
        self.total = Sum()
        self.findings: list[Finding] = []
        self.counts: Counter[str] = Counter()

    def add(self, record: Record) -> None:
        """Take the next record."""
        if isinstance(record, Zone):
            self._add_zone(record)
        elif isinstance(record, Storey):
            self._current = StoreySum(record)
            self.storeys.append(self._current)
            self._report_problems(record.problems, record.line, "")
        elif isinstance(record, Skipped):
            self._report(
                NOTE, "skipped", f"<{record.name}> is not part of a schedule; skipped.", record.line
            )
        else:
            self.header = record

    def finish(self) -> None:
        """Check what only the whole file shows."""
        for storey in self.storeys:
            self._check_total(storey)
        if self._outside.sum.zones:
            self.storeys.append(self._outside)
        if not self.total.zones:
            self._report(WARNING, "empty", "The file contains no rooms.")

    def _report(
        self, severity: str, code: str, message: str, line: int = 0, zone: str = ""
    ) -> None:
        self.counts[severity] += 1
        if self.counts[severity] <= self._keep:
            self.findings.append(Finding(severity, code, message, line, zone))

    def _add_zone(self, zone: Zone) -> None:
        inside = zone.storey is not None
        (self._current if inside else self._outside).sum.add(zone.area)
        self.total.add(zone.area)
        self._category_sum(zone).add(zone.area)
        self._report_problems(zone.problems, zone.line, zone.number)
        self._check_number(zone)
        self._check_area(zone)
        if not inside:
            message = "The room is not inside a storey."
            self._report(WARNING, "no-storey", message, zone.line, zone.number)

    def _category_sum(self, zone: Zone) -> Sum:
        name = canonical_category(zone.category)
        if name not in _KNOWN_NAMES:
            message = f"Unknown category “{name}”." if zone.category else "The category is missing."
            self._report(WARNING, "category", message, zone.line, zone.number)
            if name not in self.categories and len(self.categories) >= MAX_CATEGORIES:
                name = OTHER
        return self.categories.setdefault(name, Sum())

    def _check_number(self, zone: Zone) -> None:
        if not zone.number:
            self._report(ERROR, "number-missing", "The zone number is missing.", zone.line)
            return
        first = self._lines.get(zone.number)
        if first is None:
            self._lines[zone.number] = zone.line
        else:
            message = f"Zone number {zone.number} is used before, in line {first}."
            self._report(ERROR, "number-twice", message, zone.line, zone.number)

    def _check_area(self, zone: Zone) -> None:
        if zone.area is None:
            if not any(p.attribute == "area" for p in zone.problems):
                self._report(ERROR, "area-missing", "The area is missing.", zone.line, zone.number)
        elif zone.area < 0:
            message = f"The area is negative: {zone.area:g} m²."
            self._report(ERROR, "area-negative", message, zone.line, zone.number)
        elif zone.area == 0:
            self._report(WARNING, "area-zero", "The area is 0 m².", zone.line, zone.number)

    def _check_total(self, storey: StoreySum) -> None:
        claimed, found = storey.storey.area, storey.sum
        # Every printed area may be rounded by half of the last of its two decimals.
        if claimed is None or abs(claimed - found.area) <= 0.005 * (found.zones + 1) + 1e-6:
            return
        message = (
            f"{storey.storey.name or UNNAMED_STOREY}: the rooms add up to {found.area:,.2f} m²,"
            f" the storey says {claimed:,.2f} m²."
        )
        self._report(WARNING, "storey-total", message, storey.storey.line)

    def _report_problems(self, problems: tuple[Problem, ...], line: int, zone: str) -> None:
        for problem in problems:
            if problem.kind == "number":
                text = (
                    f"{problem.attribute}: “{problem.text}” is not a number; write 12.5, not 12,5."
                )
                self._report(ERROR, "not-a-number", text, line, zone)
            else:
                text = f"{problem.attribute} is too long and was cut: “{problem.text}…”."
                self._report(NOTE, "too-long", text, line, zone)


_KNOWN_NAMES = frozenset(CATEGORIES)


def canonical_category(category: str) -> str:
    """Return the category as it is grouped: known ones in their usual spelling."""
    return _KNOWN.get(category.casefold(), category) or NO_CATEGORY
