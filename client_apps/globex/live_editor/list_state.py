"""The list of reports."""

from dataclasses import dataclass
from typing import Any, TypeAlias

import reflex as rx

from app.core import documents
from app.core.errors import CoreError
from app.sdk import ClientApp, subscribe

from .report import KIND, BadChange, new_report
from .state import EditorState

# What a handler may return: events of Reflex, in any form.
Events: TypeAlias = Any

MOST_REPORTS = 1000


@dataclass(frozen=True)
class ReportRow:
    """One report of the list."""

    id: str
    href: str
    title: str
    changed: str
    by: str
    revision: int


class ListState(rx.State):
    """The list of reports in one browser tab."""

    phase: str = "loading"  # loading | ready | failed
    problem: str = ""
    query: str = ""
    reports: list[ReportRow] = []

    @rx.var
    def found(self) -> list[ReportRow]:
        """The reports whose title or last editor has every word of the query."""
        words = self.query.lower().split()
        return [
            report
            for report in self.reports
            if all(word in f"{report.title} {report.by}".lower() for word in words)
        ]

    @rx.event
    async def open(self) -> None:
        """Show the list, and keep it current."""
        # The editor's page does not hear that it is left: this page comes after it.
        editor = await self.get_state(EditorState)
        await editor.leave()
        await subscribe(documents.topic_of_kind(KIND), ListState.changed)
        await self._read()

    @rx.event
    async def changed(self, payload: dict[str, Any]) -> None:
        """Somebody created, saved or deleted a report."""
        await self._read()

    @rx.event
    def search(self, query: str) -> None:
        """Show only reports that match."""
        self.query = query

    @rx.event
    async def create(self, form: dict[str, Any]) -> Events:
        """Create a report and open it."""
        try:
            content = new_report(str(form.get("title", "")))
            made = await documents.create(KIND, content["title"], content)
        except (BadChange, CoreError) as refusal:
            return rx.toast.error(str(refusal))
        return rx.redirect(ClientApp.link(f"/documents/{made.id}"))

    async def _read(self) -> None:
        try:
            found = await documents.list(kind=KIND, limit=MOST_REPORTS)
        except CoreError as error:
            self.phase, self.problem = "failed", str(error)
            return
        self.phase, self.problem = "ready", ""
        newest_first = sorted(found, key=lambda info: info.updated_at, reverse=True)
        self.reports = [
            ReportRow(
                id=info.id,
                href=ClientApp.link(f"/documents/{info.id}"),
                title=info.title,
                changed=info.updated_at.strftime("%d %b %Y, %H:%M UTC"),
                by=info.updated_by_name,
                revision=info.revision,
            )
            for info in newest_first
        ]
