"""JSON documents of an organisation, with history; see `app.core.documents`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.kernel.contexts.exposing import exposed
from app.kernel.errors import CoreError


@dataclass(frozen=True, slots=True)
class DocumentInfo:
    """A document without its content. Times are UTC; `updated_by` is the id of a user."""

    id: str
    kind: str
    title: str
    revision: int
    created_at: datetime
    updated_at: datetime
    updated_by: str
    updated_by_name: str


@dataclass(frozen=True, slots=True)
class Document:
    """A document at one revision. `content` is a copy of the caller's own."""

    id: str
    kind: str
    title: str
    content: dict[str, Any]
    revision: int
    created_at: datetime
    updated_at: datetime
    updated_by: str
    updated_by_name: str


@dataclass(frozen=True, slots=True)
class Revision:
    """One entry of a document's history. Revisions are numbered 1, 2, 3 … without gaps."""

    number: int
    saved_at: datetime
    saved_by: str
    saved_by_name: str
    note: str


class Conflict(CoreError):
    """Somebody else saved first. `current` is the document as it is now, to merge with."""

    current: Document

    def __init__(self, current: Document, base_revision: int) -> None:
        super().__init__(
            f"the document is at revision {current.revision} (by {current.updated_by_name}), not"
            f" {base_revision}: look at their change, then save on top of it"
        )
        self.current = current


def topic(id: str) -> str:
    """Return the topic that tells of every change of one document."""
    return f"document:{id}"


def topic_of_kind(kind: str) -> str:
    """Return the topic that tells of every change of the organisation's documents of a kind."""
    return f"documents:{kind}"


@exposed("documents:write")
async def create(kind: str, title: str, content: dict[str, Any]) -> Document:
    """Store a new document of the actor's organisation and return it, at revision 1.

    Args:
        kind: what sort of document it is, such as "example/schedule".
        title: one line for people, at most 200 characters.
        content: any JSON object; must not be changed before this returns.

    Raises:
        Invalid: kind, title or content cannot be accepted; the message says where and why.
        TooLarge: the content is above the limit.
        Forbidden: the app was not granted "documents:write".
    """
    raise NotImplementedError


@exposed("documents:write")
async def get_or_create(kind: str, key: str, title: str, content: dict[str, Any]) -> Document:
    """Return the one document of a kind with this key; if there is none, store it first.

    However many ask for it at once, on whatever node, one document is made, and all get it.

    Args:
        kind: what sort of document it is, such as "example/schedule".
        key: tells it apart from others of its kind, such as "main" or the number of a room; at
            most 200 characters.
        title: one line for people, for a new document.
        content: any JSON object, for a new document; must not be changed before this returns.

    Raises:
        Invalid: kind, key, title or content cannot be accepted; the message says where and why.
        TooLarge: the content is above the limit.
        Forbidden: the app was not granted "documents:write".
    """
    raise NotImplementedError


@exposed("documents:read")
async def get(id: str, revision: int | None = None) -> Document:
    """Return the document as it is now, or as it was at `revision`.

    Raises:
        NotFound: there is none in the actor's organisation, or no such revision.
        Forbidden: the app was not granted "documents:read".
    """
    raise NotImplementedError


@exposed("documents:read", name="list")
async def list_documents(
    kind: str | None = None, limit: int = 100, after: str | None = None
) -> list[DocumentInfo]:
    """Return the organisation's documents without content, the newest (by creation) first.

    Args:
        kind: only documents of this kind.
        limit: at most so many, 1 to 1000.
        after: the id of the last document of the page before, to get the next page.

    Raises:
        NotFound: the document `after` is gone.
        Invalid: `limit` is out of range.
        Forbidden: the app was not granted "documents:read".
    """
    raise NotImplementedError


@exposed("documents:write")
async def save(
    id: str,
    content: dict[str, Any],
    *,
    base_revision: int,
    title: str | None = None,
    note: str = "",
) -> Document:
    """Store the next revision of a document and return it.

    Args:
        id: the document.
        content: its whole new content; must not be changed before this returns.
        base_revision: the revision that the content was made from.
        title: a new title; by default it stays.
        note: one line for the history.

    Raises:
        Conflict: the document is at another revision by now; `error.current` is the document.
        NotFound: there is none in the actor's organisation.
        Invalid: title, note or content cannot be accepted; the message says where and why.
        TooLarge: the content is above the limit.
        Forbidden: the app was not granted "documents:write".
    """
    raise NotImplementedError


@exposed("documents:read")
async def history(id: str, limit: int = 100) -> list[Revision]:
    """Return who saved what when, the newest first, at most `limit` entries.

    Raises:
        NotFound: there is no such document in the actor's organisation.
        Invalid: `limit` is not from 1 to 1000.
        Forbidden: the app was not granted "documents:read".
    """
    raise NotImplementedError


@exposed("documents:write")
async def delete(id: str, *, base_revision: int) -> None:
    """Delete a document with its history, for ever.

    Raises:
        Conflict: the document is at another revision by now; `error.current` is the document.
        NotFound: there is none in the actor's organisation.
        Forbidden: the app was not granted "documents:write".
    """
    raise NotImplementedError
