"""What an account is; knows no database."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from app.kernel.contexts.accounts import Role
from app.kernel.errors import Invalid

MAX_NAME = 200
MAX_EMAIL = 254

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")


def checked_name(name: str) -> str:
    """Return `name` without blanks around it.

    Raises:
        Invalid: it is empty, too long, or has control characters.
    """
    stripped = name.strip()
    if not stripped or len(stripped) > MAX_NAME:
        raise Invalid(f"the name must have 1 to {MAX_NAME} characters")
    if _has_controls(stripped):
        raise Invalid("the name has line breaks or other control characters")
    return stripped


def checked_email(email: str) -> str:
    """Return `email` in lower case.

    Raises:
        Invalid: it does not look like an address.
    """
    lowered = email.strip().lower()
    if len(lowered) > MAX_EMAIL or not _EMAIL.fullmatch(lowered) or _has_controls(lowered):
        raise Invalid(f"{email[:MAX_EMAIL]!r} is not an e-mail address")
    return lowered


def checked_role(role: str) -> Role:
    """Return `role` as a Role.

    Raises:
        Invalid: there is no such role.
    """
    try:
        return Role(role)
    except ValueError:
        raise Invalid(f"there is no role {role!r}; there are {', '.join(Role)}") from None


def _has_controls(text: str) -> bool:
    return any(unicodedata.category(character) in ("Cc", "Cs") for character in text)


def first_free(names: Sequence[str], taken: int) -> str:
    """Return the name of the visitor after `taken` others: of the list, then "Guest <n>"."""
    return names[taken] if taken < len(names) else f"Guest {taken + 1}"
