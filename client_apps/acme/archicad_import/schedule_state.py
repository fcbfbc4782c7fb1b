"""One import that is open: its summary, a page of its rooms, a page of its findings."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

import reflex as rx

from app.core import documents, files
from app.core.errors import CoreError

from . import imports
from .format import MISSING, count, megabytes, moment, square_metres
from .rooms_state import ALL_CATEGORIES, RoomsState

ALL_SEVERITIES = "all"
MAX_BARS = 15
FINDINGS_PER_PAGE = 25


class ScheduleState(rx.State):
    """Summary and findings of the import that the address names."""

    if TYPE_CHECKING:
        document_id: str  # of the address

    phase: str = "loading"  # loading | ready | missing | failed
    problem: str = ""
    title: str = ""
    subtitle: str = ""
    file_name: str = ""
    file_size: str = ""
    file_url: str = ""
    rooms: str = ""
    area: str = ""
    storeys: list[dict[str, str]] = []
    categories: list[dict[str, str]] = []
    bars: list[dict[str, Any]] = []
    counts: dict[str, int] = {}
    severity: str = ALL_SEVERITIES
    findings: list[dict[str, str]] = []
    findings_page: int = 1
    findings_pages: int = 1
    findings_cut: str = ""
    _document: str = ""

    @rx.var
    def category_choices(self) -> list[str]:
        """What the table can be narrowed to."""
        return [ALL_CATEGORIES, *(category["name"] for category in self.categories)]

    @rx.var
    def total_findings(self) -> int:
        """How many findings there are in all."""
        return sum(self.counts.values())

    @rx.event
    async def open(self) -> AsyncIterator[Any]:
        """Show the import that the address names."""
        wanted = str(self.document_id)
        if wanted != self._document:
            self.reset()
        try:
            document = await documents.get(wanted)
        except documents.NotFound:
            self.phase = "missing"
            return
        except CoreError as error:
            self.phase, self.problem = "failed", str(error)
            return
        if document.kind != imports.KIND:
            self.phase = "missing"
            return
        self._document = wanted
        self._show(document)
        await self._find_original(document.content["xml"])
        rooms = await self.get_state(RoomsState)
        rooms.begin(document.content["rows"])
        yield RoomsState.refresh

    @rx.event
    async def show_severity(self, severity: str | list[str]) -> None:
        """Show only findings of one severity, or all."""
        if isinstance(severity, str):
            self.severity = severity
        await self._turn_to(1)

    @rx.event
    async def turn(self, pages: int) -> None:
        """Turn so many pages of findings forwards (or back)."""
        await self._turn_to(self.findings_page + pages)

    async def _turn_to(self, page: int) -> None:
        try:
            document = await documents.get(self._document)
        except CoreError as error:
            self.phase, self.problem = "failed", str(error)
            return
        self._show_findings(document.content, page)

    async def _find_original(self, xml: dict[str, Any]) -> None:
        try:
            self.file_url = await files.url(xml["id"])
        except CoreError:
            self.file_url = ""

    def _show(self, document: documents.Document) -> None:
        content = document.content
        self.title = document.title
        imported = document.created_at.strftime("%d %b %Y, %H:%M UTC")
        exported = content["exported"] and f". Exported {moment(content['exported'])}"
        self.subtitle = f"Imported {imported} by {document.updated_by_name}{exported}"
        xml = content["xml"]
        self.file_name, self.file_size = xml["name"], megabytes(xml["size"])
        self.rooms = f"{content['rooms']:,}"
        self.area = square_metres(content["area"])
        self.storeys = [_storey(storey) for storey in content["storeys"]]
        self.categories = [
            _category(category, content["area"]) for category in content["categories"]
        ]
        self.bars = bars_of(content["categories"])
        self.counts = content["counts"]
        self._show_findings(content, 1)
        self.phase = "ready"

    def _show_findings(self, content: dict[str, Any], page: int) -> None:
        kept = content["findings"]
        chosen = [f for f in kept if self.severity in (ALL_SEVERITIES, f["severity"])]
        self.findings_pages = max(1, -(-len(chosen) // FINDINGS_PER_PAGE))
        self.findings_page = min(max(page, 1), self.findings_pages)
        start = (self.findings_page - 1) * FINDINGS_PER_PAGE
        self.findings = [_finding(f) for f in chosen[start : start + FINDINGS_PER_PAGE]]
        total = sum(content["counts"].values())
        self.findings_cut = (
            f"Only the first {len(kept):,} of {total:,} findings are listed."
            if total > len(kept)
            else ""
        )


def bars_of(categories: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the bars of the chart: the largest categories, then all others together."""
    bars = [{"name": c["name"], "area": c["area"]} for c in categories[:MAX_BARS]]
    rest = categories[MAX_BARS:]
    if rest:
        area = round(sum(category["area"] for category in rest), 2)
        bars.append({"name": count(len(rest), "other", "others"), "area": area})
    return bars


def _storey(storey: dict[str, Any]) -> dict[str, str]:
    return {
        "name": storey["name"],
        "level": MISSING if storey["level"] is None else str(storey["level"]),
        "rooms": f"{storey['rooms']:,}",
        "area": square_metres(storey["area"]),
        "claimed": square_metres(storey["claimed"]),
    }


def _category(category: dict[str, Any], total: float) -> dict[str, str]:
    return {
        "name": category["name"],
        "rooms": f"{category['rooms']:,}",
        "area": square_metres(category["area"]),
        "share": f"{category['area'] / total:.1%}" if total else MISSING,
    }


def _finding(finding: dict[str, Any]) -> dict[str, str]:
    return {
        "severity": finding["severity"],
        "message": finding["message"],
        "line": f"{finding['line']:,}" if finding["line"] else MISSING,
        "zone": finding["zone"] or MISSING,
    }
