"""The site report: its fields, what may be in them, and the changes that people make to it.

A report is plain JSON: four head fields and a mapping of sections by id. Every value has a path,
"summary" or "items/<section id>/text"; a path is what is changed, merged, locked and shown. All
functions return new reports and never touch the one they were given.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from .positions import LETTERS, between

Content = dict[str, Any]
Value = str | bool

KIND = "globex.site-report"
STATUSES = ("Draft", "In review", "Approved", "Closed")
HEAD_LABELS = {"title": "Title", "status": "Status", "site": "Site", "summary": "Summary"}
ITEM_LABELS = {
    "heading": "Heading",
    "text": "Text",
    "responsible": "Responsible",
    "done": "Done",
    "position": "Place in the list",
}
LONGEST = {"title": 200, "site": 200, "heading": 200, "responsible": 120}
LONGEST_TEXT = 20_000
MOST_ITEMS = 200


class BadChange(ValueError):
    """A change that this kind of report does not allow; the message is for the person."""


def new_report(title: str) -> Content:
    """Return an empty report with this title.

    Raises:
        BadChange: the title is empty or too long.
    """
    title = title.strip()
    check("title", title)
    return {"title": title, "status": STATUSES[0], "site": "", "summary": "", "items": {}}


def new_id() -> str:
    """Return a random id of a section: eight letters without "a" (see `positions`)."""
    return "".join(secrets.choice(LETTERS[1:]) for _ in range(8))


def split(path: str) -> tuple[str, str]:
    """Return (section id, field) of a path; the section id of a head field is "".

    A path of a whole section, "items/<id>", has the field "".

    Raises:
        BadChange: the path names no field of a report.
    """
    parts = path.split("/")
    if len(parts) == 1 and path in HEAD_LABELS:
        return "", path
    if parts[0] == "items" and len(parts) in (2, 3) and parts[1]:
        field = parts[2] if len(parts) == 3 else ""
        if not field or field in ITEM_LABELS:
            return parts[1], field
    raise BadChange(f"A report has no field {path!r}.")


def is_path(path: str) -> bool:
    """Tell whether `path` names a field or a section."""
    try:
        split(path)
    except BadChange:
        return False
    return True


def item_path(item_id: str, field: str = "") -> str:
    """Return the path of a section, or of one of its fields."""
    return f"items/{item_id}/{field}" if field else f"items/{item_id}"


def check(path: str, value: Any) -> None:
    """Refuse a value that the field at `path` cannot hold.

    Raises:
        BadChange: wrong type, too long, not one of the choices, or an empty title.
    """
    _, field = split(path)
    if field == "done":
        if not isinstance(value, bool):
            raise BadChange("“Done” is either ticked or not.")
        return
    if not isinstance(value, str):
        raise BadChange(f"{label(path)} must be text.")
    if field == "status" and value not in STATUSES:
        raise BadChange(f"There is no status {value!r}.")
    if field == "title" and not value.strip():
        raise BadChange("A report needs a title.")
    longest = LONGEST.get(field, LONGEST_TEXT)
    if len(value) > longest:
        raise BadChange(f"{label(path)} can have {longest} characters, not {len(value)}.")


def value_at(content: Mapping[str, Any], path: str) -> Any:
    """Return the value at `path` (a whole section for "items/<id>"), or None if there is none."""
    item_id, field = split(path)
    if not item_id:
        return content.get(field)
    item = content.get("items", {}).get(item_id)
    return item if item is None or not field else item.get(field)


def with_value(content: Content, path: str, value: Any) -> Content:
    """Return the report with `value` at `path`; None removes a whole section.

    Raises:
        BadChange: the section does not exist, or the field cannot hold the value.
    """
    item_id, field = split(path)
    if not item_id:
        check(path, value)
        return {**content, field: value}
    items = dict(content.get("items", {}))
    if not field:
        items.pop(item_id, None)
        return {**content, "items": items if value is None else {**items, item_id: value}}
    if item_id not in items:
        raise BadChange("This section is not there any more.")
    check(path, value)
    return {**content, "items": {**items, item_id: {**items[item_id], field: value}}}


def ordered(content: Mapping[str, Any]) -> list[tuple[str, Content]]:
    """Return the sections as (id, section), in the order in which they are read."""
    items = content.get("items", {})
    return sorted(items.items(), key=lambda pair: (pair[1].get("position", ""), pair[0]))


def add_item(content: Content, item_id: str) -> Content:
    """Return the report with an empty section at the end.

    Raises:
        BadChange: the report is full.
    """
    rows = ordered(content)
    if len(rows) >= MOST_ITEMS:
        raise BadChange(f"A report can have {MOST_ITEMS} sections.")
    last = rows[-1][1]["position"] if rows else ""
    item = {"heading": "", "text": "", "responsible": "", "done": False}
    item["position"] = between(last, "", item_id)
    return with_value(content, item_path(item_id), item)


def move_item(content: Content, item_id: str, by: int) -> Content:
    """Return the report with a section moved `by` places (below 0 is up), not over either end.

    Raises:
        BadChange: the section does not exist.
    """
    rows = ordered(content)
    ids = [row_id for row_id, _ in rows]
    if item_id not in ids:
        raise BadChange("This section is not there any more.")
    old = ids.index(item_id)
    others = ["", *(item["position"] for row_id, item in rows if row_id != item_id), ""]
    new = min(max(old + by, 0), len(ids) - 1)
    if new == old:
        return content
    key = between(others[new], others[new + 1], item_id)
    return with_value(content, item_path(item_id, "position"), key)


def label(path: str, content: Mapping[str, Any] | None = None) -> str:
    """Return the name of the field at `path` for people, such as “Roof” · Text."""
    item_id, field = split(path)
    if not item_id:
        return HEAD_LABELS[field]
    item = (content or {}).get("items", {}).get(item_id, {})
    section = f"“{item['heading']}”" if item.get("heading") else "Section"
    return f"{section} · {ITEM_LABELS[field]}" if field else section
