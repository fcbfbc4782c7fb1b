"""What a document is; knows neither database nor bus."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.kernel.errors import CoreError, Invalid

MAX_TITLE = 200
MAX_NOTE = 500
MAX_KIND = 100

_KIND = re.compile(r"[a-z0-9][a-z0-9_-]*(?:[./][a-z0-9][a-z0-9_-]*)*")


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


def checked_kind(kind: str) -> str:
    """Return `kind` if it can be one.

    Raises:
        Invalid: it is not lower-case words joined by dots or slashes, or is too long.
    """
    if len(kind) > MAX_KIND or not _KIND.fullmatch(kind):
        raise Invalid(
            f"kind {kind[:MAX_KIND]!r}: use lower-case letters, digits, - and _, in parts joined by"
            f" . or /, at most {MAX_KIND} characters, such as 'example/schedule'"
        )
    return kind


def checked_title(title: str) -> str:
    """Return `title` without blanks around it.

    Raises:
        Invalid: it is empty, too long, or has line breaks or other control characters.
    """
    stripped = title.strip()
    if not stripped:
        raise Invalid("the title is empty")
    return _checked_text("title", stripped, MAX_TITLE)


def checked_note(note: str) -> str:
    """Return `note` without blanks around it; it may be empty.

    Raises:
        Invalid: it is too long, or has line breaks or other control characters.
    """
    return _checked_text("note", note.strip(), MAX_NOTE)


def _checked_text(what: str, text: str, longest: int) -> str:
    if len(text) > longest:
        raise Invalid(f"the {what} has {len(text)} characters, at most {longest} are allowed")
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in text):
        raise Invalid(f"the {what} has line breaks or other control characters")
    return text
