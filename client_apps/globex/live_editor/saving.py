"""Storing a person's change on top of whatever the others stored meanwhile."""

from __future__ import annotations

from app.core import documents

from . import desk as desks
from .desk import Desk
from .report import Content

# Each attempt merges anew; losing this often in a row means that something else is wrong.
ATTEMPTS = 20


async def store(
    document_id: str,
    desk: Desk,
    mine: Content,
    *,
    note: str,
    base: Content | None = None,
    typed: str = "",
) -> Desk:
    """Merge and save a change; return the desk afterwards, with questions where it clashed.

    Nothing is saved when the merge equals what is stored already.

    Args:
        document_id: the report's document.
        desk: the person's desk.
        mine: the report as they want it.
        note: what was done, for the history (see `history.describe`).
        base: what they made `mine` from, default is what the page shows.
        typed: path of the field that it was typed into, "" for other changes.

    Raises:
        documents.NotFound: the report was deleted.
        documents.Conflict: others were faster every time.
        CoreError: the core refuses the content.
    """
    base = desk.shown if base is None else base
    failure: documents.Conflict | None = None
    for _ in range(ATTEMPTS):
        merged = desks.propose(desk, mine, base)
        if merged.content == desk.latest:
            return desks.settle(desk, merged, desk.revision, typed)
        try:
            saved = await documents.save(
                document_id,
                merged.content,
                base_revision=desk.revision,
                title=merged.content["title"],
                note=note,
            )
        except documents.Conflict as conflict:
            now, failure = conflict.current, conflict
            desk = desks.behind(desk, now.content, now.revision, now.updated_by_name)
        else:
            return desks.settle(desk, merged, saved.revision, typed)
    assert failure is not None
    raise failure


async def restore(document_id: str, number: int) -> None:
    """Make what a report was at revision `number` its newest revision.

    Raises:
        documents.NotFound: there is no such report or revision.
        documents.Conflict: others were faster every time.
    """
    old = await documents.get(document_id, number)
    current = (await documents.get(document_id)).revision
    failure: documents.Conflict | None = None
    for _ in range(ATTEMPTS):
        try:
            await documents.save(
                document_id,
                old.content,
                base_revision=current,
                title=old.title,
                note=f"restore {number}",
            )
        except documents.Conflict as conflict:
            current, failure = conflict.current.revision, conflict
        else:
            return
    assert failure is not None
    raise failure
