"""What a document can be called; knows neither database nor bus."""

from __future__ import annotations

import hashlib
import re
import unicodedata

from app.kernel.errors import Invalid

MAX_TITLE = 200
MAX_NOTE = 500
MAX_KIND = 100
MAX_KEY = 200

_KIND = re.compile(r"[a-z0-9][a-z0-9_-]*(?:[./][a-z0-9][a-z0-9_-]*)*")


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


def checked_key(key: str) -> str:
    """Return `key` if it can tell a document apart from others of its kind.

    Raises:
        Invalid: it is too long, or has line breaks or other control characters.
    """
    return _checked_text("key", key, MAX_KEY)


def id_of(organisation_id: str, kind: str, key: str) -> str:
    """Return the id of the one document of an organisation with this kind and key."""
    named = "\0".join((organisation_id, kind, key))
    return hashlib.sha256(named.encode()).hexdigest()[:32]


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
