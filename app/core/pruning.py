"""Removing many rows without keeping others from writing: a few at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, delete, select

from app.core.context import Core

BATCH = 2_000
"""So many rows a transaction: some ten milliseconds on SQLite, where others wait meanwhile."""

Before = Callable[[Session, Sequence[Any]], None]


async def prune(
    core: Core,
    key: Any,
    *conditions: ColumnElement[bool],
    before: Before = lambda session, keys: None,
    batch: int = BATCH,
) -> int:
    """Remove all rows of a table that fit; return how many. Safe while other nodes do the same.

    Args:
        core: where they are.
        key: the attribute that is the table's primary key.
        conditions: which rows.
        before: called in the transaction of each batch with the keys of the rows that go.
        batch: how many go in one transaction.

    Raises:
        Unavailable: the database is locked or cannot be reached; some may be gone already.
    """

    def work(session: Session) -> int:
        # Rows that another node removes at this moment are left to it.
        query = select(key).where(*conditions).order_by(key).limit(batch)
        keys = session.exec(query.with_for_update(skip_locked=True)).all()
        if keys:
            before(session, keys)
            session.exec(delete(key.class_).where(col(key).in_(keys)))
        return len(keys)

    removed = 0
    while True:
        found = await core.finish(core.database.write(work))
        removed += found
        if found < batch:
            return removed
