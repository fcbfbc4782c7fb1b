"""Comparing two versions of an app, file by file."""

from typing import TypedDict

import reflex as rx

from app.platform.operations.fields import number_of
from app.platform.permissions import Action
from app.web.admin.apps.states.detail_state import DetailState
from app.web.admin.page_state import reporting_refusals
from app.web.administration import administration, requester


class BlockRow(TypedDict):
    """Lines of one kind."""

    kind: str
    text: str


class FileRow(TypedDict):
    """One file that differs."""

    path: str
    change: str
    note: str
    blocks: list[BlockRow]


class DiffState(rx.State):
    """What was compared last."""

    shown: str = ""
    note: str = ""
    files: list[FileRow] = []

    @rx.event
    @reporting_refusals
    async def compare(self, form: dict[str, str]):
        """Compare two versions by their numbers."""
        self.reset()
        who = await requester(Action.SEE)
        detail = await self.get_state(DetailState)
        older, newer = number_of(str(form.get("older"))), number_of(str(form.get("newer")))
        found = await administration().platform.diff(who, detail.app_id, older, newer)
        self.shown = f"From version {older} to version {newer}"
        self.files = [
            FileRow(
                path=file.path,
                change=file.change,
                note=file.note,
                blocks=[BlockRow(kind=block.kind, text=block.text) for block in file.blocks],
            )
            for file in found.files
        ]
        if not found.files:
            self.note = "The files are the same."
        elif found.left_out:
            self.note = f"{found.left_out} more files differ."

    @rx.event
    def close(self):
        """Put the comparison away."""
        self.reset()
