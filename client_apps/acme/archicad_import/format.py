"""Numbers and times as people read them."""

from datetime import datetime

MISSING = "—"


def megabytes(size: float) -> str:
    """Return a number of bytes as "12.3 MB", or in kB below a tenth of that."""
    return f"{size / 1e6:,.1f} MB" if size >= 1e5 else f"{size / 1e3:,.1f} kB"


def square_metres(area: float | None) -> str:
    """Return an area as "1,234.50", a dash when there is none."""
    return MISSING if area is None else f"{area:,.2f}"


def metres(length: float | None) -> str:
    """Return a length as "2.75", a dash when there is none."""
    return MISSING if length is None else f"{length:,.2f}"


def count(number: int, one: str, many: str) -> str:
    """Return "1 room" or "2,345 rooms"."""
    return f"{number:,} {one if number == 1 else many}"


def moment(written: str) -> str:
    """Return an ISO 8601 time as "20 Nov 2026, 14:05"; anything else as it was written."""
    if len(written) <= len("2026-11-20"):
        return written
    try:
        return f"{datetime.fromisoformat(written):%d %b %Y, %H:%M}"
    except ValueError:
        return written
