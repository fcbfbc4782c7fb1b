"""The table of rooms of the open import: what is searched, how it is sorted, which page."""

import json
from typing import Any

import reflex as rx

from app.core.errors import CoreError

from . import imports
from .format import MISSING, metres, square_metres
from .table import PAGE_SIZES, SORTABLE, Query

ALL_CATEGORIES = "All categories"


class RoomsState(rx.State):
    """The page of the table of rooms that is shown."""

    phase: str = "loading"  # loading | ready | failed
    problem: str = ""
    rows: list[dict[str, str]] = []
    found: int = 0
    text: str = ""
    category: str = ALL_CATEGORIES
    sort: str = ""
    descending: bool = False
    page: int = 1
    pages: int = 1
    page_size: int = PAGE_SIZES[1]
    chosen: dict[str, str] = {}
    chosen_finishes: list[dict[str, str]] = []
    is_room_open: bool = False
    _files: dict[str, str] = {}
    _finishes: list[str] = []

    @rx.var
    def summary(self) -> str:
        """What the table shows, in words."""
        if not self.found:
            return "No rooms"
        first = (self.page - 1) * self.page_size + 1
        last = min(self.page * self.page_size, self.found)
        return f"Rooms {first:,} to {last:,} of {self.found:,}"

    def begin(self, files: dict[str, str]) -> None:
        """Show another import: its files are `files`, searching starts anew."""
        if files != self._files:
            self.reset()
            self._files = files

    @rx.event
    async def refresh(self) -> None:
        """Read the rows that are to be shown."""
        if not self._files:
            return
        query = Query(
            text=self.text,
            category="" if self.category == ALL_CATEGORIES else self.category,
            sort=self.sort,
            descending=self.descending,
            page=self.page,
            size=self.page_size,
        )
        try:
            shown = await imports.rooms({"rows": dict(self._files)}, query)
        except (CoreError, OSError) as error:
            self.phase, self.problem = "failed", f"The rooms cannot be shown: {error}"
            return
        self.rows = [_room(row) for row in shown.rows]
        self._finishes = [row["finishes"] for row in shown.rows]
        self.found, self.page, self.pages = shown.found, shown.page, shown.pages
        self.phase = "ready"

    @rx.event
    async def search(self, text: str) -> None:
        """Show rooms in which all words of `text` occur."""
        self.text, self.page = text, 1
        await self.refresh()

    @rx.event
    async def narrow(self, category: str) -> None:
        """Show rooms of one category, or of all."""
        self.category, self.page = category, 1
        await self.refresh()

    @rx.event
    async def clear(self) -> None:
        """Show all rooms."""
        self.text, self.category, self.page = "", ALL_CATEGORIES, 1
        await self.refresh()

    @rx.event
    async def sort_by(self, column: str) -> None:
        """Sort by a column; again: the other way round; a third time: as in the file."""
        if column not in SORTABLE:
            return
        if column != self.sort:
            self.sort, self.descending = column, False
        elif not self.descending:
            self.descending = True
        else:
            self.sort, self.descending = "", False
        self.page = 1
        await self.refresh()

    @rx.event
    async def turn_to(self, page: int) -> None:
        """Show another page."""
        self.page = page
        await self.refresh()

    @rx.event
    async def resize(self, size: str) -> None:
        """Show so many rows a page."""
        if size.isascii() and size.isdigit() and int(size) in PAGE_SIZES:
            self.page_size, self.page = int(size), 1
            await self.refresh()

    @rx.event
    def show_room(self, index: int) -> None:
        """Show all that is known of the room in row `index` of the page."""
        if 0 <= index < len(self.rows):
            self.chosen = self.rows[index]
            self.chosen_finishes = [_finish(finish) for finish in json.loads(self._finishes[index])]
            self.is_room_open = True

    @rx.event
    def set_room_open(self, is_open: bool) -> None:
        """Open or close the room's details."""
        self.is_room_open = is_open


def _room(row: dict[str, Any]) -> dict[str, str]:
    return {
        "number": row["number"] or MISSING,
        "name": row["name"] or MISSING,
        "category": row["category"],
        "storey": row["storey"],
        "area": square_metres(row["area"]),
        "height": metres(row["height"]),
        "perimeter": metres(row["perimeter"]),
        "department": row["department"] or MISSING,
        "line": f"{row['line']:,}",
    }


def _finish(finish: list[Any]) -> dict[str, str]:
    surface, material, area = finish
    return {
        "surface": surface.capitalize() or MISSING,
        "material": material or MISSING,
        "area": square_metres(area),
    }
