"""One person's desk: the report as their page shows it, and what is still to be reconciled.

The desk is the whole logic of editing together, without Reflex and without I/O. `shown` is the
base of whatever the person does next; `latest` is the newest revision known. They differ only in
the field that the person is in: what others change there waits, so that nothing moves under the
cursor.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from .merge import Merge, differences, flatten, merge
from .report import Content, item_path, split, value_at, with_value


@dataclass(frozen=True)
class Clash:
    """Two values for one path, until the person decides. None stands for "removed"."""

    mine: Any
    theirs: Any
    author: str


@dataclass(frozen=True)
class Desk:
    """See the module.

    Attributes:
        shown: the report as the page shows it, apart from `clashes`.
        latest: content of the newest revision known.
        revision: its number.
        focused: path of the field that the person is in, or "".
        clashes: path -> values that a person has to choose from.
        authors: path -> name of who changed it last, as far as known.
        stamps: path -> how often somebody else's value was put into the field. A field whose stamp
            changes is drawn anew; one that the person types in keeps what the browser holds.
        replaced: path -> value that the last stamp of the path put out of the field.
    """

    shown: Content
    latest: Content
    revision: int
    focused: str = ""
    clashes: Mapping[str, Clash] = field(default_factory=dict)
    authors: Mapping[str, str] = field(default_factory=dict)
    stamps: Mapping[str, int] = field(default_factory=dict)
    replaced: Mapping[str, Any] = field(default_factory=dict)

    def dump(self) -> str:
        """Return the desk as JSON, to keep between events."""
        return json.dumps(asdict(self))

    @classmethod
    def load(cls, text: str) -> Desk:
        """Return the desk that was dumped as `text`."""
        raw = json.loads(text)
        clashes = {path: Clash(**clash) for path, clash in raw.pop("clashes").items()}
        return cls(**raw, clashes=clashes)


def displayed(desk: Desk, path: str) -> Any:
    """Return what the field at `path` holds on the page: in a clash, the person's own value."""
    clash = desk.clashes.get(path)
    return value_at(desk.shown, path) if clash is None else clash.mine


def waiting(desk: Desk) -> str:
    """Return the path of the focused field (or its section) if others changed it, else ""."""
    item_id, _ = split(desk.focused) if desk.focused else ("", "")
    if not desk.focused or desk.focused in desk.clashes:
        return ""
    if item_id and value_at(desk.latest, item_path(item_id)) is None:
        return item_path(item_id) if item_path(item_id) not in desk.clashes else ""
    differs = value_at(desk.shown, desk.focused) != value_at(desk.latest, desk.focused)
    return desk.focused if differs else ""


def author_of(desk: Desk, path: str) -> str:
    """Return the name of who last changed the field at `path`, or something in that section."""
    inside = [name for key, name in desk.authors.items() if key.startswith(f"{path}/")]
    return desk.authors.get(path) or (inside[-1] if inside else "Somebody")


def focus(desk: Desk, path: str) -> Desk:
    """Return the desk with the person in the field `path`; what waited elsewhere is shown."""
    return _advance(desk, replace(desk, focused=path), desk.latest, typed="")


def abandon(desk: Desk, item_id: str) -> Desk:
    """Return the desk without the person's cursor and open questions in a section.

    That is what removing a section begins with: nothing holds on to it any longer.
    """
    clashes = {path: kept for path, kept in desk.clashes.items() if split(path)[0] != item_id}
    inside = bool(desk.focused) and split(desk.focused)[0] == item_id
    focused = "" if inside else desk.focused
    return _advance(desk, replace(desk, clashes=clashes, focused=focused), desk.latest, typed="")


def seen(desk: Desk, path: str, stamp: int) -> Content:
    """Return the report as the person saw it when they typed into the field with that stamp.

    A change of theirs and a change of others can cross on the line. Then the value they typed was
    made from the one that has just been replaced.
    """
    if stamp == desk.stamps.get(path, 0) or desk.replaced.get(path) is None:
        return desk.shown
    return with_value(desk.shown, path, desk.replaced[path])


def propose(desk: Desk, mine: Content, base: Content | None = None) -> Merge:
    """Return the merge of the person's change with what is stored: its content is to be saved.

    Args:
        desk: their desk.
        mine: the report as they want it.
        base: what they made it from, default is what the page shows.
    """
    return merge(desk.shown if base is None else base, mine, desk.latest)


def redraw(desk: Desk, path: str) -> Desk:
    """Return the desk so that the field at `path` is drawn anew, without what the browser holds."""
    return replace(desk, stamps={**desk.stamps, path: desk.stamps.get(path, 0) + 1})


def behind(desk: Desk, content: Content, revision: int, author: str) -> Desk:
    """Return the desk knowing a newer revision, while the page shows what it showed.

    This is what a refused save needs: the change is then merged again, from the same base.
    """
    authors = {found.path: author for found in differences(desk.latest, content)}
    known = {**desk.authors, **authors}
    return replace(desk, latest=content, revision=revision, authors=known)


def receive(desk: Desk, content: Content, revision: int, author: str) -> Desk:
    """Return the desk after somebody else saved a revision."""
    known = behind(desk, content, revision, author)
    return _advance(desk, replace(known, clashes=_renewed(known, content)), content, typed="")


def settle(desk: Desk, merged: Merge, revision: int, typed: str) -> Desk:
    """Return the desk after `merged` was stored as `revision`.

    Args:
        desk: the desk that `merged` was proposed from.
        merged: the merge; its content is now the newest revision.
        revision: its number.
        typed: path of the field that the change was typed into, "" for other changes.
    """
    clashes = _renewed(desk, merged.content)
    for conflict in merged.conflicts:
        author = author_of(desk, conflict.path)
        clashes[conflict.path] = Clash(conflict.mine, conflict.theirs, author)
    after = replace(desk, latest=merged.content, revision=revision, clashes=clashes)
    return _advance(desk, after, merged.content, typed)


def retype(desk: Desk, path: str, value: Any) -> Desk:
    """Return the desk with the person's side of a clash changed; nothing is stored yet.

    Typing what the other side has ends the clash.
    """
    clashes = dict(desk.clashes)
    clash = clashes.pop(path)
    if value != clash.theirs:
        clashes[path] = replace(clash, mine=value)
    return replace(desk, clashes=clashes)


def decide(desk: Desk, path: str, mine: bool) -> tuple[Desk, Content]:
    """Return the desk without the clash at `path`, and the content to store for the decision.

    The content equals `desk.latest` when there is nothing to store.
    """
    clash = desk.clashes[path]
    clashes = {key: kept for key, kept in desk.clashes.items() if key != path}
    focused = "" if desk.focused == path else desk.focused
    after = replace(desk, clashes=clashes, focused=focused)
    after = _advance(desk, after, desk.latest, typed="")
    chosen = clash.mine if mine else clash.theirs
    item_id, name = split(path)
    gone = _gone(desk.latest, path)
    if not name and chosen is not None and not gone:
        return after, desk.latest  # the merge kept the disputed section: it is there already
    if name and gone:
        if not mine:
            return after, desk.latest
        section = {**value_at(desk.shown, item_path(item_id)), name: chosen}
        return after, with_value(desk.latest, item_path(item_id), section)
    return after, with_value(desk.latest, path, chosen)


def _renewed(desk: Desk, content: Content) -> dict[str, Clash]:
    """Return the clashes with the other side as it is in `content`, without those it settled."""
    clashes = {}
    for path, clash in desk.clashes.items():
        whole = not split(path)[1]
        now = value_at(content, path)
        if now == clash.mine and not (whole and clash.theirs is None):
            continue
        # A section that they removed and the merge put back is still one that they removed.
        theirs = None if whole and clash.theirs is None else now
        author = clash.author if theirs == clash.theirs else author_of(desk, path)
        clashes[path] = Clash(clash.mine, theirs, author)
    return clashes


def _gone(content: Content, path: str) -> bool:
    """Tell whether `path` belongs to a section that is not in `content`."""
    item_id, _ = split(path)
    return bool(item_id) and value_at(content, item_path(item_id)) is None


def _advance(before: Desk, after: Desk, content: Content, typed: str) -> Desk:
    """Show `content` everywhere but in the focused field, and stamp the fields that changed."""
    shown = content
    if after.focused and after.focused != typed and after.focused not in after.clashes:
        shown = _hold(shown, before, after.focused)
    for path in after.clashes:
        if _gone(shown, path):
            shown = _hold(shown, before, path)
    after = replace(after, shown=shown)
    stamps, replaced = dict(before.stamps), dict(before.replaced)
    for path in flatten(shown).keys() | after.clashes.keys() | before.clashes.keys():
        was = displayed(before, path)
        if path != typed and was != displayed(after, path):
            stamps[path], replaced[path] = stamps.get(path, 0) + 1, was
    return replace(after, stamps=stamps, replaced=replaced)


def _hold(content: Content, before: Desk, path: str) -> Content:
    """Return `content` with the field at `path` as it was, with its section if that is gone."""
    item_id, name = split(path)
    value = displayed(before, path)
    if value is None:
        return content
    if not item_id:
        return {**content, name: value}
    section = item_path(item_id)
    item = value_at(content, section) or value_at(before.shown, section)
    return with_value(content, section, {**item, name: value} if name else value)
