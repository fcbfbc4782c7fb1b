"""The SQL of documents: functions of a session, run in worker threads.

Every query names the organisation; there is no function that finds a document by its id alone.
Saving and deleting are conditional on the revision in one statement, so two writers cannot both
succeed on any database.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy
from sqlmodel import Session, col, delete, select, update

from app.core.documents.content import decode
from app.core.documents.tables import DocumentRow, RevisionRow
from app.kernel.actor import Actor
from app.kernel.contexts.documents import Conflict, Document, DocumentInfo, Revision
from app.kernel.errors import NotFound


@dataclass(frozen=True, slots=True)
class Change:
    """What a save writes: checked values, who saves, and when."""

    actor: Actor
    at: datetime
    title: str | None
    body: str
    note: str


def insert(session: Session, id: str, kind: str, change: Change) -> Document:
    """Write a new document at revision 1."""
    assert change.title is not None
    user = change.actor.user
    row = DocumentRow(
        id=id,
        organisation_id=change.actor.organisation.id,
        kind=kind,
        title=change.title,
        revision=1,
        created_at=change.at,
        updated_at=change.at,
        updated_by=user.id,
        updated_by_name=user.name,
    )
    session.add(row)
    session.flush()
    revision = _add_revision(session, row, change)
    return _document(row, revision)


def find(session: Session, organisation_id: str, id: str, number: int | None = None) -> Document:
    """Return the document now, or at revision `number`.

    Raises:
        NotFound: there is no such document in the organisation, or no such revision.
    """
    wanted = col(DocumentRow.revision) if number is None else number
    query = (
        select(DocumentRow, RevisionRow)
        .join(RevisionRow, col(RevisionRow.document_id) == col(DocumentRow.id))
        .where(
            DocumentRow.id == id,
            DocumentRow.organisation_id == organisation_id,
            RevisionRow.number == wanted,
        )
    )
    found = session.exec(query).one_or_none()
    if found is None:
        raise _not_found(id, number)
    return _document(*found)


def page(
    session: Session, organisation_id: str, kind: str | None, limit: int, after: str | None
) -> list[DocumentInfo]:
    """Return up to `limit` documents, the newest first, starting behind the document `after`.

    Raises:
        NotFound: there is no document `after`.
    """
    query = select(DocumentRow).where(DocumentRow.organisation_id == organisation_id)
    if kind is not None:
        query = query.where(DocumentRow.kind == kind)
    if after is not None:
        last = _row(session, organisation_id, after)
        query = query.where(col(DocumentRow.sequence) < last.sequence)
    rows = session.exec(query.order_by(col(DocumentRow.sequence).desc()).limit(limit))
    return [_info(row) for row in rows]


def save(session: Session, id: str, change: Change, base_revision: int) -> Document:
    """Write the next revision.

    Raises:
        NotFound: there is no such document in the organisation.
        Conflict: the document is not at `base_revision`.
    """
    user, organisation_id = change.actor.user, change.actor.organisation.id
    values: dict[str, object] = {
        "revision": base_revision + 1,
        "updated_at": change.at,
        "updated_by": user.id,
        "updated_by_name": user.name,
    }
    if change.title is not None:
        values["title"] = change.title
    statement = update(DocumentRow).where(
        col(DocumentRow.id) == id,
        col(DocumentRow.organisation_id) == organisation_id,
        col(DocumentRow.revision) == base_revision,
    )
    if session.exec(statement.values(**values)).rowcount == 0:
        raise Conflict(find(session, organisation_id, id), base_revision)
    row = _row(session, organisation_id, id)
    return _document(row, _add_revision(session, row, change))


def history(session: Session, organisation_id: str, id: str, limit: int) -> list[Revision]:
    """Return the last `limit` revisions, the newest first.

    Raises:
        NotFound: there is no such document in the organisation.
    """
    _row(session, organisation_id, id)
    # SQLAlchemy's own select: SQLModel's takes four columns at most. Not the body, which is large.
    query = (
        sqlalchemy.select(
            col(RevisionRow.number),
            col(RevisionRow.saved_at),
            col(RevisionRow.saved_by),
            col(RevisionRow.saved_by_name),
            col(RevisionRow.note),
        )
        .where(col(RevisionRow.document_id) == id)
        .order_by(col(RevisionRow.number).desc())
        .limit(limit)
    )
    return [Revision(*row) for row in session.execute(query)]


def remove(session: Session, organisation_id: str, id: str, base_revision: int) -> DocumentInfo:
    """Delete the document and its history; return what it was.

    Raises:
        NotFound: there is no such document in the organisation.
        Conflict: the document is not at `base_revision`.
    """
    info = _info(_row(session, organisation_id, id))
    # The history goes with it, by the foreign key.
    statement = delete(DocumentRow).where(
        col(DocumentRow.id) == id,
        col(DocumentRow.organisation_id) == organisation_id,
        col(DocumentRow.revision) == base_revision,
    )
    if session.exec(statement).rowcount == 0:
        raise Conflict(find(session, organisation_id, id), base_revision)
    return info


def _row(session: Session, organisation_id: str, id: str) -> DocumentRow:
    query = select(DocumentRow).where(
        DocumentRow.id == id, DocumentRow.organisation_id == organisation_id
    )
    row = session.exec(query).one_or_none()
    if row is None:
        raise _not_found(id)
    return row


def _add_revision(session: Session, row: DocumentRow, change: Change) -> RevisionRow:
    revision = RevisionRow(
        document_id=row.id,
        number=row.revision,
        title=row.title,
        body=change.body,
        saved_at=change.at,
        saved_by=change.actor.user.id,
        saved_by_name=change.actor.user.name,
        note=change.note,
    )
    session.add(revision)
    session.flush()
    return revision


def _document(row: DocumentRow, revision: RevisionRow) -> Document:
    return Document(
        id=row.id,
        kind=row.kind,
        title=revision.title,
        content=decode(revision.body),
        revision=revision.number,
        created_at=row.created_at,
        updated_at=revision.saved_at,
        updated_by=revision.saved_by,
        updated_by_name=revision.saved_by_name,
    )


def _info(row: DocumentRow) -> DocumentInfo:
    return DocumentInfo(
        id=row.id,
        kind=row.kind,
        title=row.title,
        revision=row.revision,
        created_at=row.created_at,
        updated_at=row.updated_at,
        updated_by=row.updated_by,
        updated_by_name=row.updated_by_name,
    )


def _not_found(id: str, number: int | None = None) -> NotFound:
    which = f"document {id[:64]!r}"
    return NotFound(f"there is no {which}" + ("" if number is None else f" at revision {number}"))
