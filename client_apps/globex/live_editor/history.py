"""The history of a report for people: what a revision did, and runs of typing as one entry."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from app.core.documents import Revision

from .merge import differences, flatten
from .report import HEAD_LABELS, ITEM_LABELS, BadChange, Content, item_path, label, ordered, split

# Typing is saved whenever the person pauses; pauses up to this long belong to one change.
PAUSE = timedelta(minutes=2)


@dataclass(frozen=True)
class Entry:
    """One or more revisions of one person that did the same thing.

    Attributes:
        number: the newest of them, which is what a preview shows and restoring brings back.
        saved_at: when it was saved, UTC.
        by: id of who saved.
        by_name: their name.
        note: what `save` was told, see `describe`.
        count: how many revisions it stands for.
    """

    number: int
    saved_at: datetime
    by: str
    by_name: str
    note: str
    count: int


@dataclass(frozen=True)
class Line:
    """One field of a previewed revision next to the same field now. "" stands for nothing."""

    label: str
    then: str
    now: str
    differs: bool


def entries(revisions: Iterable[Revision]) -> list[Entry]:
    """Group revisions, newest first, into entries, newest first."""
    found: list[Entry] = []
    newer: Revision | None = None
    for revision in revisions:
        if newer is not None and _one_change(revision, newer):
            found[-1] = replace(found[-1], count=found[-1].count + 1)
        else:
            found.append(_entry(revision))
        newer = revision
    return found


def describe(note: str, content: Content) -> str:
    """Return what a note of this app means, with today's headings: "change summary" -> Summary."""
    verb, _, rest = note.partition(" ")
    if verb == "restore":
        return f"Restored revision {rest}"
    try:
        name = label(rest, content)
    except BadChange:
        return note or "Created"
    phrases = {"change": "", "add": "Added ", "remove": "Removed ", "move": "Moved "}
    return f"{phrases.get(verb, '')}{name}"


def told(author: str, before: Content, after: Content) -> str:
    """Return what to tell about somebody's change: "Ada changed Summary"."""
    found = differences(before, after)
    if len(found) != 1:
        return f"{author} changed {len(found)} fields"
    path = found[0].path
    _, name = split(path)
    verbs = {"position": "moved"}
    if not name:
        verbs[""] = "added" if found[0].before is None else "removed"
    where = after if found[0].after is not None else before
    target = label(item_path(split(path)[0]) if name == "position" else path, where)
    return f"{author} {verbs.get(name, 'changed')} {target}"


def compare(then: Content, now: Content) -> list[Line]:
    """Return the fields of the old revision in reading order, each with its value now."""
    old, new = flatten(then), flatten(now)
    paths = list(HEAD_LABELS)
    both = {**dict(ordered(now)), **dict(ordered(then))}
    for item_id, _ in ordered({"items": both}):
        paths += [f"items/{item_id}/{name}" for name in ITEM_LABELS if name != "position"]
    lines = []
    for path in paths:
        before, after = _text(old.get(path)), _text(new.get(path))
        named = label(path, then if path in old else now)
        if before or after:
            lines.append(Line(named, before, after, differs=before != after))
    return lines + _order_line(then, now)


def _order_line(then: Content, now: Content) -> list[Line]:
    """Return a line about the order of the sections that both revisions have, if it differs."""
    kept = [key for key, _ in ordered(then) if key in now.get("items", {})]
    today = [key for key, _ in ordered(now) if key in then.get("items", {})]
    if kept == today:
        return []
    names = [", ".join(label(f"items/{key}", then) for key in keys) for keys in (kept, today)]
    return [Line("Order of the sections", names[0], names[1], differs=True)]


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "Yes" if value else "No"
    return value if isinstance(value, str) else ""


def _one_change(older: Revision, newer: Revision) -> bool:
    same = (older.saved_by, older.note) == (newer.saved_by, newer.note)
    return same and newer.saved_at - older.saved_at <= PAUSE


def _entry(revision: Revision) -> Entry:
    return Entry(
        number=revision.number,
        saved_at=revision.saved_at,
        by=revision.saved_by,
        by_name=revision.saved_by_name,
        note=revision.note,
        count=1,
    )
