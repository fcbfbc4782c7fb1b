"""The list of earlier imports."""

from dataclasses import dataclass
from typing import Any

import reflex as rx

from app.core import documents
from app.core.errors import CoreError
from app.sdk import ClientApp, subscribe

from . import imports

PAGE = 20


@dataclass(frozen=True)
class ImportRow:
    """One import of the list."""

    id: str
    href: str
    title: str
    imported: str
    by: str


class ListState(rx.State):
    """Earlier imports, newest first, kept current while the page is open."""

    phase: str = "loading"  # loading | ready | failed
    problem: str = ""
    earlier: list[ImportRow] = []
    has_more: bool = False
    _wanted: int = PAGE

    @rx.event
    async def open(self) -> None:
        """Show the newest imports."""
        self._wanted = PAGE
        await subscribe(documents.topic_of_kind(imports.KIND), ListState.changed)
        await self._read()

    @rx.event
    async def changed(self, payload: dict[str, Any]) -> None:
        """Somebody imported or deleted a schedule."""
        await self._read()

    @rx.event
    async def more(self) -> None:
        """Show further imports."""
        self._wanted = min(self._wanted + PAGE, 900)
        await self._read()

    @rx.event
    async def delete(self, id: str) -> rx.event.EventSpec:
        """Delete an import with its files."""
        try:
            await imports.remove(id)
        except documents.NotFound:
            return rx.toast.info("This import is deleted already.")
        except CoreError as error:
            return rx.toast.error(str(error))
        return rx.toast.success("The import is deleted.")

    async def _read(self) -> None:
        try:
            found = await documents.list(kind=imports.KIND, limit=self._wanted + 1)
        except CoreError as error:
            self.phase, self.problem = "failed", str(error)
            return
        self.phase, self.has_more = "ready", len(found) > self._wanted
        self.earlier = [_row(info) for info in found[: self._wanted]]


def _row(info: documents.DocumentInfo) -> ImportRow:
    return ImportRow(
        id=info.id,
        href=ClientApp.link(f"/imports/{info.id}"),
        title=info.title,
        imported=info.created_at.strftime("%d %b %Y, %H:%M UTC"),
        by=info.updated_by_name,
    )
