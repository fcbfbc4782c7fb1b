"""Three-way merge of reports, path by path, and the differences between two of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .report import Content, item_path


@dataclass(frozen=True)
class Difference:
    """One path whose value differs between two reports; None stands for "not there"."""

    path: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Conflict:
    """Two sides gave the same path different values; None stands for "removed"."""

    path: str
    base: Any
    mine: Any
    theirs: Any


@dataclass(frozen=True)
class Merge:
    """What comes out of a merge.

    Attributes:
        content: every change of both sides that does not conflict. Where both changed one field it
            holds their value; a section that one side removed and the other changed is kept, so
            that nothing is lost before somebody has decided.
        conflicts: what a person has to decide, ordered by path.
    """

    content: Content
    conflicts: tuple[Conflict, ...]


def merge(base: Content, mine: Content, theirs: Content) -> Merge:
    """Merge two changes of the same report.

    Args:
        base: the report that both sides began with.
        mine: base, changed by me.
        theirs: base, changed by others.
    """
    removals, settled = _merge_removals(base, mine, theirs)
    was, own, other = flatten(base), flatten(mine), flatten(theirs)
    merged, conflicts = {}, []
    for path in sorted(was.keys() | own.keys() | other.keys()):
        if _section(path) in settled:
            continue
        before, left, right = was.get(path), own.get(path), other.get(path)
        merged[path] = left if right == before else right
        if before != left != right != before:
            conflicts.append(Conflict(path, before, left, right))
    content = _unflatten(merged)
    content["items"].update({key: item for key, item in settled.items() if item is not None})
    return Merge(content, tuple(sorted(removals + conflicts, key=lambda found: found.path)))


def differences(before: Content, after: Content) -> list[Difference]:
    """Return what differs, ordered by path, one entry for a section that was added or removed."""
    old_items, new_items = before.get("items", {}), after.get("items", {})
    whole = old_items.keys() ^ new_items.keys()
    found = [Difference(item_path(key), old_items.get(key), new_items.get(key)) for key in whole]
    old, new = flatten(before), flatten(after)
    for path in old.keys() | new.keys():
        if _section(path) not in whole and old.get(path) != new.get(path):
            found.append(Difference(path, old.get(path), new.get(path)))
    return sorted(found, key=lambda difference: difference.path)


def flatten(content: Content) -> dict[str, Any]:
    """Return path -> value of every single field; fields that hold None are left out."""
    flat = {name: value for name, value in content.items() if name != "items"}
    for item_id, item in content.get("items", {}).items():
        flat.update({item_path(item_id, name): value for name, value in item.items()})
    return {path: value for path, value in flat.items() if value is not None}


def _unflatten(flat: dict[str, Any]) -> Content:
    content: Content = {"items": {}}
    for path, value in flat.items():
        if value is None:
            continue
        if item_id := _section(path):
            content["items"].setdefault(item_id, {})[path.rpartition("/")[2]] = value
        else:
            content[path] = value
    return content


def _section(path: str) -> str:
    """Return the id of the section that a field belongs to, "" for a head field."""
    return path.split("/")[1] if path.startswith("items/") else ""


def _merge_removals(
    base: Content, mine: Content, theirs: Content
) -> tuple[list[Conflict], dict[str, Any]]:
    """Return the conflicts about removed sections, and what becomes of those sections.

    They are merged as a whole: merging their fields would leave half a section where one side
    changed a field of what the other removed.
    """
    conflicts, settled = [], {}
    for item_id, before in base.get("items", {}).items():
        left, right = mine.get("items", {}).get(item_id), theirs.get("items", {}).get(item_id)
        if left is not None and right is not None:
            continue
        survivor = right if left is None else left
        settled[item_id] = None if survivor == before else survivor
        if settled[item_id] is not None:
            conflicts.append(Conflict(item_path(item_id), before, left, right))
    return conflicts, settled
