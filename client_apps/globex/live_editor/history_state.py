"""The history of the open report: look at old revisions, bring one back."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import reflex as rx

from app.core import documents
from app.core.errors import CoreError

from .history import Line, compare, describe, entries
from .people import color_of, initials
from .saving import restore

# What a handler may return: events of Reflex, in any form.
Events: TypeAlias = Any

MOST_REVISIONS = 500


@dataclass(frozen=True)
class EntryView:
    """One line of the history."""

    number: int
    when: str
    who: str
    initials: str
    color: str
    what: str
    newest: bool


class HistoryState(rx.State):
    """The history panel of one browser tab."""

    if TYPE_CHECKING:
        document_id: str  # of the address

    shown: bool = False
    loading: bool = False
    problem: str = ""
    listed: list[EntryView] = []
    selected: int = 0
    lines: list[Line] = []
    only_differences: bool = True

    @rx.var
    def visible_lines(self) -> list[Line]:
        """The fields of the previewed revision, all of them or only those that differ."""
        return [line for line in self.lines if line.differs or not self.only_differences]

    @rx.event
    async def toggle(self, shown: bool) -> AsyncIterator[None]:
        """Open the panel with fresh entries, or close it."""
        self.shown, self.selected, self.lines, self.problem = shown, 0, [], ""
        if not shown:
            return
        self.loading = True
        yield
        await self._list()
        self.loading = False

    @rx.event
    async def select(self, number: int) -> None:
        """Preview a revision next to the report as it is now."""
        try:
            then = await documents.get(str(self.document_id), number)
            now = await documents.get(str(self.document_id))
        except CoreError as error:
            self.problem = str(error)
            return
        self.selected, self.lines, self.problem = number, compare(then.content, now.content), ""

    @rx.event
    def show_all(self, everything: bool) -> None:
        """Show fields that are the same now, too."""
        self.only_differences = not everything

    @rx.event
    async def restore(self) -> Events:
        """Make the previewed revision the newest one."""
        number = self.selected
        try:
            await restore(str(self.document_id), number)
        except CoreError as error:
            self.problem = str(error)
            return None
        self.shown = False
        return rx.toast.success(f"Revision {number} is back, as the newest revision.")

    async def _list(self) -> None:
        document_id = str(self.document_id)
        try:
            revisions = await documents.history(document_id, limit=MOST_REVISIONS)
            content = (await documents.get(document_id)).content
        except CoreError as error:
            self.problem, self.listed = str(error), []
            return
        self.listed = [
            EntryView(
                number=entry.number,
                when=entry.saved_at.strftime("%d %b %Y, %H:%M UTC"),
                who=entry.by_name,
                initials=initials(entry.by_name),
                color=color_of(entry.by),
                what=describe(entry.note, content),
                newest=at == 0,
            )
            for at, entry in enumerate(entries(revisions))
        ]
