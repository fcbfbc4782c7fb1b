"""The open report: what the page shows, and the events of the person who edits it."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

import reflex as rx

from app.core import documents
from app.core.errors import CoreError
from app.sdk import current, log, presence, subscribe

from . import desk as desks
from .desk import Desk
from .history import told
from .report import (
    KIND,
    BadChange,
    Content,
    add_item,
    is_path,
    item_path,
    label,
    move_item,
    new_id,
    value_at,
    with_value,
)
from .saving import store
from .views import Person, Sheet, people, sheet

# What a handler may return: events of Reflex, in any form.
Events: TypeAlias = Any


class EditorState(rx.State):
    """One open report in one browser tab.

    The desk is kept as JSON text: an immutable value that Reflex need not watch, and that a new
    version of this app reads like this one, whatever became of its classes.
    """

    if TYPE_CHECKING:
        document_id: str  # of the address

    phase: str = "loading"  # loading | ready | missing | deleted | failed
    announcement: str = ""
    problem: str = ""
    stored: str = ""  # what was typed last and is stored, as `typing` has it
    _document: str = ""
    _session: str = ""
    _opened: int = 0
    _desk: str = ""
    _members: list[list[str]] = []
    _unsaved: dict[str, list[Any]] = {}  # path -> [value it was made from (None: unknown), value]
    _unsaved_in: str = ""  # id of the report that it belongs to

    @rx.var
    def here(self) -> list[Person]:
        """Who has the report open."""
        content = Desk.load(self._desk).shown if self._desk else {}
        return people(self._members, self._session, content)

    @rx.var
    def sheet(self) -> Sheet:
        """The report as it is drawn."""
        if not self._desk:
            return Sheet()
        desk = Desk.load(self._desk)
        here = people(self._members, self._session, desk.shown)
        unsaved = {path: value for path, (_, value) in self._unsaved.items()}
        return sheet(desk, here, self._opened, unsaved)

    @rx.var
    def questions(self) -> int:
        """How many decisions between two values are open."""
        return len(Desk.load(self._desk).clashes) if self._desk else 0

    @rx.event
    async def open(self) -> None:
        """Show the report that the address names.

        Also when the connection is back, which may be after what was typed meanwhile arrived. What
        could not be stored then is stored now.
        """
        wanted = str(self.document_id)
        is_saved = self._document == wanted and self.announcement == "Saved"
        await self.leave()
        self.announcement, self.problem = "Saved" if is_saved else "", ""
        if self._unsaved_in != wanted:
            self._unsaved, self._unsaved_in = {}, wanted
        # First listen, then read: a change in between is heard.
        await subscribe(documents.topic(wanted), EditorState.changed)
        await subscribe(presence.topic(documents.topic(wanted)), EditorState.people_changed)
        try:
            found = await documents.get(wanted)
        except documents.NotFound:
            self.phase = "missing"
            return
        except CoreError as error:
            self.phase, self.problem = "failed", str(error)
            return
        if found.kind != KIND:
            self.phase = "missing"
            return
        self._document, self._session = found.id, current.session
        self._opened += 1
        self._keep(Desk(shown=found.content, latest=found.content, revision=found.revision))
        self.phase = "ready"
        await presence.join(documents.topic(found.id), field="")
        self._look_around()
        await self._store_unsaved()

    async def leave(self) -> None:
        """Be no longer in the report; also for the page that comes after it."""
        if self._document:
            await presence.leave(documents.topic(self._document))
        self._document, self._desk, self._members, self.phase = "", "", [], "loading"

    @rx.event
    async def enter(self, path: str) -> None:
        """The person is in a field now."""
        if self.phase == "ready" and is_path(path):
            self._keep(desks.focus(self._load(), path))
            await presence.update(documents.topic(self._document), field=path)
            self._look_around()

    @rx.event
    async def typed(self, path: str, stamp: int, value: str) -> None:
        """The person paused while typing."""
        try:
            await self._write(path, value, stamp)
        except BadChange as refusal:
            self.problem, self.announcement = str(refusal), ""
        self._acknowledge(path, value)

    @rx.event
    async def exit(self, path: str, stamp: int, value: str) -> Events:
        """The person left a field; its value is stored even if no pause came before."""
        if not is_path(path):
            return None
        refused: Events = None
        try:
            await self._write(path, value, stamp)
        except BadChange as refusal:
            self._keep(desks.redraw(self._load(), path))
            self.problem, self.announcement = "", ""
            refused = rx.toast.error(str(refusal))
        self._acknowledge(path, value)
        await self._leave_field(path)
        return refused

    @rx.event
    async def exit_choice(self, path: str) -> None:
        """The person left a field that is not typed into."""
        await self._leave_field(path)

    @rx.event
    async def choose(self, path: str, value: str | bool) -> Events:
        """The person set a field that is not typed into: the status, or “done”."""
        try:
            await self._write(path, value, None)
        except BadChange as refusal:
            return rx.toast.error(str(refusal))
        return None

    @rx.event
    async def add_section(self) -> Events:
        """Add an empty section at the end."""
        key = new_id()
        return await self._restructure(lambda now: add_item(now, key), f"add {item_path(key)}")

    @rx.event
    async def remove_section(self, item_id: str) -> Events:
        """Remove a section, with what the person has open in it."""
        path = item_path(item_id)
        if self.phase != "ready":
            return None
        desk = desks.abandon(self._load(), item_id)
        return await self._restructure(
            lambda now: with_value(now, path, None), f"remove {path}", desk
        )

    @rx.event
    async def move_section(self, item_id: str, by: int) -> Events:
        """Move a section up (-1) or down (1)."""
        note = f"move {item_path(item_id)}"
        return await self._restructure(lambda now: move_item(now, item_id, by), note)

    @rx.event
    async def decide(self, path: str, mine: bool) -> None:
        """Answer the question at a field: keep mine or take theirs."""
        if self.phase != "ready" or path not in self._load().clashes:
            return
        desk, wanted = desks.decide(self._load(), path, mine)
        if await self._store(desk, wanted, f"change {path}", base=desk.latest):
            self.announcement = f"{label(path, wanted)}: kept {'yours' if mine else 'theirs'}"

    @rx.event
    async def retry(self) -> None:
        """Store again what could not be stored."""
        await self._store_unsaved()

    async def _store_unsaved(self) -> None:
        if self.phase != "ready":
            return
        for path, (before, value) in list(self._unsaved.items()):
            try:
                shown = self._load().shown
                base = shown if before is None else with_value(shown, path, before)
                await self._write_from(base, path, value)
            except BadChange as refusal:
                del self._unsaved[path]
                self.problem = str(refusal)
            self._acknowledge(path, value)

    @rx.event
    async def changed(self, payload: dict[str, Any]) -> None:
        """Somebody saved or deleted a report that this page listened to at some time."""
        if payload.get("id") != self._document or self.phase != "ready":
            return
        if payload["action"] == "deleted":
            self.phase = "deleted"
            return
        desk = self._load()
        if payload["revision"] <= desk.revision:
            return
        try:
            # Exactly this revision, not the newest, so that every change has its author.
            found = await documents.get(self._document, payload["revision"])
        except documents.NotFound:
            self.phase = "deleted"
            return
        author = "You" if payload["by"] == current.user.id else payload["by_name"]
        self.announcement = told(author, desk.latest, found.content)
        self._keep(desks.receive(desk, found.content, found.revision, author))

    @rx.event
    def people_changed(self, payload: dict[str, Any]) -> None:
        """Somebody came, went, or is in another field."""
        if self.phase == "ready":
            self._look_around()

    async def _write(self, path: str, value: Any, stamp: int | None) -> None:
        """Store one value, or put it on the person's side of an open question. If the report is not
        open yet, it is stored as soon as it is.

        Raises:
            BadChange: the field cannot hold the value.
        """
        if self.phase != "ready":
            if is_path(path):
                self._unsaved[path] = [self._unsaved.get(path, [None])[0], value]
                self._unsaved_in = str(self.document_id)
            return
        desk = self._load()
        if path in desk.clashes:
            self._keep(desks.retype(desk, path, value))
            self.announcement = ""  # nothing is stored before the person decides
            return
        base = desk.shown if stamp is None else desks.seen(desk, path, stamp)
        await self._write_from(base, path, value)

    async def _write_from(self, base: Content, path: str, value: Any) -> None:
        mine = with_value(base, path, value)
        if mine == base and path not in self._unsaved:
            self.problem = self.problem if self._unsaved else ""
            return
        # Noted before: what is told depends on whether anything else is not stored.
        before = self._unsaved.pop(path, [value_at(base, path)])[0]
        if not await self._store(self._load(), mine, f"change {path}", base=base, typed=path):
            self._unsaved[path] = [before, value]

    def _acknowledge(self, path: str, value: str) -> None:
        """Tell the browser what of its typing has arrived, unless it could not be stored."""
        if path not in self._unsaved:
            self.stored = f"{path} {value}"

    async def _leave_field(self, path: str) -> None:
        if self.phase != "ready":
            return
        desk = self._load()
        if desk.focused == path:
            self._keep(desks.focus(desk, ""))
            await presence.update(documents.topic(self._document), field="")
            self._look_around()

    async def _restructure(
        self, change: Callable[[Content], Content], note: str, desk: Desk | None = None
    ) -> Events:
        """Add, remove or move a section."""
        if self.phase != "ready":
            return None
        desk = desk or self._load()
        try:
            mine = change(desk.shown)
        except BadChange as refusal:
            return rx.toast.error(str(refusal))
        await self._store(desk, mine, note)
        return None

    async def _store(
        self, desk: Desk, mine: Content, note: str, base: Content | None = None, typed: str = ""
    ) -> bool:
        """Store a change and show what came of it; tell whether it was stored."""
        try:
            after = await store(self._document, desk, mine, note=note, base=base, typed=typed)
        except documents.NotFound:
            self.phase = "deleted"
            return False
        except Exception as error:
            # Whatever it is, a full disk or a refusal: the page must not lose what was typed.
            log.exception("report_not_saved", document=self._document)
            reason = f": {error}" if isinstance(error, CoreError) else "."
            self.problem, self.announcement = f"Not saved{reason}", ""
            return False
        self._keep(after)
        if self._unsaved:  # the problem with what is not stored goes on
            return True
        self.problem = ""
        # A change that clashed is not stored before the person has decided.
        self.announcement = "" if typed in after.clashes else "Saved"
        return True

    def _load(self) -> Desk:
        return Desk.load(self._desk)

    def _keep(self, desk: Desk) -> None:
        self._desk = desk.dump()

    def _look_around(self) -> None:
        members = presence.here(documents.topic(self._document))
        self._members = [
            [member.session, member.user_id, member.user_name, str(member.meta.get("field", ""))]
            for member in members
        ]
