"""Hypothesis strategies: reports, and changes that one person makes to a report."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from client_apps.globex.live_editor.report import (
    STATUSES,
    Content,
    add_item,
    item_path,
    move_item,
    new_report,
    with_value,
)

WORDS = st.text("xyz ", max_size=4)
IDS = st.sampled_from(["bbbb", "cccc", "dddd", "eeee"])
NEW_IDS = st.sampled_from(["ffff", "gggg"])

Change = Callable[[Content], Content]


@st.composite
def reports(draw: Any) -> Content:
    """A report with up to four sections."""
    content = new_report("Report")
    for item_id in draw(st.lists(IDS, unique=True, max_size=4)):
        content = add_item(content, item_id)
        content = with_value(content, item_path(item_id, "text"), draw(WORDS))
    return with_value(content, "summary", draw(WORDS))


@st.composite
def edits(draw: Any, base: Content) -> Content:
    """The report after one person made up to four changes to it."""
    content = base
    for _ in range(draw(st.integers(0, 4))):
        content = draw(_changes(content))(content)
    return content


@st.composite
def _changes(draw: Any, content: Content) -> Change:
    kinds = ["summary", "status", "add"]
    if content["items"]:
        kinds += ["text", "done", "move", "remove"]
    kind = draw(st.sampled_from(kinds))
    if kind == "add":
        new_id = draw(NEW_IDS)
        return (
            (lambda now: now) if new_id in content["items"] else lambda now: add_item(now, new_id)
        )
    value = {"status": st.sampled_from(STATUSES), "done": st.booleans()}.get(kind, WORDS)
    if kind in ("summary", "status"):
        return lambda now: with_value(now, kind, draw(value))
    item_id = draw(st.sampled_from(sorted(content["items"])))
    if kind == "remove":
        return lambda now: with_value(now, item_path(item_id), None)
    if kind == "move":
        return lambda now: move_item(now, item_id, draw(st.sampled_from([-2, -1, 1, 2])))
    return lambda now: with_value(now, item_path(item_id, kind), draw(value))
