"""Times on pages without scripts: in the zone that the browser has told in a cookie."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from urllib.parse import unquote
from zoneinfo import ZoneInfo

from starlette.requests import Request

ZONE_COOKIE = "graft_zone"
"""Set by the core's pages (app/browser/channel.js)."""

_LONGEST = 64


def zone_of(request: Request) -> tzinfo:
    """Return the time zone of a visitor; UTC when it is not known."""
    name = unquote(request.cookies.get(ZONE_COOKIE, ""))
    if not name or len(name) > _LONGEST:
        return UTC
    try:
        return ZoneInfo(name)
    except (KeyError, OSError, ValueError):  # what a browser sends may be anything
        return UTC


def in_zone(at: datetime, zone: tzinfo) -> str:
    """Return a time for people, with the name of its zone."""
    return at.astimezone(zone).strftime("%d %b %Y, %H:%M %Z")
