"""What the editor's page draws: plain values made from a desk and from who is where."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from . import desk as desks
from .desk import Desk
from .people import color_of, initials
from .report import HEAD_LABELS, ITEM_LABELS, Content, item_path, label, ordered, split, value_at


@dataclass(frozen=True)
class Person:
    """Somebody who has the report open; `field` is the path they are in, or ""."""

    session: str
    name: str
    initials: str
    color: str
    field: str
    where: str
    is_me: bool


@dataclass(frozen=True)
class FieldView:
    """One field as it is drawn.

    Attributes:
        stamp: version of what the others put into the field; sent back with what is typed.
        key: changes when somebody else's value was put into the field, which draws it anew.
        editor: name of another person who is in the field, "" if there is none.
        color: Radix scale of that person.
        pending: what others changed while the person is in the field, "" if nothing.
        clash: whether the person has to choose between two values.
    """

    path: str = ""
    label: str = ""
    value: str = ""
    checked: bool = False
    stamp: int = 0
    key: str = ""
    editor: str = ""
    color: str = "gray"
    pending: str = ""
    clash: bool = False
    clash_mine: str = ""
    clash_theirs: str = ""
    clash_author: str = ""


@dataclass(frozen=True)
class ItemView:
    """One section; `whole` and `place` carry the questions about removing and moving it."""

    id: str = ""
    number: int = 0
    name: str = ""
    first: bool = False
    last: bool = False
    heading: FieldView = field(default_factory=FieldView)
    text: FieldView = field(default_factory=FieldView)
    responsible: FieldView = field(default_factory=FieldView)
    done: FieldView = field(default_factory=FieldView)
    whole: FieldView = field(default_factory=FieldView)
    place: FieldView = field(default_factory=FieldView)


@dataclass(frozen=True)
class Sheet:
    """The whole report as it is drawn."""

    title: FieldView = field(default_factory=FieldView)
    status: FieldView = field(default_factory=FieldView)
    site: FieldView = field(default_factory=FieldView)
    summary: FieldView = field(default_factory=FieldView)
    sections: list[ItemView] = field(default_factory=list)


def people(members: Iterable[Sequence[str]], me: str, content: Content) -> list[Person]:
    """Return who is here.

    Args:
        members: (session, user id, user name, path) of every open page.
        me: the session that looks.
        content: the report, for the names of fields.
    """
    found = []
    for session, user_id, name, path in members:
        where = label(path, content) if path else ""
        color = color_of(user_id)
        found.append(Person(session, name, initials(name), color, path, where, session == me))
    return found


def sheet(
    desk: Desk, here: Sequence[Person], opened: int, unsaved: Mapping[str, Any] | None = None
) -> Sheet:
    """Return what to draw.

    Args:
        desk: the person's desk.
        here: who is here.
        opened: how often this page opened a report; fields of another opening are drawn anew.
        unsaved: path -> what the person typed that could not be stored.
    """
    in_field = {person.field: person for person in here if person.field and not person.is_me}
    draw = _Drawer(desk, in_field, opened, unsaved or {})
    rows = ordered(desk.shown)
    sections = [draw.item(row_id, at, len(rows)) for at, (row_id, _) in enumerate(rows)]
    return Sheet(**{name: draw.field(name) for name in HEAD_LABELS}, sections=sections)


@dataclass(frozen=True)
class _Drawer:
    desk: Desk
    in_field: dict[str, Person]
    opened: int
    unsaved: Mapping[str, Any]

    def item(self, item_id: str, at: int, count: int) -> ItemView:
        fields = {name: self.field(item_path(item_id, name)) for name in ITEM_LABELS}
        return ItemView(
            id=item_id,
            number=at + 1,
            name=fields["heading"].value or f"Section {at + 1}",
            first=at == 0,
            last=at == count - 1,
            place=fields.pop("position"),
            whole=self.field(item_path(item_id)),
            **fields,
        )

    def field(self, path: str) -> FieldView:
        desk, person = self.desk, self.in_field.get(path)
        value, clash = desks.displayed(desk, path), desk.clashes.get(path)
        if clash is None:
            value = self.unsaved.get(path, value)
        _, name = split(path)
        return FieldView(
            path=path,
            label={**HEAD_LABELS, **ITEM_LABELS}.get(name, "Section"),
            value=value if isinstance(value, str) else "",
            checked=value is True,
            stamp=desk.stamps.get(path, 0),
            key=f"{self.opened}.{desk.stamps.get(path, 0)}.{path}",
            editor=person.name if person else "",
            color=person.color if person else "gray",
            pending=self._pending(path),
            clash=clash is not None,
            clash_mine=worded(path, clash.mine) if clash else "",
            clash_theirs=worded(path, clash.theirs) if clash else "",
            clash_author=clash.author if clash else "",
        )

    def _pending(self, path: str) -> str:
        if path != desks.waiting(self.desk):
            return ""
        author = desks.author_of(self.desk, path)
        theirs = value_at(self.desk.latest, path)
        if theirs is None:
            return f"{author} removed this section."
        return f"{author} changed this to: {worded(path, theirs)}"


def worded(path: str, value: Any) -> str:
    """Return a value of a question in words: "removed", "(empty)", "ticked", or the text itself."""
    _, name = split(path)
    if value is None:
        return "removed"
    if not name:
        return "kept, with its changes"
    if name == "position":
        return "its place in the list"
    if isinstance(value, bool):
        return "ticked" if value else "not ticked"
    return str(value) or "(empty)"
