"""Long lists come a page at a time."""

from __future__ import annotations

from app.kernel.errors import Invalid

MAX_PAGE = 1_000


def checked_limit(limit: int) -> int:
    """Return `limit`, the length of a page of results.

    Raises:
        Invalid: it is not from 1 to 1000.
    """
    if not 1 <= limit <= MAX_PAGE:
        raise Invalid(f"limit must be from 1 to {MAX_PAGE}, not {limit}")
    return limit
