"""The table of machines: filter, sort and page, and the same as part of an address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from .simulation import AREAS, STATUSES, Machine, Reading

PAGE_SIZE = 8
COLUMNS = {
    "name": "Machine",
    "area": "Area",
    "status": "Status",
    "temperature": "Temperature",
    "vibration": "Vibration",
    "output": "Output",
}
ANY = "any"


@dataclass(frozen=True)
class MachineRow:
    """One machine with its latest reading."""

    id: str
    name: str
    area: str
    status: str
    temperature: float
    vibration: float
    output: float


@dataclass(frozen=True)
class View:
    """What of the table is shown. Values that make no sense never get in: see `of`."""

    text: str = ""
    status: str = ANY
    area: str = ANY
    sort: str = "name"
    descending: bool = False
    page: int = 1

    @classmethod
    def of(cls, parameters: Mapping[str, str]) -> View:
        """Return the view that an address asks for; what is missing or wrong is the default."""
        view, plain = cls(text=parameters.get("text", "").strip()[:100]), cls()
        status, area = parameters.get("status", ANY), parameters.get("area", ANY)
        sort = parameters.get("sort", plain.sort).removeprefix("-")
        page = parameters.get("page", "1")
        return replace(
            view,
            status=status if status in STATUSES else ANY,
            area=area if area in AREAS else ANY,
            sort=sort if sort in COLUMNS else plain.sort,
            descending=parameters.get("sort", "").startswith("-"),
            page=int(page) if page.isascii() and page.isdigit() and 0 < int(page) < 1000 else 1,
        )

    def address(self) -> str:
        """Return the view as a query string with "?" in front, "" for the default view."""
        given = {"text": self.text, "status": self.status, "area": self.area}
        parts = {name: value for name, value in given.items() if value not in ("", ANY)}
        if (self.sort, self.descending) != ("name", False):
            parts["sort"] = f"-{self.sort}" if self.descending else self.sort
        if self.page > 1:
            parts["page"] = str(self.page)
        return f"?{urlencode(parts)}" if parts else ""

    def sorted_by(self, column: str) -> View:
        """Return the view sorted by `column`, the other way round if it was already."""
        if column not in COLUMNS:
            return self
        again = column == self.sort
        return replace(self, sort=column, descending=again and not self.descending, page=1)


@dataclass(frozen=True)
class Selection:
    """The rows to show, and where they are among all that match."""

    rows: list[MachineRow]
    matching: int
    page: int
    pages: int


def row(machine: Machine, reading: Reading) -> MachineRow:
    """Return the row of a machine, in the precision that people read."""
    return MachineRow(
        id=machine.id,
        name=machine.name,
        area=machine.area,
        status=reading.status,
        temperature=round(reading.temperature, 1),
        vibration=round(reading.vibration, 2),
        output=round(reading.output, 1),
    )


def select(rows: Sequence[MachineRow], view: View) -> Selection:
    """Return the page of rows that `view` asks for; a page that is not there is the last one."""
    words = view.text.lower().split()
    found = [each for each in rows if _matches(each, view, words)]
    # Two sorts instead of one key: names stay in order where the column is equal, either way.
    found.sort(key=lambda each: each.name)
    found.sort(key=lambda each: _sort_key(each, view.sort), reverse=view.descending)
    pages = max(1, -(-len(found) // PAGE_SIZE))
    page = min(view.page, pages)
    shown = found[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
    return Selection(shown, len(found), page, pages)


def _matches(each: MachineRow, view: View, words: Sequence[str]) -> bool:
    if view.status not in (ANY, each.status) or view.area not in (ANY, each.area):
        return False
    text = f"{each.name} {each.area} {each.id}".lower()
    return all(word in text for word in words)


def _sort_key(each: MachineRow, column: str) -> str | float:
    """Return what to sort by; statuses by how bad they are."""
    if column == "status":
        return float(STATUSES.index(each.status))
    value: str | float = getattr(each, column)
    return value
