"""The SQL of files, and what must happen to contents on disk in the same transaction.

The row of a content is the lock for its place on disk: whoever puts a content there or takes it
away does so in a transaction that holds the row, so that a file being saved never loses its
content to another one being deleted, on any database. If such a transaction fails in the end, a
content without a row may stay, or a row without references; `remove_unused` clears both away.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from app.core.blobs import BlobFolder, Incoming
from app.core.files.tables import BlobRow, FileRow
from app.kernel.actor import Actor
from app.kernel.contexts.files import FileInfo
from app.kernel.errors import NotFound


@dataclass(frozen=True, slots=True)
class Upload:
    """A content that was received whole, and what the file that gets it will be."""

    id: str
    actor: Actor
    name: str
    content_type: str
    at: datetime
    incoming: Incoming
    sha256: str


def insert(session: Session, blobs: BlobFolder, upload: Upload) -> FileInfo:
    """Write a new file and put its content in place.

    Raises:
        StorageFull: the disk is full.
    """
    blob = _lock(session, upload.sha256, upload.incoming.size)
    row = FileRow(
        id=upload.id,
        organisation_id=upload.actor.organisation.id,
        name=upload.name,
        sha256=upload.sha256,
        content_type=upload.content_type,
        created_at=upload.at,
        created_by=upload.actor.user.id,
    )
    session.add(row)
    session.flush()
    # Also when it seems to be there: a content that was damaged or lost is repaired by that.
    blobs.keep(upload.incoming, upload.sha256)
    return _info(row, blob)


def find(session: Session, organisation_id: str, id: str) -> FileInfo:
    """Return the file.

    Raises:
        NotFound: there is no such file in the organisation.
    """
    query = (
        select(FileRow, BlobRow)
        .join(BlobRow, col(BlobRow.sha256) == col(FileRow.sha256))
        .where(FileRow.id == id, FileRow.organisation_id == organisation_id)
    )
    found = session.exec(query).one_or_none()
    if found is None:
        raise NotFound(f"there is no file {id[:64]!r}")
    return _info(*found)


def page(session: Session, organisation_id: str, limit: int, after: str | None) -> list[FileInfo]:
    """Return up to `limit` files, the newest first, starting behind the file `after`.

    Raises:
        NotFound: there is no file `after`.
    """
    query = (
        select(FileRow, BlobRow)
        .join(BlobRow, col(BlobRow.sha256) == col(FileRow.sha256))
        .where(FileRow.organisation_id == organisation_id)
    )
    if after is not None:
        find(session, organisation_id, after)
        last = select(FileRow.sequence).where(FileRow.id == after).scalar_subquery()
        query = query.where(col(FileRow.sequence) < last)
    rows = session.exec(query.order_by(col(FileRow.sequence).desc()).limit(limit))
    return [_info(*row) for row in rows]


def remove(session: Session, organisation_id: str, id: str) -> str:
    """Delete the file, not its content; return the SHA-256 of that.

    Raises:
        NotFound: there is no such file in the organisation.
    """
    query = select(FileRow).where(FileRow.id == id, FileRow.organisation_id == organisation_id)
    row = session.exec(query).one_or_none()
    if row is None:
        raise NotFound(f"there is no file {id[:64]!r}")
    session.delete(row)
    return row.sha256


def remove_if_unused(session: Session, blobs: BlobFolder, sha256: str) -> bool:
    """Take a content off the disk if no file has it, in any organisation; return whether."""
    blob = _lock(session, sha256, 0)
    if session.exec(select(FileRow.id).where(FileRow.sha256 == sha256).limit(1)).first():
        return False
    session.delete(blob)
    session.flush()
    blobs.remove(sha256)
    return True


def unused(session: Session) -> list[str]:
    """Return the SHA-256 of every content with a row that no file has."""
    used = select(FileRow.id).where(col(FileRow.sha256) == col(BlobRow.sha256)).exists()
    return list(session.exec(select(BlobRow.sha256).where(~used)))


def is_known(session: Session, sha256: str) -> bool:
    """Return whether a content has a row."""
    return session.get(BlobRow, sha256) is not None


def _lock(session: Session, sha256: str, size: int) -> BlobRow:
    """Return the row of a content, made if there is none, and held until the transaction ends."""
    blob = session.get(BlobRow, sha256, with_for_update=True)
    if blob is not None:
        return blob
    blob = BlobRow(sha256=sha256, size=size)
    try:
        with session.begin_nested():
            session.add(blob)
    except IntegrityError:
        # Another node inserted it between the two statements; its transaction has ended by now.
        return session.get_one(BlobRow, sha256, with_for_update=True)
    return blob


def _info(row: FileRow, blob: BlobRow) -> FileInfo:
    return FileInfo(
        id=row.id,
        name=row.name,
        size=blob.size,
        sha256=row.sha256,
        content_type=row.content_type,
        created_at=row.created_at,
    )
